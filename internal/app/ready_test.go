package app

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"bitroster/bitbucket"
	"bitroster/internal/config"
	"bitroster/internal/settings"
	"bitroster/sources"
	"bitroster/sources/csvdir"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
	"bitroster/sync/why"
)

// TestReadyTellsAllThatIsMissing, each with its place and what to try.
func TestReadyTellsAllThatIsMissing(t *testing.T) {
	cfg := config.Config{
		Sources: []config.Source{{Name: "hr", Settings: &csvdir.Config{Path: "people", Encoding: "nonsense"}}},
		Workspaces: []config.Workspace{{Slug: "acme", CAFile: "/nowhere/ca.pem", Credentials: []bitbucket.Credential{
			{Kind: "api_token", Email: "ada@acme.test", Token: "env:GIVEN"},
			{Kind: "access_token", Token: "env:ABSENT"},
			{Kind: "access_token", Token: "file:/nowhere/token"},
		}}},
	}
	secrets := settings.Secrets{Getenv: func(name string) string { return map[string]string{"GIVEN": "canary"}[name] }}
	err := Ready(cfg, secrets)
	var missing SettingsError
	if !errors.As(err, &missing) {
		t.Fatalf("got %v, want a SettingsError", err)
	}
	var got []string
	for text := range strings.Lines(err.Error()) {
		if !strings.HasPrefix(text, "sources") {
			got = append(got, strings.TrimSpace(text))
		}
	}
	want := []string{
		"workspaces[0].credentials[1]: secret env:ABSENT is empty: set the variable",
		"workspaces[0].credentials[2]: secret file:/nowhere/token: open /nowhere/token: no such file or directory: make the file, or correct its path",
		"workspaces[0].ca_file: open /nowhere/ca.pem: no such file or directory: make the file, or correct its path",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
	cfg.Sources, cfg.Workspaces[0].CAFile, cfg.Workspaces[0].Credentials = nil, "", cfg.Workspaces[0].Credentials[:1]
	if err := Ready(cfg, secrets); err != nil {
		t.Errorf("got %v, want nothing missing", err)
	}
}

// TestAStopIsNoFaultOfTheNetwork: what breaks off for a stop is told as a stop, and a fault that was there before is not.
func TestAStopIsNoFaultOfTheNetwork(t *testing.T) {
	stopped, stop := context.WithCancel(t.Context())
	stop()
	broken := errors.New("no such workspace")
	cut := fmt.Errorf("no answer: %w (check the network)", context.Canceled)
	for name, c := range map[string]struct {
		ctx  context.Context
		err  error
		want string
	}{
		"no fault":            {stopped, nil, ""},
		"stopped":             {stopped, cut, "the process was told to stop: the next pass begins anew"},
		"stopped after fault": {stopped, broken, "no such workspace"},
		"not stopped":         {t.Context(), cut, cut.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			if got := failure(c.ctx, c.err); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestRejectedRowsAreLogged: who runs the daemon sees no report.
func TestRejectedRowsAreLogged(t *testing.T) {
	core, logs := observer.New(zap.InfoLevel)
	a := &App{log: zap.New(core)}
	var rejects []sources.Reject
	for i := range told + 2 {
		rejects = append(rejects, sources.Reject{Origin: fmt.Sprintf("a.csv:%d", i+2), Reason: "not an e-mail address"})
	}
	a.logReport(reconcile.Report{Workspace: "acme", Sources: []reconcile.SourceReport{{Name: "hr", Rejects: rejects}, {Name: "labs"}}})
	lines := logs.FilterMessage("rows rejected").All()
	if len(lines) != 1 {
		t.Fatalf("%d lines, want one, for hr", len(lines))
	}
	want := map[string]any{"workspace": "acme", "source": "hr", "rows": int64(told + 2), "first": []any{
		"a.csv:2: not an e-mail address", "a.csv:3: not an e-mail address", "a.csv:4: not an e-mail address",
		"a.csv:5: not an e-mail address", "a.csv:6: not an e-mail address",
	}}
	if diff := cmp.Diff(want, lines[0].ContextMap()); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}

// TestThePassSaysHowItEnded: what was not read, and what was not come to, are two things.
func TestThePassSaysHowItEnded(t *testing.T) {
	doubts := []mapping.Doubt{{Source: "hr", Problem: "gone"}}
	stopped := []plan.Held{{Reason: why.Stopped}}
	for want, report := range map[string]reconcile.Report{
		"pass ended":               {},
		"pass ended, not whole":    {Doubts: doubts, Stopped: stopped},
		"pass ended, not complete": {Stopped: stopped},
		"pass failed":              {Failure: "no answer", Doubts: doubts},
	} {
		t.Run(want, func(t *testing.T) {
			core, logs := observer.New(zap.InfoLevel)
			a := &App{log: zap.New(core)}
			a.logReport(report)
			if last := logs.All()[logs.Len()-1]; last.Message != want {
				t.Errorf("the last line says %q", last.Message)
			}
		})
	}
}
