package reconcile_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/sources"
	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

func now() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

// directory is a source that gives what it holds, or its error.
type directory struct {
	snapshot sources.Snapshot
	err      error
}

func (d *directory) Read(context.Context) (sources.Snapshot, error) { return d.snapshot, d.err }

func people(group string, emails ...access.Email) sources.Snapshot {
	s := sources.Snapshot{Groups: []sources.Group{{ID: group, Name: group, Members: len(emails)}}}
	for _, email := range emails {
		s.Entries = append(s.Entries, sources.Entry{Email: email, Groups: []string{group}, Origin: "row"})
	}
	return s
}

// workspace is a Bitbucket with the group dev; it does what it is asked and can be told to fail.
type workspace struct {
	members map[access.Email]access.Account
	groups  map[string]access.GroupState
	done    []string
	err     error
	asked   access.Scope
}

func (w *workspace) Observe(_ context.Context, scope access.Scope) (access.State, error) {
	w.asked = scope
	return access.State{
		Accounts: w.members, Pending: map[access.Email]access.Invitation{},
		Groups: w.groups,
	}, w.err
}

func (w *workspace) Execute(_ context.Context, a plan.Action) error {
	w.done = append(w.done, fmt.Sprint(a.Op, " ", a.Email))
	if a.Op == plan.CreateGroup {
		w.groups[a.Target] = access.GroupState{Slug: "dev"}
	}
	return nil
}

// memory is a journal in memory.
type memory struct {
	memories reconcile.Memories
	lessons  reconcile.Lessons
	finished []reconcile.Report
}

func (m *memory) Recall(context.Context, string) (reconcile.Memories, error) { return m.memories, nil }

func (m *memory) Keep(_ context.Context, _ string, lessons reconcile.Lessons) error {
	m.lessons = lessons
	return nil
}
func (m *memory) Start(context.Context, string) (reconcile.Run, error) { return m, nil }

func (m *memory) Begin(context.Context, plan.Action) (apply.StepID, error) { return 1, nil }

func (m *memory) End(context.Context, apply.StepID, plan.Outcome, string) error { return nil }

func (m *memory) Finish(_ context.Context, r reconcile.Report) error {
	m.finished = append(m.finished, r)
	return nil
}

// office is a pass over the sources hr (group a) and corp (group b), whose people all want to be in dev.
type office struct {
	hr, corp *directory
	ws       *workspace
	memory   *memory
	waited   time.Duration
	pass     *reconcile.Pass
}

func newOffice() *office {
	o := &office{
		hr: &directory{snapshot: people("a", "ana@x.test", "bo@x.test")}, corp: &directory{snapshot: people("b", "cy@x.test")},
		ws: &workspace{groups: map[string]access.GroupState{"dev": {Slug: "dev"}}}, memory: &memory{},
	}
	rule := func(source, group string) mapping.Rule {
		return mapping.Rule{Name: source, When: mapping.Condition{Source: source, Group: group}, Grant: mapping.Grant{Groups: []string{"dev"}}}
	}
	o.pass = &reconcile.Pass{
		Workspace: "acme", Sources: []reconcile.Named{{Name: "hr", Source: o.hr}, {Name: "corp", Source: o.corp}},
		Rules: []mapping.Rule{rule("hr", "a"), rule("corp", "b")}, Settle: time.Minute,
		Memory: o.memory, Ledger: o.memory, Observer: o.ws, Executor: o.ws, Now: now,
		Wait: func(_ context.Context, d time.Duration) error { o.waited += d; return nil },
	}
	return o
}

func (o *office) run(t *testing.T) reconcile.Report {
	t.Helper()
	report, err := o.pass.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(o.memory.finished) != 1 {
		t.Fatalf("the run was finished %d times, want once", len(o.memory.finished))
	}
	return report
}

