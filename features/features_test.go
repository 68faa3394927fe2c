package features

import "testing"

func TestCount(t *testing.T) {
	f, err := Builtin("gillie")
	if err != nil { t.Fatal(err) }
	c, err := Parse(f)
	if err != nil { t.Fatal(err) }
	t.Log(len(c.Clauses), len(c.Scenarios))
	for _, s := range c.Scenarios { t.Log(s.ID, s.File, s.Line, s.Clause, s.Tags, s.Name) }
}
func BenchmarkParse(b *testing.B) {
	f, _ := Builtin("gillie")
	for b.Loop() { Parse(f) }
}
