// Package workspace is the backend for a workspace that manages its own people (administration: bitbucket): invitations
// and groups through API 1.0, permissions and look-ups through API 2.0.
package workspace

import (
	"context"
	"fmt"

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
		return b.orMoved(ctx, b.client.CancelInvitation(ctx, b.slug, string(a.Email)))
	case a.Op == plan.CreateGroup && a.Kind == access.Group:
		_, err := b.client.CreateGroup(ctx, b.slug, a.Target)
		return b.orMoved(ctx, err)
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
	if err := b.client.CancelInvitation(ctx, b.slug, string(a.Email)); err != nil {
		return b.orMoved(ctx, err)
	}
	return b.orMoved(ctx, b.client.InviteToGroup(ctx, b.slug, a.Slug, string(a.Email)))
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
	if _, listErr := b.client.Invitations(ctx, b.slug); bitbucket.Off(listErr) {
		return bitbucket.AsMoved(err)
	}
	return err
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
