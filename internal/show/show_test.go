package show

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"charm.land/lipgloss/v2"
	"github.com/google/go-cmp/cmp"

	"bitroster/sources"
	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
	"bitroster/sync/why"
)

// TestGolden compares what each function writes with the files in testdata; SHOW_UPDATE=1 writes them anew.
func TestGolden(t *testing.T) {
	for name, write := range map[string]func(io.Writer){
		"sources":            func(w io.Writer) { Sources(w, report()) },
		"sources-none":       func(w io.Writer) { Sources(w, reconcile.Report{}) },
		"doubts":             func(w io.Writer) { doubts(w, report()) },
		"plan":               func(w io.Writer) { Plan(w, report().Plan) },
		"plan-none":          func(w io.Writer) { Plan(w, plan.Plan{}) },
		"summary":            func(w io.Writer) { Summary(w, report().Plan) },
		"summary-nothing":    func(w io.Writer) { Summary(w, plan.Plan{Workspace: "acme"}) },
		"outcome":            func(w io.Writer) { Outcome(w, report()) },
		"outcome-complete":   func(w io.Writer) { Outcome(w, complete()) },
		"outcome-incomplete": func(w io.Writer) { Outcome(w, incomplete()) },
		"outcome-failed":     func(w io.Writer) { Outcome(w, failed()) },
		"held":               func(w io.Writer) { Held(w, report().Held()) },
		"failure":            func(w io.Writer) { Failure(w, failed()) },
		"failure-none":       func(w io.Writer) { Failure(w, complete()) },
		"heading":            func(w io.Writer) { Heading(w, "1. What is there") },
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			write(&got)
			golden(t, name+".txt", got.String())
		})
	}
}

// screen is a terminal of the width that all must fit into.
type screen struct{ bytes.Buffer }

func (*screen) limit() int { return width }

// TestOnTerminal: there, and only there, long lines are wrapped.
func TestOnTerminal(t *testing.T) {
	for name, write := range map[string]func(io.Writer){
		"sources": func(w io.Writer) { Sources(w, report()) },
		"plan":    func(w io.Writer) { Plan(w, report().Plan) },
		"outcome": func(w io.Writer) { Outcome(w, report()) },
		"failure": func(w io.Writer) { Failure(w, failed()) },
	} {
		t.Run(name, func(t *testing.T) {
			var got screen
			write(&got)
			golden(t, name+"-terminal.txt", got.String())
			if wide := lipgloss.Width(got.String()); wide > width {
				t.Errorf("a line is %d columns wide, want %d at most", wide, width)
			}
		})
	}
}

