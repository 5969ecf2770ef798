package main

import (
	"github.com/spf13/cobra"

	"bitroster/internal/app"
	"bitroster/internal/show"
	"bitroster/sync/reconcile"
)

func (p *program) planCommand() *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "plan",
		Short: "Show what a pass would do and what it would hold, and change nothing",
		Example: `  bitroster plan -c config.yaml
  bitroster plan -c config.yaml --json | jq '.[].plan.steps[] | select(.op == "invite") | .email'`,
		Args: usage(nothing),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.using(cmd.Context(), use{reports: true, watch: waiting(p.err)}, func(a *app.App) error {
				reports := a.Plan(cmd.Context())
				p.code = planCode(reports)
				if asJSON {
					return p.asJSON(listed(reports))
				}
				for _, report := range reports {
					heading(p.out, report, len(reports))
					show.Sources(p.out, report)
					show.Plan(p.out, report.Plan)
					show.Failure(p.out, report)
				}
				return nil
			})
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print the reports as JSON")
	return command
}

// listed makes the lists of reports such as can be gone through, also those of a plan that was never made.
func listed(reports []reconcile.Report) []reconcile.Report {
	for i := range reports {
		r := &reports[i]
		r.Sources = orEmpty(r.Sources)
		r.Doubts = orEmpty(r.Doubts)
		r.Plan.Steps = orEmpty(r.Plan.Steps)
		r.Plan.Held = orEmpty(r.Plan.Held)
	}
	return reports
}
