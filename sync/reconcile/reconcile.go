// Package reconcile is one pass over one workspace: read, merge, map, recall, observe, plan, apply, remember.
package reconcile

import (
	"context"
	"fmt"
	"time"

	"bitroster/sources"
	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/identity"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
)

// Observer tells what a workspace grants now.
type Observer interface {
	Observe(ctx context.Context, scope access.Scope) (access.State, error)
}

// Memory is what outlives a pass.
type Memory interface {
	Recall(ctx context.Context, workspace string) (Memories, error)
	Keep(ctx context.Context, workspace string, lessons Lessons) error
}

// Ledger records runs.
type Ledger interface {
	Start(ctx context.Context, workspace string) (Run, error)
}

// Run is the record of one run: its steps, and at its end what became of it.
type Run interface {
	apply.Journal
	Finish(ctx context.Context, report Report) error
}

// Memories is what the passes before recorded of a workspace.
type Memories struct {
	plan.Memory
	Accounts map[access.Email]access.Account
	// Imported are those of the accounts whose pair of address and id a file gave, and not Bitbucket.
	Imported map[access.Email]bool
	// Counts are the entries of each source's last good read, under the group "", and the members of its groups.
	Counts map[string]map[string]int
	// Unsettled is when the youngest step began of those that have no end; zero where all have.
	Unsettled time.Time
}

// Lessons is what a pass learnt.
type Lessons struct {
	Accounts map[access.Email]access.Account
	// Imported are accounts from a file. What Bitbucket itself said of an address is not replaced.
	Imported map[access.Email]access.Account
	Counts   map[string]map[string]int
	// Seats are the people who are seen otherwise than is remembered.
	Seats map[access.Email]plan.Seat
}

// Named is a source and the name by which rules and reports call it.
type Named struct {
	Name   string
	Source sources.Source
}

// Pass has all that the pass of one workspace needs.
type Pass struct {
	Workspace string
	Sources   []Named
	Rules     []mapping.Rule
	Groups    []mapping.GroupGrant
	Limits    plan.Limits
	Policy    plan.Policy
	// Settle is how long a request of a process that died may still take effect at the server.
	Settle time.Duration

	Memory   Memory
	Ledger   Ledger
	Observer Observer
	Executor apply.Executor

	Now   func() time.Time
	Wait  func(context.Context, time.Duration) error
	Watch Watch
}

// Watch are the calls that tell somebody how a pass goes. Each may be nil.
type Watch struct {
	Waiting func(time.Duration)
	Planned func(Report)
	Step    func(apply.Result)
}

// Run makes a pass: it plans, and carries the plan out.
func (p *Pass) Run(ctx context.Context) (Report, error) {
	run, err := p.Ledger.Start(ctx, p.Workspace)
	if err != nil {
		return Report{Workspace: p.Workspace}, fmt.Errorf("journal: %w", err)
	}
	report, err := p.rounds(ctx, run)
	report.fail(err)
	if finishErr := run.Finish(context.WithoutCancel(ctx), report); err == nil {
		err = finishErr
	}
	return report, err
}

// maxRounds bounds how often a pass plans anew: what a group is for can be planned only when the group is there.
const maxRounds = 3

// rounds plans and carries out, once more for as long as that makes groups and nothing stops it.
func (p *Pass) rounds(ctx context.Context, run Run) (Report, error) {
	var total Report
	for range maxRounds {
		survey, err := p.look(ctx, nobodyElse, total.mails())
		report := survey.Report
		if err == nil {
			p.Watch.planned(report)
			err = p.carryOut(ctx, run, &report)
		}
		total = total.then(report)
		if err != nil || len(report.Stopped) > 0 || !report.madeGroups() {
			return total, err
		}
	}
	return total, nil
}

// Plan does all of a pass that changes nothing at Bitbucket.
func (p *Pass) Plan(ctx context.Context) (Report, error) {
	survey, err := p.look(ctx, nobodyElse, 0)
	return survey.Report, err
}

// look reads, merges, maps, recalls, observes, plans, and remembers what it learnt. It looks also for the people that also
// names; so many mails the pass has sent already.
func (p *Pass) look(ctx context.Context, also func(Memories) []access.Email, mails int) (Survey, error) {
	s := Survey{Report: Report{Workspace: p.Workspace, StartedAt: p.Now()}}
	var err error
	if s.Memories, err = p.recall(ctx); err != nil {
		return s, err
	}
	s.Memories.SentThisPass = mails
	reads := p.read(ctx, s.Memories.Counts)
	s.Sources = reads.reports()
	if err := ctx.Err(); err != nil {
		return s, fmt.Errorf("reading the sources: %w", err)
	}

	people := identity.Merge(reads.directories())
	s.Want = mapping.Map(mapping.Input{
		Rules: p.Rules, Groups: p.Groups, People: people, Catalogs: reads.catalogs(), Unread: reads.unread(),
	})
	s.Doubts = append(reads.doubts(), s.Want.Doubts...)

	began := p.Now()
	if s.Have, err = p.observe(ctx, scope(s.Want, s.Memories.Accounts, also(s.Memories))); err != nil {
		return s, err
	}
	s.Plan = plan.Make(plan.Input{
		Workspace: p.Workspace, Now: p.Now(), Want: s.Want, Have: s.Have,
		Memory: s.Memories.Memory, Limits: p.Limits, Policy: p.Policy,
	})
	return s, p.keep(ctx, Lessons{
		Accounts: s.Have.Accounts, Counts: reads.counts(), Seats: plan.Observe(s.Memories.Memory, s.Have, began),
	})
}

func (p *Pass) observe(ctx context.Context, scope access.Scope) (access.State, error) {
	have, err := p.Observer.Observe(ctx, scope)
	if err != nil {
		return have, fmt.Errorf("workspace %s: %w", p.Workspace, err)
	}
	return have, nil
}

func (p *Pass) keep(ctx context.Context, lessons Lessons) error {
	if err := p.Memory.Keep(ctx, p.Workspace, lessons); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

// recall waits until nothing that an earlier process sent can still take effect unseen, then remembers.
func (p *Pass) recall(ctx context.Context) (Memories, error) {
	memories, err := p.Memory.Recall(ctx, p.Workspace)
	if err != nil {
		return memories, fmt.Errorf("journal: %w", err)
	}
	rest := memories.Unsettled.Add(p.Settle).Sub(p.Now())
	if memories.Unsettled.IsZero() || rest <= 0 {
		return memories, nil
	}
	p.Watch.waiting(rest)
	if err := p.Wait(ctx, min(rest, p.Settle)); err != nil {
		return memories, fmt.Errorf("waiting for an unfinished request to settle: %w", err)
	}
	// Its process may be alive, and have gone on meanwhile.
	if memories, err = p.Memory.Recall(ctx, p.Workspace); err != nil {
		return memories, fmt.Errorf("journal: %w", err)
	}
	return memories, nil
}

// carryOut applies the plan of a report, and adds to it what was done and what was not come to.
func (p *Pass) carryOut(ctx context.Context, run Run, report *Report) error {
	results, stopped, err := apply.Run(ctx, report.Plan.Steps, apply.Tools{
		Executor: p.Executor, Journal: run, Watch: p.Watch.step,
	})
	report.Results = results
	report.Stopped = stopped
	if err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}

func (w Watch) waiting(d time.Duration) {
	if w.Waiting != nil {
		w.Waiting(d)
	}
}

func (w Watch) planned(r Report) {
	if w.Planned != nil {
		w.Planned(r)
	}
}

func (w Watch) step(r apply.Result) {
	if w.Step != nil {
		w.Step(r)
	}
}
