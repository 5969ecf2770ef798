package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"

	"bitroster/bitbucket/bitbuckettest"
	"bitroster/bitbucket/probe"
	"bitroster/internal/config"
	"bitroster/internal/settings"
	"bitroster/sources"
	"bitroster/sources/builtin"
	"bitroster/sync/access"
	"bitroster/sync/reconcile"
)

// counted is a source that counts its readings.
type counted struct {
	snapshot sources.Snapshot
	err      error
	times    int
}

func (c *counted) Read(context.Context) (sources.Snapshot, error) {
	c.times++
	return c.snapshot, c.err
}

const checkYAML = `
sources:
  - {name: hr, type: csv, path: people}
  - {name: corp, type: csv, path: people}
workspaces:
  - workspace: acme
    api_url: %[1]s
    credentials: &keys [{kind: api_token, email: ada@acme.test, token: "env:TOKEN"}]
    rules:
      - name: developers
        when: {source: hr, group: developers}
        grant: {groups: [Developers], projects: [{project: WEB, permission: read}]}
      - name: guests
        when: {source: corp, group: guests}
        grant: {repositories: [{repository: shop, permission: read}]}
    groups:
      - {group: Developers, repositories: [{repository: shop, permission: write}]}
  - workspace: beta
    api_url: %[1]s
    credentials: *keys
    invitations: {reinvite_after: 240h}
    create_groups: true
    rules:
      - {name: ops, when: {source: hr, group: operators}, grant: {groups: [Operators]}}
`

// openChecked opens the config on an emulator, with sources in the place of its own.
func openChecked(t *testing.T, hr, corp *counted) (*App, *bitbuckettest.Server) {
	t.Helper()
	s := bitbuckettest.New(bitbuckettest.Options{})
	for _, slug := range []string{"acme", "beta"} {
		s.AddWorkspace(bitbuckettest.Workspace{Slug: slug, Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
	}
	s.AddGroup("acme", "Developers")
	s.AddProject("acme", "WEB", "Web")
	s.AddRepository("acme", "shop", "WEB", true)
	s.AddAPIToken("ada@acme.test", "token", "read:user:bitbucket", "read:workspace:bitbucket", "read:repository:bitbucket", "read:project:bitbucket")
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, fmt.Appendf(nil, checkYAML, s.URL()), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Load(file, nil, builtin.Registry())
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, Options{Log: zap.NewNop(), Secrets: settings.Secrets{Getenv: func(string) string { return "token" }}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	for i := range a.passes {
		a.passes[i].Sources = []reconcile.Named{{Name: "hr", Source: hr}, {Name: "corp", Source: corp}}
	}
	return a, s
}

// TestCheck: each source is read once for two workspaces, each of which has the doubts of its own rules and of its own
// last good read; nothing is changed.
func TestCheck(t *testing.T) {
	hr := &counted{snapshot: sources.Snapshot{
		Entries: []sources.Entry{{Email: "lea@acme.test", Groups: []string{"developers"}}},
		Groups:  []sources.Group{{ID: "developers", Name: "developers", Members: 1}, {ID: "operators", Name: "operators"}},
		Rejects: []sources.Reject{{Origin: "a.csv:2", Reason: "no address"}},
	}}
	corp := &counted{err: errors.New("nobody answers")}
	a, s := openChecked(t, hr, corp)
	for _, slug := range []string{"acme", "beta"} { // beta had seven operators once
		counts := map[string]map[string]int{"hr": {"": 1}}
		if slug == "beta" {
			counts["hr"]["operators"] = 7
		}
		if err := a.journal.Keep(t.Context(), slug, reconcile.Lessons{Counts: counts}); err != nil {
			t.Fatal(err)
		}
	}
	list, err := a.Check(t.Context())
	if err != nil || len(list) != 2 {
		t.Fatalf("%d workspaces, error %v; want 2", len(list), err)
	}
	if hr.times != 1 || corp.times != 1 {
		t.Errorf("the sources were read %d and %d times, want once each", hr.times, corp.times)
	}
	doubted := map[string][]string{}
	for _, checked := range list {
		for _, doubt := range checked.Doubts {
			doubted[checked.Workspace] = append(doubted[checked.Workspace], doubt.Source+" "+doubt.Group)
		}
		read := checked.Sources[0]
		if read.Entries != 1 || read.Groups != 2 || len(read.Rejects) != 1 || read.TookMS < 1 || checked.Whole() || !checked.Probe.Ready() {
			t.Errorf("%s: %+v, ready %v; want one person, two groups, one reject and a time", checked.Workspace, read, checked.Probe.Ready())
		}
	}
	want := map[string][]string{"acme": {"corp "}, "beta": {"corp ", "hr operators"}}
	if diff := cmp.Diff(want, doubted); diff != "" {
		t.Errorf("doubts (-want +got):\n%s", diff)
	}
	if writes := s.Writes(); len(writes) > 0 {
		t.Errorf("writes %v, want none", writes)
	}
}

// TestNeeds: what passes will do follows from the rules and the groups' own grants.
func TestNeeds(t *testing.T) {
	a, _ := openChecked(t, &counted{}, &counted{})
	shop, web := access.Target{Kind: access.Repository, Name: "shop"}, access.Target{Kind: access.Project, Name: "WEB"}
	want := []probe.Needs{
		{
			Groups: []string{"Developers"}, ToGroups: true, ToRepositories: []access.Target{shop},
			PersonGrants: []access.Target{web, shop}, GroupGrants: []access.Target{shop},
		},
		{Groups: []string{"Operators"}, ToGroups: true, CreateGroups: true, Reinvite: true},
	}
	for i, p := range a.passes {
		if diff := cmp.Diff(want[i], p.probe.Needs); diff != "" {
			t.Errorf("%s (-want +got):\n%s", p.Workspace, diff)
		}
	}
}
