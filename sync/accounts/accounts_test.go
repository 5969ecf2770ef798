package accounts_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bitroster/sync/access"
	"bitroster/sync/accounts"
	"bitroster/sync/reconcile"
)

// memory is a journal that knows accounts.
type memory struct {
	memories  reconcile.Memories
	kept      reconcile.Lessons
	recallErr error
	keepErr   error
}

func (m *memory) Recall(context.Context, string) (reconcile.Memories, error) {
	return m.memories, m.recallErr
}

func (m *memory) Keep(_ context.Context, _ string, lessons reconcile.Lessons) error {
	m.kept = lessons
	return m.keepErr
}

func TestImport(t *testing.T) {
	m := &memory{memories: reconcile.Memories{
		Accounts: map[access.Email]access.Account{
			"said@x.test": {ID: "1", UUID: "{1}"}, "same@x.test": {ID: "2", UUID: "{2}"}, "filed@x.test": {ID: "3", UUID: "{3}"},
		},
		Imported: map[access.Email]bool{"filed@x.test": true},
	}}
	got, err := accounts.Import(t.Context(), m, []accounts.Pair{
		{Line: 2, Email: "new@x.test", ID: "9"},
		{Line: 3, Email: "said@x.test", ID: "8"},
		{Line: 4, Email: "same@x.test", ID: "2"},
		{Line: 5, Email: "filed@x.test", ID: "7"},
		{Line: 6, Email: "two@x.test", ID: "5"},
		{Line: 7, Email: "two@x.test", ID: "6"},
		{Line: 8, Email: "new@x.test", ID: "9"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := accounts.Result{New: 1, Changed: 1, Known: 1, Rejects: []accounts.Reject{{Line: 3}, {Line: 6}, {Line: 7}}}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(accounts.Reject{}, "Why")); diff != "" {
		t.Errorf("result (-want +got):\n%s", diff)
	}
	kept := reconcile.Lessons{Imported: map[access.Email]access.Account{"new@x.test": {ID: "9"}, "filed@x.test": {ID: "7"}}}
	if diff := cmp.Diff(kept, m.kept); diff != "" {
		t.Errorf("kept (-want +got):\n%s", diff)
	}
}

func TestImportGivesTheJournalsErrors(t *testing.T) {
	full := errors.New("disk full")
	for name, m := range map[string]*memory{"recall": {recallErr: full}, "keep": {keepErr: full}} {
		got, err := accounts.Import(t.Context(), m, []accounts.Pair{{Line: 2, Email: "new@x.test", ID: "9"}})
		if !errors.Is(err, full) || got.New != 0 {
			t.Errorf("%s: result %+v, error %v; want %v and nothing counted", name, got, err, full)
		}
	}
}

func TestAlsoSortsByLine(t *testing.T) {
	before := []accounts.Reject{{Line: 4, Why: "later"}}
	got := accounts.Result{Rejects: before}.Also([]accounts.Reject{{Line: 2, Why: "first"}, {Line: 9, Why: "last"}})
	want := []accounts.Reject{{Line: 2, Why: "first"}, {Line: 4, Why: "later"}, {Line: 9, Why: "last"}}
	if diff := cmp.Diff(want, got.Rejects); diff != "" {
		t.Errorf("rejects (-want +got):\n%s", diff)
	}
}
