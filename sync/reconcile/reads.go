package reconcile

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"bitroster/sources"
	"bitroster/sync/identity"
	"bitroster/sync/mapping"
)

// reads are what became of reading each source, in the order of the config.
type reads []sourceRead

type sourceRead struct {
	name     string
	snapshot sources.Snapshot
	problem  string // why it is not to be used at all
}

// read reads all sources side by side, and doubts those that are suddenly empty.
func (p *Pass) read(ctx context.Context, last map[string]map[string]int) reads {
	all := make(reads, len(p.Sources))
	var group sync.WaitGroup
	for i, named := range p.Sources {
		group.Go(func() {
			snapshot, err := named.Source.Read(ctx)
			all[i] = sourceRead{name: named.Name, snapshot: snapshot}
			if err != nil {
				all[i] = sourceRead{name: named.Name, problem: err.Error()}
			}
		})
	}
	group.Wait()
	for i := range all {
		all[i].doubt(last[all[i].name])
	}
	return all
}

// doubt compares a read with the last good one: what had people and now has nobody is not believed.
func (r *sourceRead) doubt(last map[string]int) {
	if before := last[""]; r.problem == "" && before > 0 && len(r.snapshot.Entries) == 0 {
		r.problem = fmt.Sprintf("it had %d people at the last good read and has nobody now: check the folder, or the filter and base DN; if everybody is really gone, take the source out of the config", before)
		r.snapshot = sources.Snapshot{Rejects: r.snapshot.Rejects}
	}
	for i, group := range r.snapshot.Groups {
		if before := last[group.ID]; group.Problem == "" && group.Members == 0 && before > 0 {
			r.snapshot.Groups[i].Problem = fmt.Sprintf("it had %d members at the last good read and has none now: check it in the directory; if it is really empty, take it out of the rules", before)
		}
	}
}

func (r reads) directories() []identity.Directory {
	var list []identity.Directory
	for _, read := range r {
		list = append(list, identity.Directory{Source: read.name, Entries: read.snapshot.Entries})
	}
	return list
}

func (r reads) catalogs() []mapping.Catalog {
	var list []mapping.Catalog
	for _, read := range r {
		if read.problem == "" {
			list = append(list, mapping.Catalog{Source: read.name, Groups: read.snapshot.Groups})
		}
	}
	return list
}

func (r reads) unread() bool {
	return slices.ContainsFunc(r, func(read sourceRead) bool { return read.problem != "" })
}

func (r reads) doubts() []mapping.Doubt {
	var list []mapping.Doubt
	for _, read := range r {
		if read.problem != "" {
			list = append(list, mapping.Doubt{Source: read.name, Problem: read.problem})
		}
	}
	return list
}

// counts are what the next pass compares with. Only what has people is remembered: the last good number stays.
func (r reads) counts() map[string]map[string]int {
	all := map[string]map[string]int{}
	for _, read := range r {
		if read.problem != "" || len(read.snapshot.Entries) == 0 {
			continue
		}
		counts := map[string]int{"": len(read.snapshot.Entries)}
		for _, group := range read.snapshot.Groups {
			if group.Members > 0 && group.Problem == "" {
				counts[group.ID] = group.Members
			}
		}
		all[read.name] = counts
	}
	return all
}

func (r reads) reports() []SourceReport {
	list := make([]SourceReport, len(r))
	for i, read := range r {
		list[i] = SourceReport{
			Name: read.name, Problem: read.problem, Rejects: read.snapshot.Rejects,
			Entries: len(read.snapshot.Entries), Groups: len(read.snapshot.Groups),
		}
	}
	return list
}
