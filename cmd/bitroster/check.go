package main

import (
	"context"
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
		Args: usage(nothing),
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

// summary looks whether what the config refers to is there, and says what it amounts to, unless told not to.
func (p *program) summary(cfg config.Config, aloud bool) error {
	say := func(format string, args ...any) {
		if aloud {
			p.say(format, args...)
		}
	}
	if err := app.Ready(cfg, p.secrets()); err != nil {
		return fmt.Errorf("%s is valid, but some of what it refers to is not there, or cannot be used:\n%w", p.configFile(), err)
	}
	say("%s is valid.", p.configFile())
	say("  journal: %s", cfg.Journal.Path)
	for _, source := range cfg.Sources {
		say("  source %s (%s)", source.Name, source.Type)
	}
	for _, w := range cfg.Workspaces {
		schedule, err := w.When()
		if err != nil {
			return err
		}
		rules := "rules"
		if len(w.Rules) == 1 {
			rules = "rule"
		}
		say("  workspace %s: %d %s, next pass at %s",
			w.Slug, len(w.Rules), rules, schedule.Next(time.Now()).Format(time.RFC3339))
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
			for i := range list {
				list[i].Sources, list[i].Doubts = orEmpty(list[i].Sources), orEmpty(list[i].Doubts)
				list[i].Probe.Calls, list[i].Probe.Uses = orEmpty(list[i].Probe.Calls), orEmpty(list[i].Probe.Uses)
			}
			return p.asJSON(list)
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
