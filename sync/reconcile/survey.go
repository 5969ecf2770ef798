package reconcile

import (
	"context"
	"maps"
	"slices"

	"bitroster/sync/access"
	"bitroster/sync/mapping"
)

// Survey is all that a pass knows before it acts: its Report so far, and what the plan in it was made of.
type Survey struct {
	Report
	Want     mapping.Desired
	Have     access.State
	Memories Memories
}

// Survey plans as Plan does, and looks also for everybody who was ever invited: whoever no rule wants any more may still
// have accepted. That costs a look-up more for each 90 of those who were not seen in a group.
func (p *Pass) Survey(ctx context.Context) (Survey, error) {
	return p.look(ctx, func(m Memories) []access.Email { return slices.Collect(maps.Keys(m.Invitations)) }, 0)
}

// Glance remembers, and looks at what is open in the workspace, without reading a source: Want and Plan stay empty.
func (p *Pass) Glance(ctx context.Context) (Survey, error) {
	s := Survey{Report: Report{Workspace: p.Workspace, StartedAt: p.Now()}}
	var err error
	if s.Memories, err = p.recall(ctx); err != nil {
		return s, err
	}
	s.Have, err = p.observe(ctx, access.Scope{})
	return s, err
}

func nobodyElse(Memories) []access.Email { return nil }
