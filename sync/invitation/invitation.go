// Package invitation is what an administrator asks about the invitations of a workspace: who has one and what became of
// it, take it back, mail it again.
//
// What is asked for is a step like any other: it is planned from a fresh look at the workspace, recorded before its call,
// and told to later passes by the journal. Who acts must hold the workspace's lock, as a pass does.
package invitation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

// Surveyor looks at a workspace. Survey knows all that a pass knows, and of everybody who was ever invited; Glance reads no
// source. A reconcile.Pass is one.
type Surveyor interface {
	Survey(ctx context.Context) (reconcile.Survey, error)
	Glance(ctx context.Context) (reconcile.Survey, error)
}

// Office answers for the invitations of one workspace.
type Office struct {
	Surveyor Surveyor
	Ledger   reconcile.Ledger
	Executor apply.Executor
	Policy   plan.Policy
	// Watch is told of the end of each step.
	Watch func(apply.Result)
}

// byHand is what steps name in the place of a rule that wants them.
const byHand = "by hand"

// Outcome is what became of a request about several people.
type Outcome struct {
	Workspace string `json:"workspace"`
	// Results are the steps that were tried.
	Results []apply.Result `json:"results,omitempty"`
	// Refusals are the people for whom nothing was tried.
	Refusals []Refusal `json:"refusals,omitempty"`
	// Stopped are the steps that were not come to.
	Stopped []plan.Held `json:"stopped,omitempty"`
	// Report tells how the sources were read, where they were.
	Report reconcile.Report `json:"-"`
}

// Refusal is a person for whom nothing was tried, and a sentence that says why.
type Refusal struct {
	Email access.Email `json:"email"`
	Why   string       `json:"why"`
}

// Complete reports whether all that was asked for was done.
func (o Outcome) Complete() bool {
	return len(o.Refusals) == 0 && len(o.Stopped) == 0 &&
		!slices.ContainsFunc(o.Results, func(r apply.Result) bool { return r.Outcome != plan.Done })
}

// answer gives the step for a person, or why there is none.
type answer func(s reconcile.Survey, email access.Email) (plan.Action, string)

// do finds the steps for people and carries them out. Whoever is named twice is served once, and one person's refusal
// does not stop the others.
func (o Office) do(ctx context.Context, s reconcile.Survey, emails []access.Email, answer answer) (Outcome, error) {
	outcome := Outcome{Workspace: s.Workspace, Report: s.Report}
	var steps []plan.Action
	seen := map[access.Email]bool{}
	for _, email := range emails {
		if seen[email] {
			continue
		}
		seen[email] = true
		step, refusal := answer(s, email)
		if refusal != "" {
			outcome.Refusals = append(outcome.Refusals, Refusal{Email: email, Why: refusal})
			continue
		}
		steps = append(steps, step)
	}
	if len(steps) == 0 {
		return outcome, nil
	}
	err := o.run(ctx, steps, &outcome)
	return outcome, err
}

// run carries steps out as a run of its own.
func (o Office) run(ctx context.Context, steps []plan.Action, outcome *Outcome) error {
	run, err := o.Ledger.Start(ctx, outcome.Workspace)
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	report := reconcile.Report{
		Workspace: outcome.Workspace, StartedAt: outcome.Report.StartedAt,
		Plan: plan.Plan{Workspace: outcome.Workspace, MadeAt: outcome.Report.StartedAt, Steps: steps},
	}
	outcome.Results, outcome.Stopped, err = apply.Run(ctx, steps, apply.Tools{Executor: o.Executor, Journal: run, Watch: o.watch})
	report.Results, report.Stopped = outcome.Results, outcome.Stopped
	if err != nil {
		err = fmt.Errorf("journal: %w", err)
		report.Failure = err.Error()
	}
	if finishErr := run.Finish(context.WithoutCancel(ctx), report); err == nil {
		err = finishErr
	}
	return err
}

func (o Office) watch(r apply.Result) {
	if o.Watch != nil {
		o.Watch(r)
	}
}

// latest is when a person was last mailed, by the server's clock or ours.
func latest(open access.Invitation, last plan.Attempt) time.Time {
	if last.Mailed() && last.At.After(open.SentAt) {
		return last.At
	}
	return open.SentAt
}
