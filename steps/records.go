package steps

import (
	"encoding/json"
	"maps"
	"slices"
)

// recordsIn returns the records of a JSON reply, each as canonical JSON: the objects of every list that is not itself part of
// a record, in the order of the lists' names.
func recordsIn(body []byte) ([]string, error) {
	var doc any
	if json.Unmarshal(body, &doc) != nil {
		return nil, errNoRecords
	}
	lists := listsIn(doc, maxListDepth)
	if len(lists) == 0 {
		return nil, errNoRecords
	}
	var records []string
	for _, item := range slices.Concat(lists...) {
		if _, object := item.(map[string]any); object {
			text, err := json.Marshal(item) // keys come out sorted
			if err != nil {
				return nil, err
			}
			records = append(records, string(text))
		}
	}
	return records, nil
}

// maxListDepth is how deep in objects a list of records is looked for.
const maxListDepth = 3

func listsIn(doc any, depth int) (lists [][]any) {
	switch v := doc.(type) {
	case []any:
		return [][]any{v}
	case map[string]any:
		if depth == 0 {
			return nil
		}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			lists = append(lists, listsIn(v[name], depth-1)...)
		}
	}
	return lists
}

// sharesRecord says whether two replies show a record in common.
func sharesRecord(a, b []byte) bool {
	first, err1 := recordsIn(a)
	second, err2 := recordsIn(b)
	return err1 == nil && err2 == nil && len(common(first, second)) > 0
}

// common are the records of the first list that stand in the second too.
func common(first, second []string) []string {
	return slices.DeleteFunc(slices.Clone(first), func(r string) bool { return !slices.Contains(second, r) })
}
