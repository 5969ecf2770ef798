package invitation_test

import (
	"context"
	"fmt"
	"time"

	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/invitation"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

const pause = 10 * day

const day = 24 * time.Hour

func now() time.Time { return time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC) }

func ago(days int) time.Time { return now().Add(-time.Duration(days) * day) }

func group(name string) access.Target { return access.Target{Kind: access.Group, Name: name} }

// desk is an office whose looks are made from what a test sets, and which writes down what happens.
type desk struct {
	invitation.Office
	have     access.State
	memories reconcile.Memories
	want     mapping.Desired
	doubts   []mapping.Doubt
	limits   plan.Limits
	lookErr  error
	stepErr  error
	events   []string
	finished []reconcile.Report
	actions  []plan.Action
}

func newDesk() *desk {
	d := &desk{
		have: access.State{
			Accounts: map[access.Email]access.Account{}, Pending: map[access.Email]access.Invitation{},
			Groups: map[string]access.GroupState{"dev": {Slug: "dev"}, "ops": {Slug: "o-p-s"}},
		},
		memories: reconcile.Memories{Memory: plan.Memory{
			Invitations: map[access.Email]plan.Attempt{}, Seats: map[access.Email]plan.Seat{},
		}},
	}
	d.Office = invitation.Office{
		Surveyor: d, Ledger: d, Executor: d, Policy: plan.Policy{ReinviteAfter: pause, ReinviteMax: 3, RetryAfter: day},
		Watch: func(r apply.Result) { d.note("watch %s", r.Outcome) },
	}
	return d
}

// wants has a person want rights, by a rule of each one's name.
func (d *desk) wants(email access.Email, targets ...access.Target) {
	wants := mapping.Wants{Email: email}
	for _, target := range targets {
		right := access.Right{Target: target}
		if target.Kind != access.Group {
			right.Permission = access.Write
		}
		wants.Rights = append(wants.Rights, mapping.Wanted{Right: right, Rule: target.Name})
	}
	d.want.People = append(d.want.People, wants)
}

// invited records an invitation to dev that was done some days ago.
func (d *desk) invited(email access.Email, days int) plan.Attempt {
	last := plan.Attempt{
		At: ago(days), Op: plan.Invite, Kind: access.Group, Target: "dev", Rule: "dev", Sent: 1, Outcome: plan.Done,
	}
	d.memories.Invitations[email] = last
	return last
}

func (d *desk) pending(email access.Email, days int) {
	d.have.Pending[email] = access.Invitation{Email: email, SentAt: ago(days)}
}

func (d *desk) note(format string, args ...any) {
	d.events = append(d.events, fmt.Sprintf(format, args...))
}

func (d *desk) Survey(context.Context) (reconcile.Survey, error) {
	d.note("survey")
	s := reconcile.Survey{Want: d.want, Have: d.have, Memories: d.memories}
	s.Workspace, s.StartedAt, s.Doubts = "acme", now(), d.doubts
	s.Plan = plan.Make(plan.Input{
		Workspace: "acme", Now: now(), Want: d.want, Have: d.have, Memory: d.memories.Memory, Limits: d.limits, Policy: d.Policy,
	})
	return s, d.lookErr
}

func (d *desk) Glance(context.Context) (reconcile.Survey, error) {
	d.note("glance")
	s := reconcile.Survey{Have: d.have, Memories: d.memories}
	s.Workspace, s.StartedAt = "acme", now()
	return s, d.lookErr
}

func (d *desk) Start(_ context.Context, workspace string) (reconcile.Run, error) {
	d.note("start %s", workspace)
	return d, nil
}

func (d *desk) Begin(_ context.Context, a plan.Action) (apply.StepID, error) {
	d.note("begin %s", a.Op)
	return 1, nil
}

func (d *desk) End(_ context.Context, _ apply.StepID, outcome plan.Outcome, _ string) error {
	d.note("end %s", outcome)
	return nil
}

func (d *desk) Finish(_ context.Context, r reconcile.Report) error {
	d.note("finish")
	d.finished = append(d.finished, r)
	return nil
}

func (d *desk) Execute(_ context.Context, a plan.Action) error {
	d.note("execute %s", a.Op)
	d.actions = append(d.actions, a)
	return d.stepErr
}
