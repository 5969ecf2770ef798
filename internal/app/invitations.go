package app

import (
	"context"
	"fmt"

	"go.uber.org/zap"

	"bitroster/sync/access"
	"bitroster/sync/accounts"
	"bitroster/sync/apply"
	"bitroster/sync/invitation"
)

// Workspaces names the workspaces of the config, in its order.
func (a *App) Workspaces() []string {
	var slugs []string
	for _, p := range a.passes {
		slugs = append(slugs, p.Workspace)
	}
	return slugs
}

// Invitations lists what is open in a workspace, and what became of our invitations. It changes nothing at Bitbucket.
func (a *App) Invitations(ctx context.Context, slug string) (invitation.List, error) {
	office, err := a.office(slug)
	if err != nil {
		return invitation.List{}, err
	}
	return office.List(ctx)
}

// Cancel takes open invitations back, while nobody else acts on the workspace.
func (a *App) Cancel(ctx context.Context, slug string, emails []access.Email) (invitation.Outcome, error) {
	return a.holding(ctx, slug, emails, invitation.Office.Cancel)
}

// Resend mails people again, while nobody else acts on the workspace.
func (a *App) Resend(ctx context.Context, slug string, emails []access.Email) (invitation.Outcome, error) {
	return a.holding(ctx, slug, emails, invitation.Office.Resend)
}

// request is what an administrator asks an office for.
type request func(invitation.Office, context.Context, []access.Email) (invitation.Outcome, error)

func (a *App) holding(ctx context.Context, slug string, emails []access.Email, do request) (invitation.Outcome, error) {
	office, err := a.office(slug)
	if err != nil {
		return invitation.Outcome{}, err
	}
	release, err := a.journal.Lock(ctx, slug)
	if err != nil {
		return invitation.Outcome{}, err
	}
	defer release()
	return do(office, ctx, emails)
}

func (a *App) office(slug string) (invitation.Office, error) {
	for _, p := range a.passes {
		if p.Workspace != slug {
			continue
		}
		log := a.log.With(zap.String("workspace", slug))
		return invitation.Office{
			Surveyor: p.Pass, Ledger: a.journal, Executor: p.Executor, Policy: p.Policy,
			Watch: func(r apply.Result) { logStep(log, r) },
		}, nil
	}
	return invitation.Office{}, fmt.Errorf("the config has no workspace %q", slug)
}

// ImportAccounts takes over pairs of address and account id. They are the same in all workspaces.
func (a *App) ImportAccounts(ctx context.Context, pairs []accounts.Pair) (accounts.Result, error) {
	return accounts.Import(ctx, a.journal, pairs)
}
