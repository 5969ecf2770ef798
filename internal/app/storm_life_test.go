package app

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"bitroster/internal/config"
	"bitroster/internal/settings"
	"bitroster/sources/builtin"
	"bitroster/sync/apply"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

// life is one run of the daemon in a storm, from its start to its end. A process that is told to stop ends in order. One
// that is killed sends nothing more and records nothing more from then on, which is as close as one test process comes to
// kill -9; the real one is in crash_test.go.
type life struct {
	kill bool
	// moment is how long it lives; 0 is until something else ends it.
	moment time.Duration
	// request is the number of the request during which it ends; 0 is none.
	request int
	// until says that it was long enough; it is asked every minute, unless it is nil.
	until func() bool

	dead   atomic.Bool
	seen   int
	cancel context.CancelFunc
}

// lives draws how the processes of a storm end, in a random order.
func (s storm) lives(random *rand.Rand) []*life {
	var list []*life
	for range s.stops {
		list = append(list, &life{moment: s.moment(random)}, &life{request: s.request(random)})
	}
	for range s.kills {
		list = append(list, &life{kill: true, moment: s.moment(random)}, &life{kill: true, request: s.request(random)})
	}
	random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list
}

// A life has its share of the storm on average. With the pauses that are asked for, a person takes some 15 seconds and
// one and a half requests.
func (s storm) moment(random *rand.Rand) time.Duration {
	return time.Duration(1+random.IntN(s.people*24/s.processes())) * time.Second
}

func (s storm) request(random *rand.Rand) int { return 1 + random.IntN(s.people*5/2/s.processes()) }

// processes counts the lives that end in the storm, and the one after them.
func (s storm) processes() int { return 2*(s.stops+s.kills) + 1 }

// endsNow counts requests.
func (l *life) endsNow() bool {
	l.seen++
	return l.seen == l.request
}

// end tells the process to stop, or kills it.
func (l *life) end() {
	l.dead.Store(l.kill)
	l.cancel()
}

func (l *life) watch() {
	for !l.until() {
		time.Sleep(time.Minute)
	}
	l.end()
}

// live lets the daemon run until its life ends.
func (s *stormSite) live(t *testing.T, l *life) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	l.cancel = cancel
	a := s.open(t, l)
	if l.moment > 0 {
		defer time.AfterFunc(l.moment, l.end).Stop()
	}
	if l.until != nil {
		go l.watch()
	}
	a.Daemon(ctx)
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// open starts a process.
func (s *stormSite) open(t *testing.T, l *life) *App {
	t.Helper()
	cfg, err := config.Load(s.file, nil, builtin.Registry())
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, Options{
		Log: zap.NewNop(), Secrets: settings.Secrets{Getenv: func(string) string { return "token" }},
		Transport: wire{life: l, site: s},
		Watch: func(string) reconcile.Watch {
			return reconcile.Watch{Step: func(r apply.Result) { s.outcomes[r.Outcome]++ }}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range a.passes {
		p.Memory, p.Ledger = mortal{l, p.Memory, p.Ledger}, mortal{l, p.Memory, p.Ledger}
	}
	return a
}

// mortal is a journal in which a dead process records nothing.
type mortal struct {
	*life
	reconcile.Memory
	reconcile.Ledger
}

var errDead = errors.New("the process is dead")

func (m mortal) Keep(ctx context.Context, workspace string, lessons reconcile.Lessons) error {
	if m.dead.Load() {
		return errDead
	}
	return m.Memory.Keep(ctx, workspace, lessons)
}

func (m mortal) Start(ctx context.Context, workspace string) (reconcile.Run, error) {
	if m.dead.Load() {
		return nil, errDead
	}
	run, err := m.Ledger.Start(ctx, workspace)
	return mortalRun{m.life, run}, err
}

type mortalRun struct {
	*life
	reconcile.Run
}

func (r mortalRun) Begin(ctx context.Context, a plan.Action) (apply.StepID, error) {
	if r.dead.Load() {
		return 0, errDead
	}
	return r.Run.Begin(ctx, a)
}

func (r mortalRun) End(ctx context.Context, id apply.StepID, outcome plan.Outcome, detail string) error {
	if r.dead.Load() {
		return errDead
	}
	return r.Run.End(ctx, id, outcome, detail)
}

func (r mortalRun) Finish(ctx context.Context, report reconcile.Report) error {
	if r.dead.Load() {
		return errDead
	}
	return r.Run.Finish(ctx, report)
}
