package workspace

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"bitroster/bitbucket"
	"bitroster/sync/access"
)

// Observe asks for what the scope names: one call for the groups, one for the invitations, one for the owners, a page or
// more for each repository and project, and one for each 90 people who are not found by what was learnt before.
func (b *Backend) Observe(ctx context.Context, scope access.Scope) (access.State, error) {
	o := observation{backend: b, scope: scope, seen: map[string]bitbucket.User{}, state: access.State{
		Accounts: map[access.Email]access.Account{},
		Pending:  map[access.Email]access.Invitation{},
		Groups:   map[string]access.GroupState{},
		People:   map[access.Target]map[string]access.Permission{},
		GroupsOn: map[access.Target]map[string]access.Permission{},
		Owners:   map[string]bool{},
		Troubles: map[access.Target]access.Trouble{},
	}}
	for _, look := range []func(context.Context) error{o.groups, o.pending, o.owners, o.groupGrants, o.personGrants, o.members} {
		if err := look(ctx); err != nil {
			return access.State{}, err
		}
	}
	return o.state, nil
}

// observation is one look at a workspace.
type observation struct {
	backend *Backend
	scope   access.Scope
	state   access.State
	// seen are the accounts that were met in a group or a grant, by ID: they have a seat.
	seen map[string]bitbucket.User
}

func (o *observation) groups(ctx context.Context) error {
	groups, err := o.backend.client.Groups(ctx, o.backend.slug)
	if err != nil {
		return err
	}
	for _, group := range groups {
		for _, member := range group.Members {
			o.seen[member.AccountID] = member
		}
	}
	found := resolve(groups, o.scope.Groups)
	for _, name := range o.scope.Groups {
		group := found[name].group
		if group == nil {
			o.state.Troubles[access.Target{Kind: access.Group, Name: name}] = found[name].trouble
			continue
		}
		members := make(map[string]bool, len(group.Members))
		for _, member := range group.Members {
			members[member.AccountID] = true
		}
		o.state.Groups[name] = access.GroupState{Slug: group.Slug, Members: members}
	}
	return nil
}

// sentLayout is the form of utc_sent_on.
const sentLayout = "2006-01-02 15:04:05-07:00"

func (o *observation) pending(ctx context.Context) error {
	invitations, err := o.backend.client.Invitations(ctx, o.backend.slug)
	if bitbucket.Off(err) {
		// The groups could be read, so the workspace is there and the credential is good.
		return bitbucket.AsMoved(err)
	}
	for _, invitation := range invitations {
		// An address that we cannot parse cannot be one of ours.
		if email, err := access.ParseEmail(invitation.Email); err == nil {
			sent, _ := time.Parse(sentLayout, invitation.SentOn)
			o.state.Pending[email] = access.Invitation{Email: email, SentAt: sent, Groups: slugsOf(invitation.Groups)}
		}
	}
	return err
}

// slugsOf takes the owner off "owner/slug".
func slugsOf(groups []string) []string {
	var slugs []string
	for _, group := range groups {
		slugs = append(slugs, group[strings.LastIndexByte(group, '/')+1:])
	}
	return slugs
}

func (o *observation) owners(ctx context.Context) error {
	if len(o.scope.PersonGrants) == 0 {
		return nil
	}
	owners, err := o.backend.client.Owners(ctx, o.backend.slug)
	for _, owner := range owners {
		o.state.Owners[owner.AccountID] = true
	}
	return err
}

// each asks about targets one after the other. What stands against one is its trouble, and the others are asked about.
func (o *observation) each(targets []access.Target, ask func(access.Target) error) error {
	for _, target := range targets {
		if err := ask(target); err != nil {
			if err := o.trouble(target, err); err != nil {
				return err
			}
		}
	}
	return nil
}

func (o *observation) groupGrants(ctx context.Context) error {
	return o.each(o.scope.GroupGrants, func(target access.Target) error {
		list, err := o.backend.client.GroupPermissions(ctx, o.backend.place(target))
		if err != nil {
			return err
		}
		bySlug := map[string]access.Permission{}
		for _, grant := range list {
			bySlug[grant.Group.Slug] = access.Permission(grant.Permission)
		}
		grants := map[string]access.Permission{}
		for name, group := range o.state.Groups {
			grants[name] = bySlug[group.Slug]
		}
		o.state.GroupsOn[target] = grants
		return nil
	})
}

func (o *observation) personGrants(ctx context.Context) error {
	return o.each(o.scope.PersonGrants, func(target access.Target) error {
		list, err := o.backend.client.UserPermissions(ctx, o.backend.place(target))
		if err != nil {
			return err
		}
		grants := map[string]access.Permission{}
		for _, grant := range list {
			grants[grant.User.AccountID] = access.Permission(grant.Permission)
			o.seen[grant.User.AccountID] = grant.User
		}
		o.state.People[target] = grants
		return nil
	})
}

// trouble notes that a target is missing or closed to us; any other error ends the observation.
func (o *observation) trouble(target access.Target, err error) error {
	switch {
	case bitbucket.Missing(err):
		o.state.Troubles[target] = access.Trouble{Missing: true, Detail: fmt.Sprintf("the workspace has no %s, or the credential may not see it: %v", target, err)}
	case bitbucket.Forbidden(err):
		o.state.Troubles[target] = access.Trouble{Detail: err.Error()}
	default:
		return err
	}
	return nil
}

// members finds the accounts of the people asked for: first by what was learnt, then by asking for the addresses.
func (o *observation) members(ctx context.Context) error {
	var unknown []string
	for _, email := range o.scope.Emails {
		if user, seen := o.seen[o.scope.Known[email].ID]; seen && user.AccountID != "" {
			o.state.Accounts[email] = access.Account{ID: user.AccountID, UUID: user.UUID, Name: user.DisplayName}
			continue
		}
		unknown = append(unknown, string(email))
	}
	for batch := range slices.Chunk(unknown, bitbucket.MaxEmails) {
		users, err := o.backend.client.MembersByEmail(ctx, o.backend.slug, batch)
		if err != nil {
			return err
		}
		for _, user := range users {
			if email, err := access.ParseEmail(user.Email); err == nil {
				o.state.Accounts[email] = access.Account{ID: user.AccountID, UUID: user.UUID, Name: user.DisplayName}
			}
		}
	}
	return nil
}
