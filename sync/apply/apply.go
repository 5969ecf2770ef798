// Package apply carries out a plan, one recorded step at a time.
//
// Each step is journalled as begun before the call and ended after it, so that a process that dies in between leaves a
// mark: the step may have taken effect, and the next plan takes that into account.
package apply

import (
	"context"
	"errors"
	"time"

	"bitroster/sync/plan"
	"bitroster/sync/why"
)

// Executor does one step. Doing it twice is harmless, but for an invitation, which may send a second mail. Its errors
// may have the abilities of this package: MaybeDone, NotSent, Systemic. An error without any is the refusal of this one
// step.
type Executor interface {
	Execute(ctx context.Context, action plan.Action) error
}

// Awaiter is an Executor that can wait until a step may be sent at once. A step is recorded as begun after that, so that
// little time is left in which a crash leaves it in doubt.
type Awaiter interface {
	Await(ctx context.Context, action plan.Action) error
}

// Journal keeps the beginning and the end of each step; what it has returned from is on disk.
type Journal interface {
	Begin(ctx context.Context, action plan.Action) (StepID, error)
	End(ctx context.Context, step StepID, outcome plan.Outcome, detail string) error
}

// StepID names a begun step in the journal.
type StepID int64

// NotSent is the outcome of a step that certainly had no effect and says nothing about the step itself: the server could
// not be reached, or the pass was stopped. Its text is part of the storage format.
const NotSent plan.Outcome = "not-sent"

// Result is how one step went.
type Result struct {
	Action  plan.Action  `json:"action"`
	Outcome plan.Outcome `json:"outcome"`
	Detail  string       `json:"detail,omitempty"`
}

// Run carries out steps in order and tells watch of each end. What it does not come to, because the context ended or the
// workspace as a whole refuses, is held as why.Stopped. The error is the journal's: without a record nothing is done.
func Run(ctx context.Context, steps []plan.Action, tools Tools) ([]Result, []plan.Held, error) {
	var results []Result
	var breaker breaker
	for i, action := range steps {
		if err := tools.await(ctx, action); err != nil {
			return results, stop(steps[i:], "the process was told to stop"), unless(ctx, err)
		}
		result, err := tools.step(ctx, action)
		if err != nil {
			return results, stop(steps[i:], "the journal could not be written"), err
		}
		results = append(results, result.Result)
		tools.Watch(result.Result)
		if reason := breaker.note(result); reason != "" {
			return results, stop(steps[i+1:], reason), nil
		}
	}
	return results, nil, nil
}

// Tools are what a run works with.
type Tools struct {
	Executor Executor
	Journal  Journal
	Watch    func(Result)
}

// await waits until the step may be sent; the error of an ended context is one, too.
func (t Tools) await(ctx context.Context, action plan.Action) error {
	if awaiter, can := t.Executor.(Awaiter); can {
		if err := awaiter.Await(ctx, action); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// unless drops an error that comes of the context's end.
func unless(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// outcome is a Result with the abilities of its error.
type outcome struct {
	Result
	systemic bool
}

// step does one step under its record. The records are written whole also when the pass is told to stop meanwhile.
func (t Tools) step(ctx context.Context, action plan.Action) (outcome, error) {
	id, err := t.Journal.Begin(context.WithoutCancel(ctx), action)
	if err != nil {
		return outcome{}, err
	}
	ctx, release := lingering(ctx)
	defer release()
	result := judge(action, t.Executor.Execute(ctx, action))
	return result, t.Journal.End(context.WithoutCancel(ctx), id, result.Outcome, result.Detail)
}

// linger is how long a step that is under way may go on after the pass was told to stop.
const linger = 5 * time.Second

// lingering gives a context that outlives its parent's cancellation by the time that a step needs to end in order.
func lingering(parent context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(parent))
	stop := context.AfterFunc(parent, func() {
		defer cancel()
		select {
		case <-time.After(linger):
		case <-ctx.Done():
		}
	})
	return ctx, func() { stop(); cancel() }
}

// judge turns the executor's error into an outcome by its abilities.
func judge(action plan.Action, err error) outcome {
	result := outcome{Result: Result{Action: action, Outcome: plan.Done}}
	if err == nil {
		return result
	}
	result.Detail = err.Error()
	result.systemic = able(err, func(e interface{ Systemic() bool }) bool { return e.Systemic() })
	switch {
	case able(err, func(e interface{ MaybeDone() bool }) bool { return e.MaybeDone() }):
		result.Outcome = plan.Maybe
	case able(err, func(e interface{ NotSent() bool }) bool { return e.NotSent() }), result.systemic:
		result.Outcome = NotSent
	default:
		result.Outcome = plan.Failed
	}
	return result
}

func able[T any](err error, has func(T) bool) bool {
	var ability T
	return errors.As(err, &ability) && has(ability)
}

func stop(steps []plan.Action, detail string) []plan.Held {
	var held []plan.Held
	for _, action := range steps {
		held = append(held, plan.Held{Action: action, Reason: why.Stopped, Detail: detail})
	}
	return held
}
