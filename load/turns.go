package load

import (
	"fmt"

	"github.com/authbench/authbench/targets"
)

// maxTurns bounds the table of turns, and so the weights that can be told apart.
const maxTurns = 10_000

// turns says whose turn it is, by the index of the operation: call k is made by turns[k % len(turns)]. Within one round each
// operation has as many turns as its weight, spread evenly: after every turn the one that is furthest behind its share is
// next, the earlier one of equals.
func turns(weights []int) ([]int, error) {
	common, total := 0, 0
	for _, w := range weights {
		if w < 1 || w > maxTurns {
			return nil, fmt.Errorf("a weight is %d: give 1 to %d", w, maxTurns)
		}
		common, total = divisor(common, w), total+w
	}
	if total /= max(common, 1); total > maxTurns {
		return nil, fmt.Errorf("the weights add up to %d: give rounder ones, that add up to %d at most", total, maxTurns)
	}
	list := make([]int, total)
	behind := make([]int, len(weights))
	for k := range list {
		next := 0
		for i, w := range weights {
			if behind[i] += w / common; behind[i] > behind[next] {
				next = i
			}
		}
		behind[next] -= total
		list[k] = next
	}
	return list, nil
}

// weight is an operation's share of the calls.
func weight(op targets.Operation) int {
	if op.Weight == 0 {
		return 1
	}
	return op.Weight
}

// divisor is the greatest common one.
func divisor(a, b int) int {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
