package workspace

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"testing/synctest"

	"bitroster/bitbucket/bitbuckettest"
)

// switchValues lists what each switch of the emulator may be, its default first.
func switchValues() map[string][]any {
	return map[string][]any{
		"RepeatInvite":              {"", "200-no-mail", "409", "400"},
		"MovedInvitations":          {0, 404, 405, 410},
		"RetryAfter":                {"", "seconds", "date"},
		"RateHeaders":               {"", "scaled", "plain", "none"},
		"SlugCollision":             {"", "numbered"},
		"TextRateLimit":             {false, true},
		"NoAPITokenWrites1":         {false, true},
		"BearerAPITokens":           {false, true},
		"FreeInvitations":           {false, true},
		"RefuseGrantsWhenFull":      {false, true},
		"ListRepositoryInvitations": {false, true},
	}
}

// others gives the values of a switch that are not its default.
func others(t *testing.T, name string) []any {
	t.Helper()
	values, known := switchValues()[name]
	if !known {
		t.Fatalf("the switch %s has no row: list its values, and say in expect what a client sees of them", name)
	}
	return values[1:]
}

// choice is one setting of all switches.
type choice struct {
	bitbuckettest.Switches
}

func (c choice) String() string {
	text := "defaults"
	for _, name := range slices.Sorted(maps.Keys(switchValues())) {
		if value := reflect.ValueOf(c.Switches).FieldByName(name); value.IsValid() && !value.IsZero() {
			text += fmt.Sprintf(" but %s=%v", name, value)
		}
	}
	return text
}

// with sets one switch.
func (c choice) with(name string, value any) choice {
	reflect.ValueOf(&c.Switches).Elem().FieldByName(name).Set(reflect.ValueOf(value))
	return c
}

// choices gives the defaults, every value of every switch alone, and every pair of values of two switches.
func choices(t *testing.T) []choice {
	t.Helper()
	kind := reflect.TypeFor[bitbuckettest.Switches]()
	if kind.NumField() != len(switchValues()) {
		t.Errorf("%d switches, and rows for %d", kind.NumField(), len(switchValues()))
	}
	all := []choice{{}}
	var singles []choice
	for i := range kind.NumField() {
		name := kind.Field(i).Name
		var mine []choice
		for _, value := range others(t, name) {
			mine = append(mine, choice{}.with(name, value))
			for _, other := range singles {
				all = append(all, other.with(name, value))
			}
		}
		singles = slices.Concat(singles, mine)
	}
	return append(all, singles...)
}

// TestSwitches carries out every operation in every situation, under every setting of what public sources leave open;
// and looks at everything in every situation. Time is that of a bubble, so that the waits for a limit take none.
func TestSwitches(t *testing.T) {
	for _, chosen := range choices(t) {
		t.Run(chosen.String(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { tryAll(t, chosen) })
		})
	}
}

// tryAll uses one credential, and a second where the first may not do all.
func tryAll(t *testing.T, chosen choice) {
	t.Helper()
	for _, now := range situations() {
		s := newSite(t, chosen, now, false)
		s.name = "observe"
		s.observe()
		executeAll(t, chosen, now, false)
		if chosen.NoAPITokenWrites1 || chosen == (choice{}) {
			executeAll(t, chosen, now, true)
		}
	}
}

func executeAll(t *testing.T, chosen choice, now situation, second bool) {
	t.Helper()
	for name, act := range operations() {
		s := newSite(t, chosen, now, second)
		s.name = name
		s.run(act)
	}
}
