package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"bitroster/internal/app"
	"bitroster/internal/demo"
	"bitroster/internal/show"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
	"bitroster/sync/why"
)

func (p *program) demoCommand() *cobra.Command {
	var dir string
	var stay bool
	command := &cobra.Command{
		Use:   "demo",
		Short: "See it at work on invented people and an emulated Bitbucket Cloud",
		Long: `See bitroster at work: a company of some 300 invented people, whose exports have the faults of real ones, and an
emulated Bitbucket Cloud on this machine. Nothing leaves the machine, and nothing stays on it but with --dir.
The demo checks what it claims: it exits with 1 if somebody was mailed twice, or not at all.`,
		Example: `  bitroster demo
  bitroster demo --stay --dir ./demo`,
		Args: usage(nothing),
		RunE: func(cmd *cobra.Command, _ []string) error {
			inner, err := p.inner(cmd.InheritedFlags())
			if err != nil {
				return err
			}
			return inner.demo(cmd.Context(), dir, stay)
		},
	}
	command.Flags().StringVar(&dir, "dir", "", "write the files into this new or empty folder, and keep them")
	command.Flags().BoolVar(&stay, "stay", false, "leave the emulator running at the end, until Ctrl-C")
	return command
}

// inner is the program as the demo uses it: whatever the environment says, with the demo's own config and journal.
func (p *program) inner(flags *pflag.FlagSet) (*program, error) {
	inner := &program{streams: p.streams, env: func(string) (string, bool) { return "", false }, flags: map[string]*string{}}
	var err error
	flags.VisitAll(func(f *pflag.Flag) {
		switch {
		case !f.Changed:
		case f.Name == "log-level" || f.Name == "log-format":
			inner.flags[f.Name] = p.flags[f.Name]
		case f.Name != "help":
			err = usageError{fmt.Errorf("--%s: the demo makes a config and a journal of its own: leave the flag out", f.Name)}
		}
	})
	return inner, err
}

// demo sets the demo up, plays it, and clears up after it.
func (p *program) demo(ctx context.Context, dir string, stay bool) (err error) {
	keep := dir != ""
	if !keep {
		if dir, err = os.MkdirTemp("", "bitroster-demo-"); err != nil {
			return fmt.Errorf("a folder for the demo: %w", err)
		}
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	}
	site, err := demo.Build(ctx, dir)
	if err != nil {
		return unlessStopped(ctx, err)
	}
	defer func() { err = errors.Join(err, site.Close()) }()
	p.file = site.Config
	d := demonstration{program: p, site: site}
	if err := d.play(ctx); err != nil {
		return unlessStopped(ctx, fmt.Errorf("the demo did not go as promised: %w", err))
	}
	if stay {
		d.stay(ctx)
		return nil
	}
	d.farewell(keep)
	return nil
}

// unlessStopped gives the error, or what is behind it.
func unlessStopped(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.New("the demo was stopped before its end")
	}
	return err
}

// demonstration is a demo while it is played.
type demonstration struct {
	*program
	site *demo.Site
}

func (d demonstration) play(ctx context.Context) error {
	d.introduce()
	for _, act := range []func(context.Context) error{d.invite, d.repeat, d.accept} {
		if err := errors.Join(act(ctx), ctx.Err()); err != nil {
			return err
		}
	}
	return nil
}

func (d demonstration) introduce() {
	d.say("This is the real program. Its Bitbucket Cloud is an emulator on this machine, and its people are invented.")
	d.heading("1. What is there")
	d.say("  %s\n    what HR, a subsidiary and two agencies have exported, with the faults that such files have", d.site.People)
	d.say("  %s\n    which of those people are to have what, as rules with comments", d.site.Config)
	d.say("  %s\n    the workspace %s: %d members, %d people invited by hand who have not accepted yet",
		d.site.URL, demo.Workspace, d.site.Members, d.site.Invited)
	d.say("  Bitbucket Cloud allows 1,000 requests an hour and 100 invitations a minute. The emulator and the config have %d\n"+
		"  times as much, so that this takes seconds. bitroster counts and waits just so.", demo.Raised)
}

// invite makes the first pass: everybody who is missing is invited, once.
func (d demonstration) invite(ctx context.Context) error {
	started := time.Now()
	report, err := d.pass(ctx, func(r reconcile.Report) {
		d.heading("2. How the directories were read")
		show.Sources(d.out, r)
		d.heading("3. The plan")
		show.Summary(d.out, r.Plan)
		d.heading("4. The plan is carried out")
	})
	if err != nil {
		return err
	}
	show.Outcome(d.out, report)
	invited := invitations(report)
	if len(invited) == 0 {
		return errors.New("nobody was invited")
	}
	if err := d.site.CheckMails(invited); err != nil {
		return err
	}
	d.heading("5. The mails")
	d.say("  The emulator recorded %d mails in %s: exactly one for each of the %d new people, none for anybody else.",
		d.site.Mails(), time.Since(started).Round(100*time.Millisecond), len(invited))
	d.say("  Within the real limits that takes about %d minutes.", (len(invited)+89)/90)
	return nil
}