// TestWrapKeepsWords: a path with hyphens can be copied whole, however narrow the terminal is.
func TestWrapKeepsWords(t *testing.T) {
	want := []string{"see", "/etc/bitroster/a-very-long-name.yaml", "for it"}
	if diff := cmp.Diff(want, wrap("see  /etc/bitroster/a-very-long-name.yaml for it", 10)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// BenchmarkPlan writes the plan of a large company.
func BenchmarkPlan(b *testing.B) {
	p := plan.Plan{Workspace: "acme"}
	for range 500 {
		p.Steps = append(p.Steps, steps()...)
		p.Held = append(p.Held, held()...)
	}
	for b.Loop() {
		Plan(io.Discard, p)
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("SHOW_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// TestEveryReasonHasAMeaning keeps a new reason from being shown without words.
func TestEveryReasonHasAMeaning(t *testing.T) {
	for _, reason := range []why.Reason{
		why.InvitationPending, why.InvitedEarlier, why.MaybeSent, why.RefusedEarlier, why.AccountDisabled,
		why.DomainNotAllowed, why.TargetMissing, why.TargetUnusable, why.NoWayIn, why.LimitPerPass, why.LimitPerDay,
		why.Stopped, why.GroupToBeCreated, why.CancelledByHand, why.RemovedByHand,
	} {
		if meaning(reason) == meaning("unheard-of") {
			t.Errorf("%s has no meaning", reason)
		}
	}
}

// TestNothingCommandsTheTerminal: a name from a directory may hold escape sequences.
func TestNothingCommandsTheTerminal(t *testing.T) {
	evil := "a\x1b[2Jb\u009b31m\r\nc"
	r := report()
	r.Sources[0].Rejects[0].Reason, r.Doubts[0].Problem = evil, evil
	r.Plan.Steps[0].Target, r.Plan.Held[0].Detail, r.Results[0].Detail, r.Failure = evil, evil, evil, evil
	var out bytes.Buffer
	for _, write := range []func(io.Writer, reconcile.Report){
		Sources, Outcome, Failure, func(w io.Writer, r reconcile.Report) { Plan(w, r.Plan); Summary(w, r.Plan) },
	} {
		write(&out, r)
	}
	if strings.ContainsAny(out.String(), "\x1b\u009b\r") {
		t.Errorf("control characters reach the terminal: %q", out.String())
	}
	if !strings.Contains(out.String(), "a [2Jb") {
		t.Errorf("the text is gone, too: %q", out.String())
	}
}

// report is a pass in which much went wrong.
func report() reconcile.Report {
	r := reconcile.Report{
		Workspace: "acme",
		Sources: []reconcile.SourceReport{
			{Name: "hr", Entries: 1204, Groups: 17, Rejects: []sources.Reject{
				{Origin: "people.csv:7", Reason: "not an e-mail address: it is empty"},
				{Origin: "people.csv:12", Reason: strings.Repeat("a reason that goes on ", 8) + "to its end"},
			}},
			{Name: "labs", Entries: 9, Groups: 2, Rejects: many()},
			{Name: "ldap", Problem: "cn=Ångström: no answer"},
		},
		Doubts: []mapping.Doubt{
			{Source: "ldap", Problem: "cn=Ångström: no answer: " + strings.Repeat("check the address, the port and the firewall; ", 3)},
			{Source: "hr", Group: "Devs", Rule: "developers", Problem: "it had 12 members at the last good read and has none now"},
			{Group: "Ops", Rule: "ops", Problem: "no group of that name"},
		},
	}
	r.Plan = plan.Plan{Workspace: "acme", Steps: steps(), Held: held()}
	for i, step := range r.Plan.Steps {
		result := apply.Result{Action: step, Outcome: plan.Done}
		if i == 0 {
			result.Outcome, result.Detail = plan.Failed, "PUT /2.0/…: 400 Bad Request: "+strings.Repeat("no such thing ", 9)
		}
		r.Results = append(r.Results, result)
	}
	return r
}

func many() []sources.Reject {
	var list []sources.Reject
	for i := range most + 3 {
		list = append(list, sources.Reject{Origin: fmt.Sprintf("list.csv:%d", i+2), Reason: "it has 2 cells where the header has 3"})
	}
	return list
}

func steps() []plan.Action {
	list := []plan.Action{
		{Op: plan.Grant, Group: "developers", Kind: access.Project, Target: "WEB", Permission: access.Write, Reason: why.NoGrant, Rule: "groups"},
		{Op: plan.Join, Email: "bo@acme.test", Kind: access.Group, Target: "developers", Reason: why.NotInGroup, Rule: "developers"},
		{Op: plan.Grant, Email: "dan@acme.test", Kind: access.Repository, Target: "shop", Permission: access.Read, Reason: why.GrantTooLow, Rule: "a rule with a name that says at great length what it is for and whom it serves"},
	}
	for i := range 12 {
		list = append(list, plan.Action{
			Op: plan.Invite, Email: access.Email(fmt.Sprintf("new%d@acme.test", i)), Kind: access.Group, Target: "developers",
			Reason: why.NotInWorkspace, Rule: "developers",
		})
	}
	return list
}

func held() []plan.Held {
	join := func(email access.Email, group string) plan.Action {
		return plan.Action{Op: plan.Join, Email: email, Kind: access.Group, Target: group, Reason: why.NotInGroup}
	}
	return []plan.Held{
		{Action: join("ana@acme.test", "staff"), Reason: why.InvitationPending, Detail: "invited 2026-11-01T08:00:00Z"},
		{Action: join("ben@acme.test", "staff"), Reason: why.InvitationPending, Detail: "invited 2026-11-02T08:00:00Z"},
		{Action: join("cid@acme.test", "staff"), Reason: why.InvitationPending, Detail: "invited 2026-11-03T08:00:00Z"},
		{Action: join("dee@acme.test", "staff"), Reason: why.InvitationPending, Detail: "invited 2026-11-04T08:00:00Z"},
		{Action: join("eve@acme.test", "design"), Reason: why.InvitationPending},
		{Action: join("bo@acme.test", "architects"), Reason: why.TargetMissing, Detail: `the workspace has no group "architects"; did you mean "architecture"?: create it, or correct the rule`},
		{Action: plan.Action{Op: plan.Invite, Email: "gus@acme.test", Kind: access.Repository, Target: "shop", Permission: access.Write}, Reason: why.LimitPerPass, Detail: "limits.invitations_per_pass is 12"},
	}
}

func complete() reconcile.Report {
	r := reconcile.Report{Workspace: "acme", Plan: plan.Plan{Workspace: "acme", Steps: steps()[1:2]}}
	r.Results = []apply.Result{{Action: r.Plan.Steps[0], Outcome: plan.Done}}
	return r
}

// incomplete has more failures than are listed, and steps that were not come to.
func incomplete() reconcile.Report {
	r := reconcile.Report{Workspace: "acme", Plan: plan.Plan{Workspace: "acme", Steps: steps()}}
	for range most + 2 {
		r.Results = append(r.Results, apply.Result{Action: steps()[1], Outcome: plan.Maybe, Detail: "no answer"})
	}
	r.Stopped = []plan.Held{{Action: steps()[2], Reason: why.Stopped, Detail: "the process was told to stop"}}
	return r
}

func failed() reconcile.Report {
	return reconcile.Report{Workspace: "acme", Failure: "workspace acme: GET /1.0/groups/{workspace}: 401 Unauthorized (check the credential: it is wrong, expired, or not supported for this call)"}
}