func TestPass(t *testing.T) {
	o := newOffice()
	o.ws.members = map[access.Email]access.Account{"bo@x.test": {ID: "1"}}
	report := o.run(t)
	if diff := cmp.Diff([]string{"join bo@x.test", "invite ana@x.test", "invite cy@x.test"}, o.ws.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if !report.Whole() || !report.Complete() || report.Count(plan.Done) != 3 {
		t.Errorf("whole %v, complete %v, done %d; want a whole, complete pass of 3", report.Whole(), report.Complete(), report.Count(plan.Done))
	}
	lessons := reconcile.Lessons{
		Accounts: map[access.Email]access.Account{"bo@x.test": {ID: "1"}},
		Counts:   map[string]map[string]int{"hr": {"": 2, "a": 2}, "corp": {"": 1, "b": 1}},
		Seats:    map[access.Email]plan.Seat{"bo@x.test": {State: plan.Member, Since: now()}},
	}
	if diff := cmp.Diff(lessons, o.memory.lessons); diff != "" {
		t.Errorf("lessons (-want +got):\n%s", diff)
	}
	want := access.Scope{Emails: []access.Email{"ana@x.test", "bo@x.test", "cy@x.test"}, Groups: []string{"dev"}}
	if diff := cmp.Diff(want, o.ws.asked); diff != "" {
		t.Errorf("scope (-want +got):\n%s", diff)
	}
}

// TestWhatIsNotReadIsNotEmpty spoils one source; the other's people are served, and the report says what to check.
func TestWhatIsNotReadIsNotEmpty(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(*office)
		want  string // of the doubt
		count map[string]int
	}{
		"the source cannot be read": {
			func(o *office) { o.hr.err = errors.New("connection refused: check the URL") }, "hr//connection refused", nil,
		},
		"the source is suddenly empty": {
			func(o *office) { o.hr.snapshot = sources.Snapshot{} }, "hr//it had 40 people at the last good read", nil,
		},
		"the group is suddenly empty": {
			func(o *office) {
				o.hr.snapshot = people("a")
				o.hr.snapshot.Entries = []sources.Entry{{Email: "zoe@x.test"}}
			},
			"hr/a/it had 30 members at the last good read",
			map[string]int{"": 1},
		},
		"the group is gone": {
			func(o *office) { o.hr.snapshot = people("b", "zoe@x.test") }, "hr/a/no group of that name", map[string]int{"": 1, "b": 1},
		},
		"the group is not readable": {
			func(o *office) { o.hr.snapshot.Groups[0].Problem = "no right on member" }, "hr/a/no right on member", map[string]int{"": 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := newOffice()
			o.memory.memories.Counts = map[string]map[string]int{"hr": {"": 40, "a": 30}}
			tc.spoil(o)
			report := o.run(t)
			if report.Whole() || len(report.Doubts) != 1 {
				t.Fatalf("doubts %v, want one", report.Doubts)
			}
			got := report.Doubts[0].Source + "/" + report.Doubts[0].Group + "/" + report.Doubts[0].Problem
			if !strings.HasPrefix(got, tc.want) {
				t.Errorf("doubt %q, want %q", got, tc.want)
			}
			if diff := cmp.Diff([]string{"invite cy@x.test"}, o.ws.done); diff != "" {
				t.Errorf("done (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.count, o.memory.lessons.Counts["hr"]); diff != "" {
				t.Errorf("counts kept of hr (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWaitsUntilAnUnfinishedRequestHasSettled(t *testing.T) {
	for ago, want := range map[time.Duration]time.Duration{10 * time.Second: 50 * time.Second, time.Minute: 0, time.Hour: 0} {
		o := newOffice()
		o.memory.memories.Unsettled = now().Add(-ago)
		o.run(t)
		if o.waited != want {
			t.Errorf("begun %v ago: waited %v, want %v", ago, o.waited, want)
		}
	}
}

func TestFailureIsRecorded(t *testing.T) {
	o := newOffice()
	o.ws.err = errors.New("401: check the credential")
	report, err := o.pass.Run(t.Context())
	if err == nil || len(o.ws.done) != 0 {
		t.Errorf("error %v, done %v; want an error and nothing done", err, o.ws.done)
	}
	if len(o.memory.finished) != 1 || o.memory.finished[0].Failure == "" || report.Complete() {
		t.Errorf("finished %+v, complete %v; want the failure on record", o.memory.finished, report.Complete())
	}
}

// TestAGroupIsMadeBeforeItsPeopleAreInvited goes a second round once the group is there.
func TestAGroupIsMadeBeforeItsPeopleAreInvited(t *testing.T) {
	o := newOffice()
	o.ws.groups = map[string]access.GroupState{}
	o.pass.Policy.CreateGroups = true
	report := o.run(t)
	want := []string{"create-group ", "invite ana@x.test", "invite bo@x.test", "invite cy@x.test"}
	if diff := cmp.Diff(want, o.ws.done); diff != "" {
		t.Errorf("done (-want +got):\n%s", diff)
	}
	if len(report.Plan.Steps) != 4 || len(report.Results) != 4 || len(report.Held()) != 0 || !report.Complete() {
		t.Errorf("%d steps, %d results, held %v; want both rounds in one report", len(report.Plan.Steps), len(report.Results), report.Held())
	}
}

// TestSurvey also asks for whoever was ever invited; a plan does not.
func TestSurvey(t *testing.T) {
	o := newOffice()
	o.memory.memories.Invitations = map[access.Email]plan.Attempt{"ana@x.test": {}, "zoe@x.test": {}}
	o.ws.members = map[access.Email]access.Account{"zoe@x.test": {ID: "9"}}
	survey, err := o.pass.Survey(t.Context())
	if err != nil || len(survey.Plan.Steps) != 3 || len(survey.Want.People) != 3 || len(survey.Have.Accounts) != 1 {
		t.Fatalf("error %v, survey %+v; want a plan of 3 and what it was made of", err, survey)
	}
	want := []access.Email{"ana@x.test", "bo@x.test", "cy@x.test", "zoe@x.test"}
	if diff := cmp.Diff(want, o.ws.asked.Emails); diff != "" {
		t.Errorf("asked for (-want +got):\n%s", diff)
	}
	if o.memory.lessons.Seats["zoe@x.test"].State != plan.Member {
		t.Errorf("lessons %+v, want the member's seat", o.memory.lessons)
	}
	if _, err := o.pass.Plan(t.Context()); err != nil || len(o.ws.asked.Emails) != 3 {
		t.Errorf("error %v, a plan asks for %v, want the 3 that are wanted", err, o.ws.asked.Emails)
	}
	if len(o.ws.done) != 0 || len(o.memory.finished) != 0 {
		t.Errorf("done %v, runs %v; want none", o.ws.done, o.memory.finished)
	}
}

// TestGlance reads no source, and waits like a pass until what is under way has settled.
func TestGlance(t *testing.T) {
	o := newOffice()
	o.hr.err = errors.New("down")
	o.memory.memories.Unsettled = now().Add(-10 * time.Second)
	survey, err := o.pass.Glance(t.Context())
	if err != nil || !survey.Whole() || survey.Workspace != "acme" || survey.Have.Groups["dev"].Slug != "dev" {
		t.Fatalf("error %v, survey %+v; want what is there", err, survey)
	}
	if diff := cmp.Diff(access.Scope{}, o.ws.asked); diff != "" || o.waited != 50*time.Second {
		t.Errorf("waited %v, asked (-want +got):\n%s", o.waited, diff)
	}
	o.ws.err = errors.New("401")
	if _, err := o.pass.Glance(t.Context()); !errors.Is(err, o.ws.err) {
		t.Errorf("error %v, want %v", err, o.ws.err)
	}
}

func TestPlanDoesNothing(t *testing.T) {
	o := newOffice()
	report, err := o.pass.Plan(t.Context())
	if err != nil || len(report.Plan.Steps) != 3 {
		t.Fatalf("error %v, %d steps; want 3", err, len(report.Plan.Steps))
	}
	if len(o.ws.done) != 0 || len(o.memory.finished) != 0 {
		t.Errorf("done %v, runs %v; want none", o.ws.done, o.memory.finished)
	}
}