// repeat makes the second pass, which finds nothing to do.
func (d demonstration) repeat(ctx context.Context) error {
	mails, writes, requests := d.site.Mails(), d.site.Writes(), d.site.Requests()
	report, err := d.pass(ctx, func(r reconcile.Report) {
		d.heading("6. The same once more")
		show.Summary(d.out, r.Plan)
	})
	if err != nil {
		return err
	}
	writes, mails = d.site.Writes()-writes, d.site.Mails()-mails
	if len(report.Plan.Steps)+writes+mails != 0 {
		return fmt.Errorf("the second pass had %d steps, %d writing requests and %d mails, and should have none", len(report.Plan.Steps), writes, mails)
	}
	d.say("  Nothing to do: %d requests, all of them to read; no mail.", d.site.Requests()-requests)
	return nil
}

// accept lets everybody accept, and makes the third pass: what was held for them is done, without a mail.
func (d demonstration) accept(ctx context.Context) error {
	people, err := d.site.AcceptAll()
	if err != nil {
		return err
	}
	mails := d.site.Mails()
	report, err := d.pass(ctx, func(r reconcile.Report) {
		d.heading("7. Everybody accepts")
		d.say("  All %d people with an open invitation accept it. The next pass finds them, and does what was held for them.", people)
		show.Summary(d.out, r.Plan)
	})
	if err != nil {
		return err
	}
	show.Outcome(d.out, report)
	if mails = d.site.Mails() - mails; mails != 0 {
		return fmt.Errorf("the third pass sent %d mails, and should send none", mails)
	}
	for _, held := range report.Held() {
		if held.Reason == why.InvitationPending {
			return errors.New("a step is still held for an invitation, and everybody has accepted")
		}
	}
	d.say("  No mail was sent for that. What is still held needs somebody to decide.")
	return nil
}

// pass makes one pass over the workspace as --once does. planned is called when it is planned.
func (d demonstration) pass(ctx context.Context, planned func(reconcile.Report)) (reconcile.Report, error) {
	var report reconcile.Report
	watch, end := bars(d.err)
	watching := func(workspace string) reconcile.Watch {
		w := watch(workspace)
		bar := w.Planned
		w.Planned = func(r reconcile.Report) {
			planned(r)
			bar(r)
		}
		return w
	}
	err := d.using(ctx, use{reports: true, watch: watching}, func(a *app.App) error {
		reports := a.Once(ctx)
		end()
		report = reports[0]
		if passCode(reports) != exitDone {
			show.Outcome(d.out, report)
			return errors.New("the pass was not whole, or not complete: see above")
		}
		return nil
	})
	return report, err
}

// invitations are the addresses that a pass invited.
func invitations(r reconcile.Report) []string {
	var emails []string
	for _, result := range r.Results {
		if result.Action.Op == plan.Invite && result.Outcome == plan.Done {
			emails = append(emails, string(result.Action.Email))
		}
	}
	return emails
}

// stay leaves the emulator running until the context ends.
func (d demonstration) stay(ctx context.Context) {
	name := command()
	d.heading("8. To look further, in another terminal")
	d.say("  %s plan --config %s", name, d.site.Config)
	d.say("  %s --once --config %s", name, d.site.Config)
	d.say("  printf 'new.one@nordwind.example;New;One;Webshop;developers|everyone;NW-1;1\\r\\n' >> %s/hr/mitarbeiter.csv", d.site.People)
	d.say("  sqlite3 %s 'SELECT op, state, count(*) FROM steps GROUP BY op, state'", d.site.Journal)
	d.say("  curl -su %s:\"$(cat %s)\" %s/1.0/users/%s/invitations", demo.Admin, d.site.Token, d.site.URL, demo.Workspace)
	d.say("\nThe emulator is running. Ctrl-C ends it.")
	<-ctx.Done()
}

// farewell says how to start on data of one's own.
func (d demonstration) farewell(keep bool) {
	name := command()
	d.heading("8. With your own data")
	d.say("  %s check --config config.yaml    is the config right?", name)
	d.say("  %s plan --config config.yaml     what would be done? Nothing is.", name)
	d.say("  %s --once --config config.yaml   do it, once", name)
	d.say("  %s --config config.yaml          stay, and do it on schedule", name)
	d.say("  %s demo --stay --dir DIR         keep this demo's files and emulator, to try things on", name)
	if keep {
		d.say("\nThe files are in %s. The emulator that its config names has ended.", d.site.Dir)
	}
}

// command is how the program can be called.
func command() string {
	if _, err := exec.LookPath("bitroster"); err == nil {
		return "bitroster"
	}
	if path, err := os.Executable(); err == nil {
		return path
	}
	return "bitroster"
}

func (d demonstration) heading(text string) { show.Heading(d.out, text) }
