package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"bitroster/sync/apply"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

// demoRun is one run of the demo in this process.
type demoRun struct {
	code     int
	out, err string
	// left are the files in the folder for temporary files afterwards.
	left []string
}

// runDemo runs it with a folder for temporary files of its own, and looks for goroutines that it left.
func runDemo(ctx context.Context, t *testing.T, trigger trigger, args ...string) demoRun {
	t.Helper()
	leaks := goleak.IgnoreCurrent()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	var errs bytes.Buffer
	// The user's own settings must not reach the demo.
	env := func(name string) (string, bool) {
		return filepath.Join(temp, "mine.sqlite"), name == "BITROSTER_JOURNAL_PATH" || name == "BITROSTER_CONFIG"
	}
	code := run(ctx, append([]string{"demo"}, args...), env, streams{strings.NewReader(""), &trigger, &errs})
	result := demoRun{code: code, out: trigger.String(), err: errs.String()}
	found, err := os.ReadDir(temp)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range found {
		result.left = append(result.left, entry.Name())
	}
	goleak.VerifyNone(t, leaks)
	return result
}

// trigger keeps what is written, and does something as soon as a text is in it.
type trigger struct {
	bytes.Buffer
	on string
	do func()
}

func (w *trigger) Write(p []byte) (int, error) {
	n, err := w.Buffer.Write(p)
	if w.do != nil && strings.Contains(w.String(), w.on) {
		w.do()
	}
	return n, err
}

func TestDemo(t *testing.T) {
	got := runDemo(t.Context(), t, trigger{})
	if got.code != exitDone || got.err != "" || len(got.left) > 0 {
		t.Fatalf("exit code %d, left %v, stderr %q, stdout:\n%s", got.code, got.left, got.err, got.out)
	}
	before := 0
	for _, want := range []string{
		`1\. What is there`, `40 people|4\d members, 10 people invited by hand`, `10\s+times as much`,
		`2\. How the directories were read`, `hr +read whole +1\d\d`, `mitarbeiter\.csv:16: not an e-mail address`,
		`3\. The plan`, `invite +people +group developers`,
		`4\. The plan is carried out`, `(\d+) of \d+ steps done`, `invitation-pending`, `target-unusable`, `target-missing`,
		`5\. The mails`, `exactly one for each of the 2\d\d new people`,
		`6\. The same once more`, `0 steps to do`, `Nothing to do: \d+ requests, all of them to read; no mail`,
		`7\. Everybody accepts`, `join +people +group everyone`, `No mail was sent for that`,
		`8\. With your own data`,
	} {
		at := regexp.MustCompile(want).FindStringIndex(got.out[before:])
		if at == nil {
			t.Fatalf("no %q, or not in its place, in:\n%s", want, got.out)
		}
		before += at[0]
	}
}

func TestDemoKeepsItsFolder(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	got := runDemo(t.Context(), t, trigger{}, "--dir", dir)
	if got.code != exitDone || !strings.Contains(got.out, "The files are in "+dir) {
		t.Errorf("exit code %d, stderr %q, stdout:\n%s", got.code, got.err, got.out)
	}
	for _, name := range []string{"config.yaml", "token", "journal.sqlite", "people/hr/mitarbeiter.csv"} {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			t.Error(err)
		}
	}
	if again := runDemo(t.Context(), t, trigger{}, "--dir", dir); again.code != exitFailed {
		t.Errorf("exit code %d in a folder that is in use, want %d", again.code, exitFailed)
	}
}

// TestDemoStays ends the demo as soon as it says how to end it, having made a plan with the config that it names.
func TestDemoStays(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	dir := filepath.Join(t.TempDir(), "new")
	code := -1
	got := runDemo(ctx, t, trigger{on: "Ctrl-C ends it", do: func() {
		var out bytes.Buffer
		code = run(ctx, []string{"plan", "--config", filepath.Join(dir, "config.yaml")},
			func(string) (string, bool) { return "", false }, streams{strings.NewReader(""), &out, &out})
		cancel()
	}}, "--stay", "--dir", dir)
	if got.code != exitDone || code != exitDone {
		t.Errorf("exit code %d, that of the plan %d, want 0 and 0; stderr %q", got.code, code, got.err)
	}
	if !strings.Contains(got.out, "plan --config "+filepath.Join(dir, "config.yaml")) {
		t.Errorf("the command to make a plan is not in:\n%s", got.out)
	}
}

func TestDemoStopsAtAnyTime(t *testing.T) {
	for name, on := range map[string]string{
		"at once": "", "before the first pass": "1. What is there", "while it plans": "3. The plan",
		"while it works": "4. The plan is carried out", "before the second pass": "exactly one for each",
		"in the second pass": "6. The same", "in the third pass": "7. Everybody",
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if on == "" {
				cancel()
			}
			got := runDemo(ctx, t, trigger{on: on, do: cancel})
			want := demoRun{code: exitFailed, err: "bitroster: the demo was stopped before its end\n", out: got.out}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(demoRun{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestDemoTakesNoConfig(t *testing.T) {
	for _, args := range [][]string{{"--config", "x.yaml"}, {"--journal-path", "x.sqlite"}, {"extra"}} {
		if got := runDemo(t.Context(), t, trigger{}, args...); got.code != exitUsage || len(got.left) > 0 {
			t.Errorf("%v: exit code %d, left %v, want %d and nothing", args, got.code, got.left, exitUsage)
		}
	}
}

// TestDemoLogsWhenAsked shows that the flags that are no matter of the config still work.
func TestDemoLogsWhenAsked(t *testing.T) {
	got := runDemo(t.Context(), t, trigger{}, "--log-level", "info")
	if got.code != exitDone || !strings.Contains(got.err, `"msg":"pass ended"`) {
		t.Errorf("exit code %d, and no log in %q", got.code, got.err)
	}
}

// TestBarsEnd follows passes that come to their end, stop half-way, have nothing to do, or are never planned: nothing is
// written where there is no terminal, and nothing goes on running.
func TestBarsEnd(t *testing.T) {
	leaks := goleak.IgnoreCurrent()
	for name, steps := range map[string]int{"done": 3, "half-way": 1, "nothing done": 0} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			watch, end := bars(&out)
			watch("never planned")
			watch("nothing to do").Planned(reconcile.Report{})
			follow(watch("one"), steps)
			follow(watch("two"), steps)
			end()
			end()
			if out.Len() > 0 {
				t.Errorf("written where there is no terminal: %q", out.String())
			}
		})
	}
	goleak.VerifyNone(t, leaks)
}

// follow plays a pass with three steps that comes to some of them.
func follow(w reconcile.Watch, steps int) {
	w.Planned(reconcile.Report{Plan: plan.Plan{Steps: make([]plan.Action, 3)}})
	for range steps {
		w.Step(apply.Result{})
	}
}
