package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"bitroster/internal/app"
	"bitroster/internal/show"
	"bitroster/sync/access"
	"bitroster/sync/invitation"
	"bitroster/sync/reconcile"
)

func (p *program) invitationsCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "invitations",
		Short: "List invitations, take them back, mail them again",
		Args:  usage(known),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return usageError{errors.New("say what to do: list, resend or cancel" + seeHelp(cmd.CommandPath()))}
		},
	}
	var slug string
	command.PersistentFlags().StringVar(&slug, "workspace", "", "the workspace, where the config has several")
	command.AddCommand(p.listCommand(&slug), p.resendCommand(&slug), p.cancelCommand(&slug))
	return command
}

func (p *program) listCommand(slug *string) *cobra.Command {
	var asJSON, pending bool
	command := &cobra.Command{
		Use:   "list",
		Short: "List what is open, and what became of all whom bitroster invited",
		Long: `List every open invitation of the workspace, whoever sent it, and everybody whom bitroster ever invited: what
it is to, since when, how many mails were sent, and when the person is mailed again. It changes nothing.`,
		Example: `  bitroster invitations list --pending
  bitroster invitations list --json | jq -r '.invitations[] | select(.state == "gone") | .email'`,
		Args: usage(nothing),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.asked(cmd.Context(), *slug, func(a *app.App, slug string) error {
				list, err := a.Invitations(cmd.Context(), slug)
				if err != nil {
					return err
				}
				p.code = passCode([]reconcile.Report{{Doubts: list.Report.Doubts}})
				if pending {
					list = list.Pending()
				}
				if asJSON {
					list.Rows = orEmpty(list.Rows)
					return p.asJSON(list)
				}
				show.Doubts(p.out, list.Report)
				show.Invitations(p.out, list)
				return nil
			})
		},
	}
	command.Flags().BoolVar(&asJSON, "json", false, "print the list as JSON")
	command.Flags().BoolVar(&pending, "pending", false, "only what is open")
	return command
}

func (p *program) resendCommand(slug *string) *cobra.Command {
	return p.actCommand(slug, (*app.App).Resend, cobra.Command{
		Use:   "resend EMAIL...",
		Short: "Mail people once more, also those whom passes leave alone",
		Long: `Mail each of these people once more. An open invitation is taken back and sent again. Whoever has none any more,
because it was taken back, ran out or was refused, or because they were removed, is invited again to what the rules want
first. The limits of a pass and of a day do not hold it. Whom no rule wants, who is a member, disabled in a directory or
outside the allowed domains is not mailed.`,
		Example: "  bitroster invitations resend ana@example.com",
	})
}

func (p *program) cancelCommand(slug *string) *cobra.Command {
	return p.actCommand(slug, (*app.App).Cancel, cobra.Command{
		Use:   "cancel EMAIL...",
		Short: "Take open invitations back; passes do not mail those people again",
		Long: `Take the open invitations of these people back, whoever sent them. Later passes hold them as cancelled-by-hand,
until they are asked for with resend.`,
		Example: "  bitroster invitations cancel ana@example.com bo@example.com",
	})
}

// act is a way of the program to serve a request about people.
type act func(*app.App, context.Context, string, []access.Email) (invitation.Outcome, error)

// actCommand makes a command that takes addresses.
func (p *program) actCommand(slug *string, do act, command cobra.Command) *cobra.Command {
	command.Args = usage(some("e-mail address"))
	command.RunE = func(cmd *cobra.Command, args []string) error {
		emails, faults := parseEmails(args)
		if len(emails) == 0 {
			return usageError{errors.Join(faults...)}
		}
		return p.asked(cmd.Context(), *slug, func(a *app.App, slug string) error {
			outcome, err := do(a, cmd.Context(), slug, emails)
			show.Doubts(p.out, outcome.Report)
			show.Asked(p.out, outcome)
			if !outcome.Complete() || len(faults) > 0 {
				p.code = exitFailed
			}
			return errors.Join(append(faults, err)...)
		})
	}
	return &command
}

// parseEmails reads addresses. One that is wrong is named by its place and does not stop the others.
func parseEmails(args []string) ([]access.Email, []error) {
	var emails []access.Email
	var faults []error
	for i, arg := range args {
		email, err := access.ParseEmail(arg)
		if err != nil {
			faults = append(faults, fmt.Errorf("address %d: %w", i+1, err))
			continue
		}
		emails = append(emails, email)
	}
	return emails, faults
}

// asked opens the program for a request about one workspace: the one named, or the only one.
func (p *program) asked(ctx context.Context, slug string, f func(*app.App, string) error) error {
	return p.using(ctx, use{reports: true, watch: waiting(p.err)}, func(a *app.App) error {
		chosen, err := choose(a.Workspaces(), slug)
		if err != nil {
			return err
		}
		return f(a, chosen)
	})
}

func choose(slugs []string, slug string) (string, error) {
	switch {
	case slug == "" && len(slugs) == 1:
		return slugs[0], nil
	case slug == "":
		return "", usageError{fmt.Errorf("the config has several workspaces: name one with --workspace (%s)", strings.Join(slugs, ", "))}
	case !slices.Contains(slugs, slug):
		return "", usageError{fmt.Errorf("--workspace: the config has no workspace %q, only %s", slug, strings.Join(slugs, ", "))}
	}
	return slug, nil
}
