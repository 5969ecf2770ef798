// Package app wires the program together, once and by hand, and runs its ways of use: one pass, a plan, the daemon.
package app

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"go.uber.org/zap"

	"bitroster/bitbucket"
	"bitroster/bitbucket/probe"
	"bitroster/bitbucket/workspace"
	"bitroster/internal/clock"
	"bitroster/internal/config"
	"bitroster/internal/engine"
	"bitroster/internal/settings"
	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/journal"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

// Options are what the outside gives.
type Options struct {
	Log     *zap.Logger
	Secrets settings.Secrets
	Version string
	// Transport sends the requests to Bitbucket in the place of the network, where it is set.
	Transport http.RoundTripper
	// Watch gives the calls that follow a workspace's pass, beside the log. It may be nil.
	Watch func(workspace string) reconcile.Watch
}

// App is the wired program.
type App struct {
	log     *zap.Logger
	version string
	journal *journal.Journal
	passes  []pass
	// closers are called last first.
	closers []func() error
}

// pass is a workspace's pass, when it is due, and what a check finds out about.
type pass struct {
	*reconcile.Pass
	schedule engine.Schedule
	probe    probe.Input
}

// Open makes everything ready: secrets are read and the journal is opened, but no source and no workspace is asked yet.
func Open(ctx context.Context, cfg config.Config, o Options) (*App, error) {
	a := &App{log: o.Log, version: o.Version}
	if err := a.open(ctx, cfg, o); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) open(ctx context.Context, cfg config.Config, o Options) error {
	read, err := gather(cfg, o.Secrets)
	if err != nil {
		return err
	}
	if a.journal, err = journal.Open(ctx, cfg.Journal.Path, time.Now); err != nil {
		return err
	}
	a.closers = append(a.closers, a.journal.Close)
	for i, w := range cfg.Workspaces {
		p, err := a.openPass(w, read.sources, read.admissions[i], o)
		if err != nil {
			return fmt.Errorf("workspaces[%d] (%s): %w", i, w.Slug, err)
		}
		a.passes = append(a.passes, p)
	}
	return nil
}

func (a *App) openPass(w config.Workspace, named []reconcile.Named, with admission, o Options) (pass, error) {
	schedule, err := w.When()
	if err != nil {
		return pass{}, err
	}
	client, err := bitbucket.New(bitbucket.Options{
		URL: w.APIURL, Keys: with.keys, Version: o.Version, Budget: a.journal, Transport: o.Transport, RootCAs: with.roots,
		Pace: bitbucket.Pace{RequestsPerHour: w.Limits.RequestsPerHour, InvitationsPerMinute: w.Limits.InvitationsPerMinute},
	})
	if err != nil {
		return pass{}, fmt.Errorf("api_url: %w", err)
	}
	backend := workspace.New(client, w.Slug)
	return pass{schedule: schedule, probe: newProbe(w, client, with.keys), Pass: &reconcile.Pass{
		Workspace: w.Slug, Sources: named, Rules: w.Rules, Groups: w.Groups, Settle: w.Invitations.Settle,
		Limits: plan.Limits{
			InvitationsPerPass: w.Limits.InvitationsPerPass, InvitationsPerDay: w.Limits.InvitationsPerDay,
			InvitationsPerMinute: w.Limits.InvitationsPerMinute, RequestsPerHour: w.Limits.RequestsPerHour,
		},
		Policy: plan.Policy{
			ReinviteAfter: w.Invitations.ReinviteAfter, ReinviteMax: w.Invitations.ReinviteMax,
			RetryAfter: w.Invitations.RetryRefusedAfter, CreateGroups: w.CreateGroups,
			AllowedDomains: domains(w.Invitations.AllowedDomains),
		},
		Memory: a.journal, Ledger: a.journal, Observer: backend, Executor: backend,
		Now: time.Now, Wait: clock.Sleep, Watch: a.watch(w.Slug, o.Watch),
	}}, nil
}

// Close closes what was opened, last first.
func (a *App) Close() error {
	var errs []error
	for len(a.closers) > 0 {
		last := len(a.closers) - 1
		errs = append(errs, a.closers[last]())
		a.closers = a.closers[:last]
	}
	return errors.Join(errs...)
}

// Once makes one pass over each workspace, one after the other. What went wrong stands in the reports.
func (a *App) Once(ctx context.Context) []reconcile.Report {
	var reports []reconcile.Report
	for _, p := range a.passes {
		reports = append(reports, a.run(ctx, p))
	}
	return reports
}

// Plan plans each workspace, and changes nothing.
func (a *App) Plan(ctx context.Context) []reconcile.Report {
	var reports []reconcile.Report
	for _, p := range a.passes {
		report, err := p.Plan(ctx)
		report.Failure = failure(ctx, err)
		reports = append(reports, report)
	}
	return reports
}

// Daemon makes a pass over each workspace whenever it is due, until the context ends.
func (a *App) Daemon(ctx context.Context) {
	a.log.Info("started", zap.String("version", a.version), zap.Int("workspaces", len(a.passes)))
	defer a.log.Info("stopped")
	var jobs []engine.Job
	for _, p := range a.passes {
		jobs = append(jobs, engine.Job{
			Schedule: p.schedule,
			Run:      func(ctx context.Context) { a.run(ctx, p) },
			Waiting: func(next time.Time) {
				a.log.Info("waiting", zap.String("workspace", p.Workspace), zap.Time("next_pass", next))
			},
		})
	}
	engine.Run(ctx, jobs)
}

// run makes a pass while holding the workspace, so that nobody else acts on it.
func (a *App) run(ctx context.Context, p pass) reconcile.Report {
	release, err := a.journal.Lock(ctx, p.Workspace)
	if err != nil {
		report := reconcile.Report{Workspace: p.Workspace, Failure: err.Error()}
		a.logReport(report)
		return report
	}
	defer release()
	report, err := p.Run(ctx)
	report.Failure = failure(ctx, err)
	a.logReport(report)
	return report
}

// failure says why a pass did not get to its end; "" where it did. What breaks off because the process was told to stop is
// nobody's fault, so it is not told as a fault of the network.
func failure(ctx context.Context, err error) string {
	switch {
	case err == nil:
		return ""
	case ctx.Err() != nil && errors.Is(err, ctx.Err()):
		return "the process was told to stop: the next pass begins anew"
	}
	return err.Error()
}

// domains gives domains in the form that addresses have; the config was checked.
func domains(list []string) []string {
	var result []string
	for _, s := range list {
		if domain, err := access.ParseDomain(s); err == nil {
			result = append(result, domain)
		}
	}
	return result
}

// watch logs a pass as it goes, and tells whoever else wants to know.
func (a *App) watch(slug string, more func(string) reconcile.Watch) reconcile.Watch {
	var also reconcile.Watch
	if more != nil {
		also = more(slug)
	}
	log := a.log.With(zap.String("workspace", slug))
	return reconcile.Watch{
		Waiting: func(d time.Duration) {
			log.Info("a request of another process, which died or is still at work, has no end yet: waiting until it has settled", zap.Duration("wait", d))
			if also.Waiting != nil {
				also.Waiting(d)
			}
		},
		Planned: func(r reconcile.Report) {
			log.Info("planned", zap.Int("steps", len(r.Plan.Steps)), zap.Int("held", len(r.Plan.Held)),
				zap.Duration("takes_at_least", time.Duration(r.Plan.TakesSeconds)*time.Second))
			if also.Planned != nil {
				also.Planned(r)
			}
		},
		Step: func(r apply.Result) {
			logStep(log, r)
			if also.Step != nil {
				also.Step(r)
			}
		},
	}
}
