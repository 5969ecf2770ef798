package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"bitroster/internal/app"
	"bitroster/internal/show"
	"bitroster/sync/apply"
	"bitroster/sync/reconcile"
)

// once makes one pass over each workspace and shows what became of it.
func (p *program) once(ctx context.Context) error {
	watch, end := bars(p.err)
	return p.using(ctx, use{reports: true, watch: watch}, func(a *app.App) error {
		reports := a.Once(ctx)
		end()
		for _, report := range reports {
			heading(p.out, report, len(reports))
			show.Sources(p.out, report)
			show.Outcome(p.out, report)
		}
		p.code = passCode(reports)
		return nil
	})
}

// heading parts the reports of several workspaces; one needs none.
func heading(w io.Writer, report reconcile.Report, of int) {
	if of > 1 {
		show.Heading(w, "Workspace "+report.Workspace)
	}
}

// daemon makes passes on schedule until the context ends.
func (p *program) daemon(ctx context.Context) error {
	return p.using(ctx, use{}, func(a *app.App) error {
		a.Daemon(ctx)
		return nil
	})
}

// bars makes a progress bar for each pass, with the time that is left; end ends the last one, also where the pass did not
// come to its end. Where w is no terminal they are silent, but for what waiting says.
func bars(w io.Writer) (watch func(string) reconcile.Watch, end func()) {
	var container *mpb.Progress
	var bar *mpb.Bar
	end = func() {
		if container != nil {
			bar.Abort(false) // does nothing to one that is complete
			container.Wait()
			container = nil
		}
	}
	watch = func(workspace string) reconcile.Watch {
		return reconcile.Watch{
			Waiting: waiting(w)(workspace).Waiting,
			Planned: func(r reconcile.Report) {
				end()
				if len(r.Plan.Steps) == 0 {
					return
				}
				container = mpb.New(mpb.WithOutput(w), mpb.WithWidth(60))
				bar = container.AddBar(int64(len(r.Plan.Steps)),
					mpb.PrependDecorators(decor.Name(workspace+" "), decor.CountersNoUnit("%d of %d steps ")),
					mpb.AppendDecorators(decor.Percentage(decor.WCSyncWidth), decor.Name("  "), timeLeft()))
			},
			Step: func(apply.Result) { bar.Increment() },
		}
	}
	return watch, end
}

// waiting tells when something has to be waited for before anything else: the silence would be long.
func waiting(w io.Writer) func(workspace string) reconcile.Watch {
	return func(workspace string) reconcile.Watch {
		return reconcile.Watch{Waiting: func(d time.Duration) {
			_, _ = fmt.Fprintf(w, "Workspace %s: a request of another bitroster, which died or is still at work, has no end yet: waiting %s until it has settled.\n",
				workspace, d.Round(time.Second))
		}}
	}
}

// timeLeft shows how long a pass will take yet, going by its average so far.
func timeLeft() decor.Decorator {
	return decor.OnAbort(decor.OnComplete(decor.AverageETA(decor.ET_STYLE_GO), "done"), "stopped")
}
