package mock

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/authbench/authbench/targets"
)

// take puts given credentials in the place of those that were drawn.
func (m *Mock) take(given targets.Credentials) {
	for _, t := range m.tokens {
		t.guid = cmp.Or(given[t.name], t.guid)
	}
	m.user = user{
		name: cmp.Or(given["username"], m.user.name), password: cmp.Or(given["password"], m.user.password),
		company: cmp.Or(given["company_number"], m.user.company), store: cmp.Or(given["store_number"], m.user.store),
	}
}

// checkGiven says what is wrong with given credentials, without showing one: a call with them has to succeed however the
// seed reads GUIDs (RTV-17), and Retail3000 its fields.
func checkGiven(given targets.Credentials) error {
	known := slices.Sorted(maps.Keys(New(targets.MockOptions{}).Credentials()))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		value := given[name]
		g, _ := readGUID(value)
		switch {
		case !slices.Contains(known, name):
			return fmt.Errorf("there is no credential %q%s: name one of %s", name, targets.DidYouMean(name, known), strings.Join(known, ", "))
		case value == "":
			return fmt.Errorf("the %s is empty: give it a value, or leave it out and one is drawn", name)
		case strings.HasSuffix(name, "api_token") && g.value != value:
			return fmt.Errorf("the %s is no GUID as it is generated: write it as 8-4-4-4-12 hexadecimal digits in lower case", name)
		case name != "password" && strings.TrimSpace(value) != value:
			return fmt.Errorf("the %s has white space around it: write it without", name)
		}
	}
	return nil
}
