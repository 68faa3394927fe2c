package steps

import (
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// marks hands out texts that stand in no other record of a target, so that a record of ours can be found again. It is safe
// for concurrent use.
type marks struct {
	once   sync.Once
	prefix string
	count  atomic.Int64
	left   atomic.Int64 // records that were made and cannot be removed
}

// next is a mark that no other record of the run has.
func (m *marks) next() string {
	m.once.Do(func() { m.prefix = "authbench-" + strconv.FormatInt(time.Now().UnixNano(), 36) })
	return fmt.Sprintf("%s-%dx", m.prefix, m.count.Add(1)) // the x keeps 1 from standing in 10
}

// note says what the run left behind at the target, or "".
func (m *marks) note() string {
	n := m.left.Load()
	if n == 0 {
		return ""
	}
	return fmt.Sprintf("left behind, for the vendor's pages name no way to remove a record: %d made here, their names begin with %s", n, m.prefix)
}
