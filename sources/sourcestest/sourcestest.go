// Package sourcestest holds the contract of a source: what every adapter must do, run against the real thing.
package sourcestest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/sources"
	"bitroster/sync/access"
)

// Person is someone to be put into a directory. Email is as a careless administrator types it, or empty.
type Person struct {
	Name   string
	Email  string
	Groups []string // names
}

// Directory is the adapter under test with a directory of its own.
type Directory struct {
	// Fill makes the directory hold exactly these people and their groups.
	Fill func(t *testing.T, people []Person)
	// Source reads it.
	Source sources.Source
	// Break makes the directory unreadable as a whole: stops the server, takes the folder away. Mend undoes it.
	Break func(t *testing.T)
	Mend  func(t *testing.T)
}

// Run checks the contract. open makes a new, empty directory for each sub-test.
func Run(t *testing.T, open func(t *testing.T) Directory) {
	for name, check := range map[string]func(*testing.T, Directory){
		"reads people with names, addresses and groups": readsPeople,
		"gives the same bytes twice":                    sameTwice,
		"a person without a usable address is rejected": rejectsOne,
		"a broken directory is an error and no people":  brokenIsError,
		"a cancelled read is an error and no people":    cancelledIsError,
		"reads a thousand people in groups of all":      readsMany,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

func staff() []Person {
	return []Person{
		{Name: "Ana Abel", Email: "ana.abel@example.test", Groups: []string{"developers", "everyone"}},
		{Name: "Björn Ågren", Email: "Bjorn.Agren@Example.TEST", Groups: []string{"everyone"}},
		{Name: "Chen, Li", Email: "li.chen+dev@example.test", Groups: []string{"developers"}},
		{Name: "Zoë O'Neil", Email: "zoe@example.test"},
	}
}

func readsPeople(t *testing.T, d Directory) {
	d.Fill(t, staff())
	snapshot := read(t, d)
	want := map[access.Email]string{
		"ana.abel@example.test":    "Ana Abel [developers everyone]",
		"bjorn.agren@example.test": "Björn Ågren [everyone]",
		"li.chen+dev@example.test": "Chen, Li [developers]",
		"zoe@example.test":         "Zoë O'Neil []",
	}
	got := map[access.Email]string{}
	for _, entry := range snapshot.Entries {
		got[entry.Email] = fmt.Sprint(entry.Name, " ", groupNames(t, snapshot, entry))
		if entry.Origin == "" {
			t.Errorf("%s has no origin", entry.Email)
		}
		if entry.Disabled {
			t.Errorf("%s is disabled, want active", entry.Email)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	for _, group := range snapshot.Groups {
		if group.Members != 2 || group.Problem != "" {
			t.Errorf("group %q: %d members, problem %q; want 2 and none", group.Name, group.Members, group.Problem)
		}
	}
	if len(snapshot.Rejects) != 0 {
		t.Errorf("rejects: %v, want none", snapshot.Rejects)
	}
}

func sameTwice(t *testing.T, d Directory) {
	d.Fill(t, staff())
	if diff := cmp.Diff(read(t, d), read(t, d)); diff != "" {
		t.Errorf("two reads differ (-first +second):\n%s", diff)
	}
}

func rejectsOne(t *testing.T, d Directory) {
	d.Fill(t, append(staff(), Person{Name: "No Address", Groups: []string{"developers"}},
		Person{Name: "Bad Address", Email: "not-an-address", Groups: []string{"developers"}}))
	snapshot := read(t, d)
	if len(snapshot.Entries) != len(staff()) {
		t.Errorf("%d entries, want the %d with an address", len(snapshot.Entries), len(staff()))
	}
	if len(snapshot.Rejects) != 2 {
		t.Fatalf("%d rejects, want 2: %v", len(snapshot.Rejects), snapshot.Rejects)
	}
	for _, reject := range snapshot.Rejects {
		if reject.Origin == "" || reject.Reason == "" {
			t.Errorf("reject %+v does not say where or why", reject)
		}
	}
}

func brokenIsError(t *testing.T, d Directory) {
	d.Fill(t, staff())
	before := read(t, d)
	d.Break(t)
	snapshot, err := d.Source.Read(t.Context())
	if err == nil {
		t.Error("a broken directory was read without an error")
	}
	if len(snapshot.Entries) != 0 {
		t.Errorf("a broken directory gave %d entries", len(snapshot.Entries))
	}
	d.Mend(t)
	if diff := cmp.Diff(before, read(t, d)); diff != "" {
		t.Errorf("after mending (-before +after):\n%s", diff)
	}
}

func cancelledIsError(t *testing.T, d Directory) {
	d.Fill(t, staff())
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	snapshot, err := d.Source.Read(ctx)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want one that is context.Canceled", err)
	}
	if len(snapshot.Entries) != 0 {
		t.Errorf("a cancelled read gave %d entries", len(snapshot.Entries))
	}
}

func readsMany(t *testing.T, d Directory) {
	const many = 1000
	people := make([]Person, many)
	for i := range people {
		people[i] = Person{
			Name: fmt.Sprintf("Person %d", i), Email: fmt.Sprintf("person.%d@example.test", i),
			Groups: []string{"everyone", fmt.Sprintf("team-%d", i%10)},
		}
	}
	d.Fill(t, people)
	snapshot := read(t, d)
	members := map[string]int{}
	for _, entry := range snapshot.Entries {
		for _, name := range groupNames(t, snapshot, entry) {
			members[name]++
		}
	}
	want := map[string]int{"everyone": many}
	for i := range 10 {
		want[fmt.Sprintf("team-%d", i)] = many / 10
	}
	if diff := cmp.Diff(want, members); diff != "" {
		t.Errorf("members by group (-want +got):\n%s", diff)
	}
}

func read(t *testing.T, d Directory) sources.Snapshot {
	t.Helper()
	snapshot, err := d.Source.Read(t.Context())
	if err != nil {
		t.Fatalf("reading: %v", err)
	}
	return snapshot
}

// groupNames gives the names of an entry's groups, and checks that the snapshot lists each of them.
func groupNames(t *testing.T, snapshot sources.Snapshot, entry sources.Entry) []string {
	t.Helper()
	names := []string{}
	for _, id := range entry.Groups {
		at := slices.IndexFunc(snapshot.Groups, func(g sources.Group) bool { return g.ID == id })
		if at < 0 {
			t.Fatalf("%s is in group %q, which the snapshot does not list", entry.Email, id)
		}
		names = append(names, snapshot.Groups[at].Name)
	}
	slices.Sort(names)
	return names
}
