package apply_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/plan"
	"bitroster/sync/why"
)

// diary is a journal that writes down what it is told, and fails when told to.
type diary struct {
	lines []string
	next  apply.StepID
	fail  string
}

func (d *diary) Begin(_ context.Context, a plan.Action) (apply.StepID, error) {
	if d.fail == "begin" {
		return 0, errors.New("disk full")
	}
	d.next++
	d.lines = append(d.lines, fmt.Sprintf("begin %d %s", d.next, a.Email))
	return d.next, nil
}

func (d *diary) End(ctx context.Context, id apply.StepID, outcome plan.Outcome, detail string) error {
	if d.fail == "end" {
		return errors.New("disk full")
	}
	d.lines = append(d.lines, fmt.Sprintf("end %d %s %s", id, outcome, detail))
	return ctx.Err()
}

// server executes steps by a function, and writes them into the same diary.
type server struct {
	diary *diary
	do    func(context.Context, plan.Action) error
}

func (s server) Execute(ctx context.Context, a plan.Action) error {
	s.diary.lines = append(s.diary.lines, "do "+string(a.Email))
	return s.do(ctx, a)
}

// failure is an error with the abilities that are set.
type failure struct{ maybe, notSent, systemic bool }

func (failure) Error() string     { return "oops" }
func (f failure) MaybeDone() bool { return f.maybe }
func (f failure) NotSent() bool   { return f.notSent }
func (f failure) Systemic() bool  { return f.systemic }

func steps(n int) []plan.Action {
	list := make([]plan.Action, n)
	for i := range list {
		list[i] = plan.Action{Op: plan.Invite, Kind: access.Group, Email: access.Email(fmt.Sprintf("p%d", i))}
	}
	return list
}

func run(ctx context.Context, n int, do func(context.Context, plan.Action) error) (diary, []apply.Result, []plan.Held, error) {
	var d diary
	results, held, err := apply.Run(ctx, steps(n), apply.Tools{
		Journal: &d, Executor: server{&d, do}, Watch: func(apply.Result) {},
	})
	return d, results, held, err
}

func TestEachStepIsRecordedBeforeAndAfter(t *testing.T) {
	d, _, held, err := run(t.Context(), 2, func(context.Context, plan.Action) error { return nil })
	want := []string{"begin 1 p0", "do p0", "end 1 done ", "begin 2 p1", "do p1", "end 2 done "}
	if diff := cmp.Diff(want, d.lines); diff != "" || err != nil || held != nil {
		t.Errorf("error %v, held %v, diary (-want +got):\n%s", err, held, diff)
	}
}

func TestOutcomes(t *testing.T) {
	for name, tc := range map[string]struct {
		err  error
		want plan.Outcome
	}{
		"done":                     {nil, plan.Done},
		"refused":                  {errors.New("bad address"), plan.Failed},
		"may have taken effect":    {fmt.Errorf("call: %w", failure{maybe: true}), plan.Maybe},
		"certainly not sent":       {failure{notSent: true}, apply.NotSent},
		"refused to the workspace": {failure{systemic: true}, apply.NotSent},
		"no ability is a refusal":  {failure{}, plan.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			_, results, _, err := run(t.Context(), 1, func(context.Context, plan.Action) error { return tc.err })
			if err != nil || len(results) != 1 || results[0].Outcome != tc.want {
				t.Errorf("results %v, error %v; want one %q", results, err, tc.want)
			}
		})
	}
}

func TestStopsEarly(t *testing.T) {
	for name, tc := range map[string]struct {
		do   func(i int) error
		done int // steps that are tried, of 30
	}{
		"one refusal of the workspace":        {func(int) error { return failure{systemic: true} }, 1},
		"five steps without an answer":        {func(int) error { return failure{maybe: true} }, 5},
		"ten refusals and never a success":    {func(int) error { return errors.New("400") }, 10},
		"many refusals, but one went through": {func(i int) error { return map[bool]error{false: errors.New("400")}[i == 3] }, 30},
		"bad luck now and then":               {func(i int) error { return map[bool]error{true: failure{maybe: true}}[i%2 == 0] }, 30},
	} {
		t.Run(name, func(t *testing.T) {
			i := -1
			_, results, held, err := run(t.Context(), 30, func(context.Context, plan.Action) error { i++; return tc.do(i) })
			if err != nil || len(results) != tc.done || len(held) != 30-tc.done {
				t.Errorf("%d tried, %d held, error %v; want %d tried and the rest held", len(results), len(held), err, tc.done)
			}
			if len(held) > 0 && (held[0].Reason != why.Stopped || held[0].Detail == "") {
				t.Errorf("held for %q %q, want %q with a detail", held[0].Reason, held[0].Detail, why.Stopped)
			}
		})
	}
}

