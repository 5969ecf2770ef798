// Package workspace is the backend for a workspace that manages its own people (administration: bitbucket): invitations
// and groups through API 1.0, permissions and look-ups through API 2.0.
package workspace

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"bitroster/bitbucket"
	"bitroster/sync/access"
	"bitroster/sync/plan"
)

// Backend observes one workspace and carries out steps in it.
type Backend struct {
	client *bitbucket.Client
	slug   string
}

// New makes a backend for the workspace with this slug. API 1.0 does not take a workspace's UUID.
func New(client *bitbucket.Client, slug string) *Backend {
	return &Backend{client: client, slug: slug}
}

// Await waits until the limits leave room for the step.
func (b *Backend) Await(ctx context.Context, a plan.Action) error {
	switch a.Op {
	case plan.Invite, plan.Reinvite:
		return b.client.AwaitRoom(ctx, http.MethodPut, "/1.0/users/{workspace}/invitations")
	case plan.Grant:
		return b.client.AwaitRoom(ctx, http.MethodPut, "/2.0/repositories/{workspace}/{repo_slug}/permissions-config/")
	}
	return b.client.AwaitRoom(ctx, http.MethodPut, "/1.0/groups/{workspace}")
}

// Execute does one step. That something is so already is no error.
func (b *Backend) Execute(ctx context.Context, a plan.Action) error {
	switch {
	case a.Op == plan.Invite && a.Kind == access.Group:
		return b.orMoved(ctx, b.client.InviteToGroup(ctx, b.slug, a.Slug, string(a.Email)))
	case a.Op == plan.Invite && a.Kind == access.Repository:
		return b.orMoved(ctx, b.client.InviteToRepository(ctx, b.slug, a.Target, string(a.Email), string(a.Permission)))
	case a.Op == plan.Reinvite && a.Kind == access.Group:
		return b.reinvite(ctx, a)
	case a.Op == plan.Cancel:
		return b.cancel(ctx, a)
	case a.Op == plan.CreateGroup && a.Kind == access.Group:
		return b.createGroup(ctx, a)
	case a.Op == plan.Join && a.Kind == access.Group:
		return b.orMoved(ctx, b.client.AddToGroup(ctx, b.slug, a.Slug, member(a)))
	case a.Op == plan.Grant && a.Kind != access.Group && a.Group != "":
		return b.client.SetGroupPermission(ctx, b.place(a.On()), a.Slug, string(a.Permission))
	case a.Op == plan.Grant && a.Kind != access.Group:
		return b.client.SetUserPermission(ctx, b.place(a.On()), a.AccountID, string(a.Permission))
	}
	return fmt.Errorf("a step %q on a %s is not known to this backend", a.Op, a.Kind)
}

// reinvite takes an invitation back and sends it anew: pending ones block each other.
func (b *Backend) reinvite(ctx context.Context, a plan.Action) error {
	if err := b.cancel(ctx, a); err != nil {
		return err
	}
	err := b.orMoved(ctx, b.client.InviteToGroup(ctx, b.slug, a.Slug, string(a.Email)))
	var answer *bitbucket.Error
	if errors.As(err, &answer) && (answer.NotSent() || answer.Systemic()) {
		return halfDone{answer}
	}
	return err
}

// halfDone is the error of a reinvite that has taken the old invitation back and could not send the new one. The step has
// had an effect: left without a trace, the person would look as if the invitation had been taken back by hand.
type halfDone struct{ error }

// MaybeDone has the next pass look for the invitation, and send it where there is none.
func (halfDone) MaybeDone() bool { return true }

// Unwrap gives the error below, which says whether the workspace refuses.
func (e halfDone) Unwrap() error { return e.error }

// cancel takes an invitation back. That there is none is no error, if the workspace is still one that can have them.
func (b *Backend) cancel(ctx context.Context, a plan.Action) error {
	err := b.client.CancelInvitation(ctx, b.slug, string(a.Email))
	if bitbucket.Missing(err) && !b.off(ctx) {
		return nil
	}
	return b.orMoved(ctx, err)
}

// createGroup makes a group. That there is one of that name is no error.
func (b *Backend) createGroup(ctx context.Context, a plan.Action) error {
	_, err := b.client.CreateGroup(ctx, b.slug, a.Target)
	if err == nil || !bitbucket.Off(err) {
		return err
	}
	groups, listErr := b.client.Groups(ctx, b.slug)
	if listErr == nil && slices.ContainsFunc(groups, func(g bitbucket.Group) bool { return g.Name == a.Target }) {
		return nil
	}
	return b.orMoved(ctx, err)
}

// member names an account for API 1.0: by UUID, or by address where only the account's id was learnt.
func member(a plan.Action) string {
	if a.UUID == "" {
		return string(a.Email)
	}
	return a.UUID
}

// orMoved looks whether a refusal means that the workspace was moved to admin.atlassian.com: then the list of invitations
// is switched off, too. A refusal alone does not tell, because a wrong address may get the same.
func (b *Backend) orMoved(ctx context.Context, err error) error {
	if !bitbucket.Off(err) {
		return err
	}
	if b.off(ctx) {
		return bitbucket.AsMoved(err)
	}
	return err
}

// off reports whether the list of invitations is switched off.
func (b *Backend) off(ctx context.Context) bool {
	_, err := b.client.Invitations(ctx, b.slug)
	return bitbucket.Off(err)
}

func (b *Backend) place(t access.Target) bitbucket.Place {
	place := bitbucket.Place{Workspace: b.slug}
	if t.Kind == access.Repository {
		place.Repository = t.Name
	} else {
		place.Project = t.Name
	}
	return place
}
