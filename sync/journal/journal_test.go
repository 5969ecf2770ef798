package journal_test

import (
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"bitroster/bitbucket/budget"
	"bitroster/bitbucket/budget/budgettest"
	"bitroster/sync/access"
	"bitroster/sync/journal"
	"bitroster/sync/journal/journaltest"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
	"bitroster/sync/why"
)

func TestContract(t *testing.T) {
	journaltest.Run(t, func(t *testing.T) journaltest.Harness {
		path := filepath.Join(t.TempDir(), "journal.sqlite")
		now := time.Now()
		return journaltest.Harness{
			Locked: journal.ErrLocked,
			Now:    func(moment time.Time) { now = moment },
			Open: func(t *testing.T) journaltest.Store {
				j, err := journal.Open(t.Context(), path, func() time.Time { return now })
				if err != nil {
					t.Fatal(err)
				}
				return j
			},
		}
	})
}

func TestBudget(t *testing.T) {
	budgettest.Run(t, func(t *testing.T) budgettest.Harness {
		path := filepath.Join(t.TempDir(), "journal.sqlite")
		return budgettest.Harness{Open: func(t *testing.T) budget.Store { return open(t, path) }}
	})
}

// TestManyOpenANewFile opens one new file from many sides at once.
func TestManyOpenANewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.sqlite")
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			j, err := journal.Open(t.Context(), path, time.Now)
			if err != nil {
				t.Error(err)
				return
			}
			if err := j.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
}

func TestOnlyTheOwnerMayRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.sqlite")
	j := open(t, path)
	if _, err := j.Start(t.Context(), "acme"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, path + "-wal"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm()&0o077 != 0 {
			t.Errorf("%s has mode %v: others may read people's addresses", filepath.Base(name), info.Mode())
		}
	}
}

func TestErrorsSayWhere(t *testing.T) {
	dir := t.TempDir()
	garbage := filepath.Join(dir, "garbage.sqlite")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("this is no database ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"not a database": garbage, "a folder": dir, "below a file": filepath.Join(garbage, "journal.sqlite"),
	} {
		if _, err := journal.Open(t.Context(), path, time.Now); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v, want one that names %s", name, err, path)
		}
	}
}

// TestFinishKeepsRows reads with plain SQL what an operator would look for.
func TestFinishKeepsRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.sqlite")
	run, err := open(t, path).Start(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	err = run.Finish(t.Context(), reconcile.Report{
		Plan: plan.Plan{Held: []plan.Held{{
			Action: plan.Action{Op: plan.Join, Email: "ana@x.test", Kind: access.Group, Target: "dev"}, Reason: why.TargetMissing, Detail: "no group dev",
		}}},
		Doubts: []mapping.Doubt{{Source: "hr", Problem: "the folder is gone"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	var held, doubt, ended string
	var whole bool
	row := db.QueryRow(`SELECT held.held || ': ' || held.detail, doubts.problem, runs.ended_at, runs.whole
		FROM runs JOIN held ON held.run_id = runs.id JOIN doubts ON doubts.run_id = runs.id`)
	if err := row.Scan(&held, &doubt, &ended, &whole); err != nil {
		t.Fatal(err)
	}
	if held != "target-missing: no group dev" || doubt != "the folder is gone" || ended == "" || whole {
		t.Errorf("rows: held %q, doubt %q, ended %q, whole %v", held, doubt, ended, whole)
	}
}

// TestOneJournalUnderTwoNames has a symbolic link to the file, and one to its folder: who comes by them finds the locks.
func TestOneJournalUnderTwoNames(t *testing.T) {
	dir := t.TempDir()
	path, folder, link := filepath.Join(dir, "a", "journal.sqlite"), filepath.Join(dir, "b"), filepath.Join(dir, "link.sqlite")
	release, err := open(t, path).Lock(t.Context(), "acme")
	if err != nil {
		t.Fatal(err)
	}
	defer release()
	if err := errors.Join(os.Symlink(path, link), os.Symlink(filepath.Dir(path), folder)); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{link, filepath.Join(folder, "journal.sqlite"), filepath.Join(dir, "a", "..", "a", "journal.sqlite")} {
		if _, err := open(t, name).Lock(t.Context(), "acme"); !errors.Is(err, journal.ErrLocked) {
			t.Errorf("%s: error %v, want that it is locked", filepath.Base(name), err)
		}
	}
}

// TestWhatWasHeldLongAgoGoes keeps the file from growing by all that is held in each pass.
func TestWhatWasHeldLongAgoGoes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal.sqlite")
	j := open(t, path)
	finish := func(workspace string, held int) {
		run, err := j.Start(t.Context(), workspace)
		if err != nil {
			t.Fatal(err)
		}
		report := reconcile.Report{Doubts: []mapping.Doubt{{Source: "hr", Problem: "gone"}}}
		report.Plan.Held = make([]plan.Held, held)
		if err := run.Finish(t.Context(), report); err != nil {
			t.Fatal(err)
		}
	}
	finish("other", 1)
	for range 20 {
		finish("acme", 3)
	}
	finish("acme", 0)
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close() //nolint:errcheck // only read
	var held, runs, doubts, others int
	row := db.QueryRow(`SELECT (SELECT COUNT(*) FROM held), (SELECT COUNT(*) FROM runs), (SELECT COUNT(*) FROM doubts),
		(SELECT COUNT(*) FROM held JOIN runs ON runs.id = run_id WHERE workspace = 'other')`)
	if err := row.Scan(&held, &runs, &doubts, &others); err != nil {
		t.Fatal(err)
	}
	if held != 4*3+1 || runs != 22 || doubts != 22 || others != 1 {
		t.Errorf("%d held, %d of them of the other workspace, %d runs, %d doubts; want what the last 5 runs of each held, and all runs and doubts", held, others, runs, doubts)
	}
}

func open(t *testing.T, path string) *journal.Journal {
	t.Helper()
	j, err := journal.Open(t.Context(), path, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := j.Close(); err != nil {
			t.Error(err)
		}
	})
	return j
}
