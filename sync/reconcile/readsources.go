package reconcile

import (
	"context"
	"fmt"

	"bitroster/sync/mapping"
)

// ReadSources reads the sources, and says what of them and of the groups that the rules name is in doubt. It does not ask the
// workspace, and remembers nothing: the report has its Sources and Doubts only.
func (p *Pass) ReadSources(ctx context.Context) (Report, error) {
	report := Report{Workspace: p.Workspace, StartedAt: p.Now()}
	memories, err := p.Memory.Recall(ctx, p.Workspace)
	if err != nil {
		return report, fmt.Errorf("journal: %w", err)
	}
	reads := p.read(ctx, memories.Counts)
	report.Sources = reads.reports()
	if err := ctx.Err(); err != nil {
		return report, fmt.Errorf("reading the sources: %w", err)
	}
	want := mapping.Map(mapping.Input{Rules: p.Rules, Groups: p.Groups, Catalogs: reads.catalogs(), Unread: reads.unread()})
	report.Doubts = append(reads.doubts(), want.Doubts...)
	return report, nil
}
