package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"go.uber.org/zap"

	"bitroster/internal/app"
	"bitroster/internal/config"
	"bitroster/internal/logging"
	"bitroster/internal/settings"
	"bitroster/sources/builtin"
	"bitroster/sync/reconcile"
)

// version is set by the linker: -ldflags "-X main.version=1.2.3".
var version = "dev" //nolint:gochecknoglobals // the linker sets it, nobody else

// streams are where the program reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// program is what all commands share.
type program struct {
	streams
	env   func(string) (string, bool)
	file  string
	code  int
	flags map[string]*string
}

// run is the whole program but for the process: it gives the exit code.
func run(ctx context.Context, args []string, env func(string) (string, bool), s streams) int {
	p := &program{streams: s, env: env, flags: map[string]*string{}}
	root := p.root()
	root.SetArgs(args)
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	if err := root.ExecuteContext(ctx); err != nil {
		_, _ = fmt.Fprintln(s.err, "bitroster: "+err.Error())
		return exitCode(err)
	}
	return p.code
}

func (p *program) root() *cobra.Command {
	var once bool
	root := &cobra.Command{
		Use:   "bitroster",
		Short: "Get the people of your directories into a Bitbucket Cloud workspace",
		Long: `bitroster reads people from LDAP groups and folders of CSV files, maps them by rules to the groups,
repositories and projects of Bitbucket Cloud workspaces, and invites who is missing.

Without a command it stays and makes a pass over each workspace on its schedule, until it is told to
stop (SIGTERM). With --once it makes one pass and ends.

` + exitCodes,
		Example: `  bitroster check --config /etc/bitroster/config.yaml
  bitroster plan  --config /etc/bitroster/config.yaml
  bitroster --once --config /etc/bitroster/config.yaml
  bitroster demo`,
		Version: version, Args: usage(known), SilenceErrors: true, SilenceUsage: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if once {
				return p.once(cmd.Context())
			}
			return p.daemon(cmd.Context())
		},
	}
	root.SetVersionTemplate(versionText() + "\n")
	root.Flags().BoolVar(&once, "once", false, "make one pass over each workspace, and end")
	root.PersistentFlags().StringVarP(&p.file, "config", "c", "", "the config file (default config.yaml; or BITROSTER_CONFIG)")
	for _, name := range config.Overrides() {
		p.flags[name] = root.PersistentFlags().String(name, "", "overrides "+strings.Replace(name, "-", ".", 1)+" of the config (or "+variable(name)+")")
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{errors.New(err.Error() + seeHelp(cmd.CommandPath()))}
	})
	root.AddCommand(p.planCommand(), p.checkCommand(), p.invitationsCommand(), p.accountsCommand(), p.demoCommand(), p.versionCommand())
	return root
}

// variable is the environment's name of a flag.
func variable(flag string) string {
	return "BITROSTER_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// load reads the config: flags win over the environment, which wins over the file.
func (p *program) load() (config.Config, error) {
	cfg, err := config.Load(p.configFile(), p.overrides(), builtin.Registry())
	if err != nil {
		return cfg, usageError{err}
	}
	return cfg, nil
}

// overrides are the settings that flags and the environment give.
func (p *program) overrides() map[string]string {
	given := map[string]string{}
	for name, value := range p.flags {
		if fromEnv, _ := p.env(variable(name)); fromEnv != "" {
			given[name] = fromEnv
		}
		if *value != "" {
			given[name] = *value
		}
	}
	// The config's own paths start from its folder, those that are typed from where they are typed.
	if path, err := filepath.Abs(given["journal-path"]); err == nil && given["journal-path"] != "" {
		given["journal-path"] = path
	}
	return given
}

func (p *program) configFile() string {
	if p.file != "" {
		return p.file
	}
	if fromEnv, _ := p.env("BITROSTER_CONFIG"); fromEnv != "" {
		return fromEnv
	}
	return "config.yaml"
}

// logger makes the logger. A command that prints a report logs only when it is asked to: the report says it all.
func (p *program) logger(cfg config.Config, reports bool) (*zap.Logger, error) {
	if _, asked := p.overrides()["log-level"]; reports && !asked {
		return zap.NewNop(), nil
	}
	return logging.New(cfg.Log, p.err)
}

func (p *program) secrets() settings.Secrets {
	return settings.Secrets{Getenv: func(name string) string { value, _ := p.env(name); return value }}
}

// use is a way of using the wired program.
type use struct {
	// reports says that the command prints a report of its own.
	reports bool
	watch   func(workspace string) reconcile.Watch
}

// using wires the program, runs f with it, and closes it.
func (p *program) using(ctx context.Context, u use, f func(*app.App) error) error {
	cfg, err := p.load()
	if err != nil {
		return err
	}
	log, err := p.logger(cfg, u.reports)
	if err != nil {
		return err
	}
	a, err := app.Open(ctx, cfg, app.Options{Log: log, Version: version, Secrets: p.secrets(), Watch: u.watch})
	if err != nil {
		return err
	}
	return errors.Join(f(a), a.Close())
}

// say prints a line of a command's answer.
func (p *program) say(format string, args ...any) {
	_, _ = fmt.Fprintf(p.out, format+"\n", args...)
}
