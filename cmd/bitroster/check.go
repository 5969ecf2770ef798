package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"bitroster/internal/config"
)

func (p *program) checkCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "check",
		Short: "Check the config file without asking any server",
		Long: `Check the config file: every fault is reported at once, each with its place in the file. No source and
no workspace is asked; secrets are looked up, and not shown.`,
		Args: usage(cobra.NoArgs),
		RunE: func(_ *cobra.Command, _ []string) error {
			cfg, err := p.load()
			if err != nil {
				return err
			}
			return p.summary(cfg)
		},
	}
}

// summary says what the config amounts to, and whether its secrets are there.
func (p *program) summary(cfg config.Config) error {
	p.say("%s is valid.", p.configFile())
	p.say("  journal: %s", cfg.Journal.Path)
	for i, source := range cfg.Sources {
		p.say("  source %s (%s)", source.Name, source.Type)
		if _, err := source.Settings.Open(p.secrets()); err != nil {
			return usageError{fmt.Errorf("sources[%d] (%s): %w", i, source.Name, err)}
		}
	}
	for i, w := range cfg.Workspaces {
		schedule, err := w.When()
		if err != nil {
			return err
		}
		if _, err := w.Credentials[0].Open(p.secrets()); err != nil {
			return usageError{fmt.Errorf("workspaces[%d].credentials[0]: %w", i, err)}
		}
		p.say("  workspace %s: %d rules, next pass at %s",
			w.Slug, len(w.Rules), schedule.Next(time.Now()).Format(time.RFC3339))
	}
	return nil
}
