package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"bitroster/internal/app"
	"bitroster/internal/config"
	"bitroster/internal/show"
	"bitroster/sync/reconcile"
)

func (p *program) checkCommand() *cobra.Command {
	var online, asJSON bool
	command := &cobra.Command{
		Use:   "check",
		Short: "Check the config file; with --online also the sources and the credentials",
		Long: `Check the config file: every fault is reported at once, each with its place in the file. Secrets are
looked up, and not shown. No source and no workspace is asked.

With --online each source is read once, and each call that passes will make of Bitbucket is tried with
each credential, as far as that changes nothing and mails nobody. What cannot be tried so is judged, and
the answer says so. The exit code is 0 when every call works, or may work, with one of the credentials,
5 when a source or a group was not read whole, and 1 otherwise.`,
		Example: `  bitroster check -c config.yaml
  bitroster check -c config.yaml --online
  bitroster check -c config.yaml --online --json | jq '.[].bitbucket.calls[] | select(.verdict == "no")'`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if asJSON && !online {
				return usageError{errors.New("--json goes with --online only")}
			}
			cfg, err := p.load()
			if err != nil {
				return err
			}
			if err := p.summary(cfg, !asJSON); err != nil || !online {
				return err
			}
			return p.checkOnline(cmd.Context(), asJSON)
		},
	}
	command.Flags().BoolVar(&online, "online", false, "read the sources, and try the credentials without changing anything")
	command.Flags().BoolVar(&asJSON, "json", false, "with --online: print what was found as JSON")
	return command
}

// summary says what the config amounts to, unless told not to, and looks whether its secrets are there.
func (p *program) summary(cfg config.Config, aloud bool) error {
	say := func(format string, args ...any) {
		if aloud {
			p.say(format, args...)
		}
	}
	say("%s is valid.", p.configFile())
	say("  journal: %s", cfg.Journal.Path)
	for i, source := range cfg.Sources {
		say("  source %s (%s)", source.Name, source.Type)
		if _, err := source.Settings.Open(p.secrets()); err != nil {
			return usageError{fmt.Errorf("sources[%d] (%s): %w", i, source.Name, err)}
		}
	}
	for i, w := range cfg.Workspaces {
		schedule, err := w.When()
		if err != nil {
			return err
		}
		for j, credential := range w.Credentials {
			if _, err := credential.Open(p.secrets()); err != nil {
				return usageError{fmt.Errorf("workspaces[%d].credentials[%d]: %w", i, j, err)}
			}
		}
		say("  workspace %s: %d rules, next pass at %s",
			w.Slug, len(w.Rules), schedule.Next(time.Now()).Format(time.RFC3339))
	}
	return nil
}

// checkOnline reads the sources, tries the credentials, and shows what was found.
func (p *program) checkOnline(ctx context.Context, asJSON bool) error {
	return p.using(ctx, use{reports: true}, func(a *app.App) error {
		list, err := a.Check(ctx)
		if err != nil {
			return err
		}
		p.code = checkCode(list)
		if asJSON {
			encoder := json.NewEncoder(p.out)
			encoder.SetIndent("", "  ")
			return encoder.Encode(list)
		}
		for _, checked := range list {
			show.Heading(p.out, "Workspace "+checked.Workspace)
			show.Sources(p.out, reconcile.Report{Sources: checked.Sources, Doubts: checked.Doubts})
			show.Probe(p.out, checked.Probe)
		}
		return nil
	})
}

// checkCode is the exit code of a check: what was not read whole comes first, as in passes.
func checkCode(list []app.Checked) int {
	code := exitDone
	for _, checked := range list {
		switch {
		case !checked.Whole():
			return exitNotWhole
		case !checked.Probe.Ready():
			code = exitFailed
		}
	}
	return code
}
