package main

import (
	"encoding/json"

	"github.com/spf13/cobra"

	"bitroster/internal/app"
	"bitroster/internal/show"
)

func (p *program) planCommand() *cobra.Command {
	var asJSON bool
	command := &cobra.Command{
		Use:   "plan",
		Short: "Show what a pass would do and what it would hold, and change nothing",
		Example: `  bitroster plan -c config.yaml
  bitroster plan -c config.yaml --json | jq '.[].plan.steps[] | select(.op == "invite") | .email'`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.using(cmd.Context(), use{reports: true}, func(a *app.App) error {
				reports := a.Plan(cmd.Context())
				p.code = planCode(reports)
				if asJSON {
					encoder := json.NewEncoder(p.out)
					encoder.SetIndent("", "  ")
					return encoder.Encode(reports)
				}
				for _, report := range reports {
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
