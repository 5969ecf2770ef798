package settings

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaultString(t *testing.T) {
	for want, fault := range map[string]Fault{
		"sources[1].url: is empty (want ldaps://host)": {Path: "sources[1].url", Problem: "is empty", Hint: "want ldaps://host"},
		"sources[1].url: is empty":                     {Path: "sources[1].url", Problem: "is empty"},
		"no workspace (add one)":                       {Problem: "no workspace", Hint: "add one"},
		"no workspace":                                 {Problem: "no workspace"},
	} {
		if got := fault.String(); got != want {
			t.Errorf("%+v gives %q, want %q", fault, got, want)
		}
	}
}

func TestFaultsComeAllAtOnceWithTheirPaths(t *testing.T) {
	var search, source, all Faults
	search.Add("filter", "close the bracket", "has %d open brackets", 2)
	search.Add("", "", "is empty")
	source.Add("url", "", "is empty")
	source.Under("user_search", search)
	all.Add("workspaces", "add one", "is missing")
	all.Under("sources[1]", source)

	want := `workspaces: is missing (add one)
sources[1].url: is empty
sources[1].user_search.filter: has 2 open brackets (close the bracket)
sources[1].user_search: is empty`
	if diff := cmp.Diff(want, all.Error()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
	if search[0].Path != "filter" {
		t.Errorf("Under changed the faults it was given: %v", search)
	}
}

func TestNoFaultsPrintNothing(t *testing.T) {
	if got := (Faults{}).Error(); got != "" {
		t.Errorf("no faults give %q", got)
	}
}

func TestJoin(t *testing.T) {
	for _, c := range []struct{ prefix, path, want string }{
		{"a", "b", "a.b"},
		{"a", "[0]", "a[0]"},
		{"a[0]", "b.c", "a[0].b.c"},
		{"", "b", "b"},
		{"a", "", "a"},
		{"", "", ""},
	} {
		if got := Join(c.prefix, c.path); got != c.want {
			t.Errorf("Join(%q, %q) gives %q, want %q", c.prefix, c.path, got, c.want)
		}
	}
}

func TestNearest(t *testing.T) {
	known := []string{"schedule", "url", "id", "groups", "grant", "credentials", "bind_password", "bind_dn"}
	for word, want := range map[string]string{
		"shedule":       "schedule",
		"SCHEDULE":      "schedule",
		"group":         "groups",
		"gruops":        "groups", // two neighbours changed places
		"credetnails":   "credentials",
		"bind_pasword":  "bind_password",
		"bindpassword":  "bind_password",
		"ulr":           "url",
		"schedule":      "schedule",
		"temperature":   "",
		"workspaces":    "",
		"dn":            "", // as many edits as letters: nothing is left of the word
		"x":             "",
		"":              "",
		"invitation_id": "",
	} {
		if got := Nearest(word, known); got != want {
			t.Errorf("%q: %q is nearest, want %q", word, got, want)
		}
	}
	if got := Nearest("grup", nil); got != "" {
		t.Errorf("%q is nearest where nothing is known", got)
	}
}

func TestNearestIsTheSameForEveryOrder(t *testing.T) {
	if a, b := Nearest("cot", []string{"cat", "cut"}), Nearest("cot", []string{"cut", "cat"}); a != b {
		t.Errorf("%q, and %q when the words are the other way round", a, b)
	}
}