func TestNoRecordNoStep(t *testing.T) {
	for fail, want := range map[string]int{"begin": 0, "end": 1} {
		d := diary{fail: fail}
		executed := 0
		_, held, err := apply.Run(t.Context(), steps(3), apply.Tools{
			Journal: &d, Watch: func(apply.Result) {},
			Executor: server{&d, func(context.Context, plan.Action) error { executed++; return nil }},
		})
		if err == nil || executed != want || len(held) == 0 {
			t.Errorf("journal fails at %s: %d executed, %d held, error %v; want %d executed and an error", fail, executed, len(held), err, want)
		}
	}
}

// TestStopEndsAtAStepsEnd lets the step that is under way end in order, and starts no other.
func TestStopEndsAtAStepsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		d, _, held, err := run(ctx, 3, func(ctx context.Context, _ plan.Action) error {
			cancel()
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(time.Second):
				return nil
			}
		})
		if diff := cmp.Diff([]string{"begin 1 p0", "do p0", "end 1 done "}, d.lines); diff != "" || err != nil || len(held) != 2 {
			t.Errorf("error %v, %d held, diary (-want +got):\n%s", err, len(held), diff)
		}
	})
}

// torn is a journal that is told to stop while it writes the beginning of a step.
type torn struct {
	*diary
	cancel func()
}

func (j torn) Begin(ctx context.Context, a plan.Action) (apply.StepID, error) {
	j.cancel()
	if err := ctx.Err(); err != nil {
		j.lines = append(j.lines, "begin, perhaps")
		return 0, err
	}
	return j.diary.Begin(ctx, a)
}

// TestStopDoesNotTearARecord has the stop come while a step is recorded as begun: half written, it would be in doubt
// though it was never sent.
func TestStopDoesNotTearARecord(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var d diary
	_, held, err := apply.Run(ctx, steps(2), apply.Tools{
		Journal: torn{&d, cancel}, Executor: server{&d, func(context.Context, plan.Action) error { return nil }}, Watch: func(apply.Result) {},
	})
	if diff := cmp.Diff([]string{"begin 1 p0", "do p0", "end 1 done "}, d.lines); diff != "" || err != nil || len(held) != 1 {
		t.Errorf("error %v, %d held, diary (-want +got):\n%s", err, len(held), diff)
	}
}

// patient is a server whose limits leave room for a step after a minute.
type patient struct{ server }

func (p patient) Await(ctx context.Context, a plan.Action) error {
	p.diary.lines = append(p.diary.lines, "await "+string(a.Email))
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Minute):
		return nil
	}
}

// TestAStepIsBegunWhenThereIsRoom leaves no record of a step that was only waited for.
func TestAStepIsBegunWhenThereIsRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 90*time.Second)
		defer cancel()
		var d diary
		results, held, err := apply.Run(ctx, steps(3), apply.Tools{
			Journal: &d, Executor: patient{server{&d, func(context.Context, plan.Action) error { return nil }}}, Watch: func(apply.Result) {},
		})
		want := []string{"await p0", "begin 1 p0", "do p0", "end 1 done ", "await p1"}
		if diff := cmp.Diff(want, d.lines); diff != "" || err != nil || len(results) != 1 || len(held) != 2 {
			t.Errorf("%d results, %d held, error %v, diary (-want +got):\n%s", len(results), len(held), err, diff)
		}
	})
}

// TestStopDoesNotWaitForEver cuts a step that goes on after the stop.
func TestStopDoesNotWaitForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		begin := time.Now()
		_, results, _, err := run(ctx, 1, func(ctx context.Context, _ plan.Action) error {
			cancel()
			<-ctx.Done()
			return failure{maybe: true}
		})
		if err != nil || results[0].Outcome != plan.Maybe || time.Since(begin) > 10*time.Second {
			t.Errorf("results %v, error %v after %v; want a maybe within 10 s", results, err, time.Since(begin))
		}
	})
}
