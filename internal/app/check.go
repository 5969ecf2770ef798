package app

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"bitroster/bitbucket"
	"bitroster/bitbucket/probe"
	"bitroster/bitbucket/workspace"
	"bitroster/internal/config"
	"bitroster/sources"
	"bitroster/sync/access"
	"bitroster/sync/mapping"
	"bitroster/sync/reconcile"
)

// Checked is what was found out about one workspace: how its sources are read, and what its credentials may do.
type Checked struct {
	Workspace string                   `json:"workspace"`
	Sources   []reconcile.SourceReport `json:"sources"`
	Doubts    []mapping.Doubt          `json:"doubts"`
	Probe     probe.Report             `json:"bitbucket"`
}

// Whole reports whether every source and every group that a rule names was read.
func (c Checked) Whole() bool { return len(c.Doubts) == 0 }

// Check reads each source once and tries each credential of each workspace. It changes nothing and mails nobody.
func (a *App) Check(ctx context.Context) ([]Checked, error) {
	var list []Checked
	readings := map[string]*reading{}
	for _, p := range a.passes {
		reader := *p.Pass
		reader.Sources = nil
		for _, named := range p.Sources {
			if readings[named.Name] == nil {
				readings[named.Name] = &reading{source: named.Source}
			}
			reader.Sources = append(reader.Sources, reconcile.Named{Name: named.Name, Source: readings[named.Name]})
		}
		report, err := reader.ReadSources(ctx)
		if err != nil {
			return list, err
		}
		for i, source := range report.Sources {
			report.Sources[i].TookMS = max(1, readings[source.Name].took.Milliseconds())
		}
		found, err := probe.Run(ctx, p.probe)
		if err != nil {
			return list, err
		}
		list = append(list, Checked{Workspace: p.Workspace, Sources: report.Sources, Doubts: report.Doubts, Probe: found})
	}
	return list, nil
}

// reading is a source that is read once, however many workspaces ask.
type reading struct {
	source   sources.Source
	once     sync.Once
	snapshot sources.Snapshot
	err      error
	took     time.Duration
}

// Read reads the source, or gives what was read. The groups are the caller's own: a pass notes in them what it doubts.
func (r *reading) Read(ctx context.Context) (sources.Snapshot, error) {
	r.once.Do(func() {
		start := time.Now()
		r.snapshot, r.err = r.source.Read(ctx)
		r.took = time.Since(start)
	})
	snapshot := r.snapshot
	snapshot.Groups = slices.Clone(snapshot.Groups)
	return snapshot, r.err
}

// newProbe says what to find out about a workspace.
func newProbe(w config.Workspace, client *bitbucket.Client, keys []bitbucket.Key) probe.Input {
	in := probe.Input{Workspace: w.Slug, Client: client, Needs: needsOf(w), Groups: workspace.Troubles}
	for i, key := range keys {
		in.Credentials = append(in.Credentials, probe.Credential{
			Name: key.Name, Kind: w.Credentials[i].Kind, Email: w.Credentials[i].Email,
		})
	}
	return in
}

// needsOf lists what passes over a workspace will do, going by all rules.
func needsOf(w config.Workspace) probe.Needs {
	groups, people, granted, inviting := map[string]bool{}, targets{}, targets{}, targets{}
	needs := probe.Needs{CreateGroups: w.CreateGroups, Reinvite: w.Invitations.ReinviteAfter > 0}
	for _, rule := range w.Rules {
		for _, group := range rule.Grant.Groups {
			groups[group] = true
			needs.ToGroups = true
		}
		people.add(rule.Grant.Repositories, rule.Grant.Projects)
		if len(rule.Grant.Groups) == 0 {
			inviting.add(rule.Grant.Repositories, nil)
		}
	}
	for _, group := range w.Groups {
		groups[group.Group] = true
		granted.add(group.Repositories, group.Projects)
	}
	needs.Groups = slices.Sorted(maps.Keys(groups))
	needs.PersonGrants, needs.GroupGrants, needs.ToRepositories = people.sorted(), granted.sorted(), inviting.sorted()
	return needs
}

// targets is a set.
type targets map[access.Target]bool

func (t targets) add(repositories []mapping.RepositoryGrant, projects []mapping.ProjectGrant) {
	for _, r := range repositories {
		t[access.Target{Kind: access.Repository, Name: r.Repository}] = true
	}
	for _, p := range projects {
		t[access.Target{Kind: access.Project, Name: p.Project}] = true
	}
}

func (t targets) sorted() []access.Target {
	return slices.SortedFunc(maps.Keys(t), access.CompareTargets)
}
