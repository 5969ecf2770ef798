package main

import (
	"bytes"
	"testing"
	"time"

	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
	"bitroster/sync/why"
)

// TestPlanCode: of several workspaces the gravest counts, whatever their order; steps to do come before steps that a limit
// holds.
func TestPlanCode(t *testing.T) {
	nothing := reconcile.Report{}
	changes := reconcile.Report{Plan: plan.Plan{Steps: make([]plan.Action, 1)}}
	held := reconcile.Report{Plan: plan.Plan{Held: []plan.Held{{Reason: why.LimitPerDay}}}}
	failed := reconcile.Report{Failure: "no answer"}
	unread := reconcile.Report{Doubts: make([]mapping.Doubt, 1)}
	for name, c := range map[string]struct {
		reports []reconcile.Report
		want    int
	}{
		"none":         {nil, exitDone},
		"nothing":      {[]reconcile.Report{nothing, nothing}, exitDone},
		"held":         {[]reconcile.Report{nothing, held}, exitLimits},
		"held first":   {[]reconcile.Report{held, changes}, exitChanges},
		"held last":    {[]reconcile.Report{changes, held}, exitChanges},
		"failed first": {[]reconcile.Report{failed, changes, held}, exitFailed},
		"failed last":  {[]reconcile.Report{held, changes, failed}, exitFailed},
		"unread last":  {[]reconcile.Report{failed, changes, unread}, exitNotWhole},
	} {
		t.Run(name, func(t *testing.T) {
			if got := planCode(c.reports); got != c.want {
				t.Errorf("got %d, want %d", got, c.want)
			}
		})
	}
}

// TestWaitingIsTold: a minute of silence looks like a program that hangs.
func TestWaitingIsTold(t *testing.T) {
	const want = "Workspace acme: a request of another bitroster, which died or is still at work, has no end yet: waiting 59s until it has settled.\n"
	for name, watch := range map[string]func(*bytes.Buffer) reconcile.Watch{
		"alone": func(out *bytes.Buffer) reconcile.Watch { return waiting(out)("acme") },
		"with bars": func(out *bytes.Buffer) reconcile.Watch {
			watch, _ := bars(out)
			return watch("acme")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			watch(&out).Waiting(58700 * time.Millisecond)
			if out.String() != want {
				t.Errorf("got %q, want %q", out.String(), want)
			}
		})
	}
}
