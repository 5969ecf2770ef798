package reconcile_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/sources"
	"bitroster/sync/access"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

// halfFurnished is an office whose rule for corp wants the group ops, which is not there yet.
func halfFurnished() *office {
	o := newOffice()
	o.pass.Rules[1].Grant = mapping.Grant{Groups: []string{"ops"}}
	o.pass.Policy.CreateGroups = true
	return o
}

// TestALimitOfThePassHoldsOverItsRounds invites one in the first round, and nobody in the second.
func TestALimitOfThePassHoldsOverItsRounds(t *testing.T) {
	o := halfFurnished()
	o.pass.Limits.InvitationsPerPass = 1
	report := o.run(t)
	if diff := cmp.Diff([]string{"create-group ", "invite ana@x.test"}, o.ws.done); diff != "" || !report.LimitHeld() {
		t.Errorf("held by a limit: %t, done (-want +got):\n%s", report.LimitHeld(), diff)
	}
}

// systemic is the refusal of a workspace.
type systemic struct{ error }

func (systemic) Systemic() bool { return true }

// refusing is a workspace that makes groups and refuses all else.
type refusing struct {
	*workspace
	tried int
}

func (r *refusing) Execute(ctx context.Context, a plan.Action) error {
	if a.Op == plan.CreateGroup {
		return r.workspace.Execute(ctx, a)
	}
	r.tried++
	return systemic{errors.New("seats used up")}
}

// TestNoRoundAfterARefusalOfTheWorkspace stops the whole pass.
func TestNoRoundAfterARefusalOfTheWorkspace(t *testing.T) {
	o := halfFurnished()
	workspace := &refusing{workspace: o.ws}
	o.pass.Executor = workspace
	report := o.run(t)
	if workspace.tried != 1 || len(report.Stopped) != 1 || report.Complete() {
		t.Errorf("%d tried, stopped %v, complete %t; want one try and the rest stopped", workspace.tried, report.Stopped, report.Complete())
	}
}

// flaky is a source that cannot be read the first time.
type flaky struct {
	directory
	reads int
}

func (f *flaky) Read(ctx context.Context) (sources.Snapshot, error) {
	f.reads++
	if f.reads == 1 {
		return sources.Snapshot{}, errors.New("connection refused")
	}
	return f.directory.Read(ctx)
}

// TestADoubtOfAnyRoundIsTold does not let a later round make a pass whole.
func TestADoubtOfAnyRoundIsTold(t *testing.T) {
	o := halfFurnished()
	o.pass.Sources[0].Source = &flaky{directory: *o.hr}
	report := o.run(t)
	if report.Whole() || len(report.Doubts) != 1 || report.Doubts[0].Source != "hr" {
		t.Errorf("doubts %v, want the one of the first round", report.Doubts)
	}
	o = halfFurnished()
	o.hr.err = errors.New("connection refused")
	if report := o.run(t); len(report.Doubts) != 1 {
		t.Errorf("doubts %v, want the one of both rounds once", report.Doubts)
	}
}

// slow is a workspace that takes its time to be looked at.
type slow struct {
	*workspace
	clock *time.Time
}

func (s slow) Observe(ctx context.Context, scope access.Scope) (access.State, error) {
	*s.clock = s.clock.Add(time.Minute)
	return s.workspace.Observe(ctx, scope)
}

// TestASeatIsAsOldAsTheLook dates what is seen by the beginning of the look: a mail that somebody else sends during it is
// newer.
func TestASeatIsAsOldAsTheLook(t *testing.T) {
	o := newOffice()
	clock := now()
	o.pass.Now = func() time.Time { return clock }
	o.pass.Observer = slow{o.ws, &clock}
	o.ws.members = map[access.Email]access.Account{"bo@x.test": {ID: "1"}}
	o.run(t)
	if diff := cmp.Diff(map[access.Email]plan.Seat{"bo@x.test": {State: plan.Member, Since: now()}}, o.memory.lessons.Seats); diff != "" {
		t.Errorf("seats (-want +got):\n%s", diff)
	}
}

// TestWhatHappensWhileWaitingIsRemembered has another process end its step while a plan waits for it.
func TestWhatHappensWhileWaitingIsRemembered(t *testing.T) {
	o := newOffice()
	o.memory.memories.Unsettled = now().Add(-time.Second)
	o.pass.Wait = func(context.Context, time.Duration) error {
		o.memory.memories = reconcile.Memories{Memory: plan.Memory{Invitations: map[access.Email]plan.Attempt{
			"ana@x.test": {At: now(), Op: plan.Invite, Kind: access.Repository, Outcome: plan.Done, Sent: 1},
		}}}
		return nil
	}
	report, err := o.pass.Plan(t.Context())
	if err != nil || len(report.Plan.Steps) != 2 {
		t.Errorf("error %v, steps %v; want Bo and Cy only", err, report.Plan.Steps)
	}
}
