package probe

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"bitroster/bitbucket"
	"bitroster/internal/settings"
	"bitroster/sync/access"
)

// The routes, as the client has them.
const (
	routeSelf        = "/2.0/user"
	routeRole        = "/2.0/user/workspaces/{workspace}/permission"
	routeGroups      = "/1.0/groups/{workspace}"
	routeInvitations = "/1.0/users/{workspace}/invitations"
	routeMembers     = "/2.0/workspaces/{workspace}/members"
	routeOwners      = "/2.0/workspaces/{workspace}/permissions"
	repositoryRoute  = "/2.0/repositories/{workspace}/{repo_slug}/permissions-config"
	projectRoute     = "/2.0/workspaces/{workspace}/projects/{project_key}/permissions-config"
)

// stranger is an address that nobody can have (RFC 2606, section 2).
const stranger = "nobody@example.invalid"

// read is one call that is made to find out.
type read struct {
	route  string
	on     string
	needed bool
	ask    func(context.Context, *bitbucket.Client) error
}

// reads lists the calls to make with one credential, those first that tell most.
func (p *prober) reads(i int) []read {
	list := []read{
		{route: routeSelf, ask: func(ctx context.Context, c *bitbucket.Client) error { return p.askSelf(ctx, c, i) }},
		{route: routeRole, ask: func(ctx context.Context, c *bitbucket.Client) error { return p.askRole(ctx, c, i) }},
		{route: routeGroups, needed: true, ask: func(ctx context.Context, c *bitbucket.Client) error { return p.askGroups(ctx, c, i) }},
		{route: routeInvitations, needed: true, ask: func(ctx context.Context, c *bitbucket.Client) error { return p.askInvitations(ctx, c, i) }},
		{route: routeMembers, needed: true, ask: func(ctx context.Context, c *bitbucket.Client) error { return p.askMembers(ctx, c, i) }},
	}
	if len(p.in.Needs.PersonGrants) > 0 {
		list = append(list, read{route: routeOwners, needed: true, ask: func(ctx context.Context, c *bitbucket.Client) error {
			_, err := c.Owners(ctx, p.in.Workspace)
			return err
		}})
	}
	for _, target := range p.in.Needs.PersonGrants {
		list = append(list, p.list(target, "/users", func(ctx context.Context, c *bitbucket.Client) error {
			_, err := c.UserPermissions(ctx, p.place(target))
			return err
		}))
	}
	for _, target := range p.in.Needs.GroupGrants {
		list = append(list, p.list(target, "/groups", func(ctx context.Context, c *bitbucket.Client) error {
			_, err := c.GroupPermissions(ctx, p.place(target))
			return err
		}))
	}
	return list
}

func (p *prober) list(target access.Target, tail string, ask func(context.Context, *bitbucket.Client) error) read {
	return read{route: routeOn(target) + tail, on: target.String(), needed: true, ask: ask}
}

// routeOn is the beginning of the route of a target's permissions.
func routeOn(target access.Target) string {
	if target.Kind == access.Repository {
		return repositoryRoute
	}
	return projectRoute
}

func (p *prober) place(target access.Target) bitbucket.Place {
	if target.Kind == access.Repository {
		return bitbucket.Place{Workspace: p.in.Workspace, Repository: target.Name}
	}
	return bitbucket.Place{Workspace: p.in.Workspace, Project: target.Name}
}

func (p *prober) askSelf(ctx context.Context, c *bitbucket.Client, i int) error {
	user, err := c.Self(ctx)
	p.report.Credentials[i].Account = user.DisplayName
	return err
}

func (p *prober) askRole(ctx context.Context, c *bitbucket.Client, i int) error {
	role, err := c.Role(ctx, p.in.Workspace)
	p.report.Credentials[i].Role, p.seen[i].role = role, role
	return err
}

// askGroups looks the named groups up, with the first credential that can read them.
func (p *prober) askGroups(ctx context.Context, c *bitbucket.Client, i int) error {
	groups, err := c.Groups(ctx, p.in.Workspace)
	if err != nil {
		return err
	}
	p.seen[i].groups = true
	if slices.ContainsFunc(p.seen[:i], func(s seen) bool { return s.groups }) {
		return nil
	}
	troubles := p.in.Groups(groups, p.in.Needs.Groups)
	for _, name := range p.in.Needs.Groups {
		trouble, wrong := troubles[name]
		made := trouble.Missing && p.in.Needs.CreateGroups
		if wrong && !made {
			p.report.Groups = append(p.report.Groups, trouble.Detail)
		}
	}
	return nil
}

func (p *prober) askInvitations(ctx context.Context, c *bitbucket.Client, i int) error {
	_, err := c.Invitations(ctx, p.in.Workspace)
	if p.seen[i].groups && bitbucket.Off(err) {
		// The groups could be read, so the workspace is there and the credential is good.
		p.seen[i].moved = true
		return bitbucket.AsMoved(err)
	}
	return err
}

// blindError is a look-up that does not find who is there.
type blindError struct{ role string }

func (e *blindError) Error() string {
	return fmt.Sprintf("the look-up by address does not find the credential's own account, though that is %s of the workspace", e.role)
}

// askMembers asks for the credential's own address, where it has one: who looks up members and does not find them takes
// them for strangers.
func (p *prober) askMembers(ctx context.Context, c *bitbucket.Client, i int) error {
	email, err := access.ParseEmail(p.in.Credentials[i].Email)
	own := err == nil
	if !own {
		email = stranger
	}
	users, err := c.MembersByEmail(ctx, p.in.Workspace, []string{string(email)})
	if err == nil && own && p.seen[i].role != "" && len(users) == 0 {
		return &blindError{p.seen[i].role}
	}
	return err
}

// suggest says that there is no workspace of the name, and looks for the one that was meant.
func (p *prober) suggest(ctx context.Context, i int) {
	at := slices.IndexFunc(p.report.Calls, func(f Finding) bool { return f.at == i && f.kind == bitbucket.UnknownWorkspace })
	if at < 0 {
		return
	}
	f := &p.report.Calls[at]
	defer func() {
		if p.report.Problem == "" {
			p.report.Problem = f.Why + ": " + f.Try
		}
	}()
	within, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	slugs, err := p.clients[i].Workspaces(within)
	if err != nil || len(slugs) == 0 {
		return
	}
	f.Try = "correct the slug: the credential can see " + strings.Join(slugs, ", ")
	if near := settings.Nearest(p.in.Workspace, slugs); near != "" {
		f.Try += fmt.Sprintf("; did you mean %q?", near)
	}
}

// spreadMoved tells all findings of API 1.0 that the workspace was moved: without the right to read groups, a credential
// sees only that invitations are refused.
func (p *prober) spreadMoved() {
	if !p.moved() {
		return
	}
	p.report.Problem = movedWhole + ": " + movedTry
	for i := range p.report.Calls {
		f := &p.report.Calls[i]
		if f.Route == routeInvitations && f.Tried && f.final {
			f.say(No, movedWhy, movedTry)
		}
	}
}

func (p *prober) moved() bool {
	return slices.ContainsFunc(p.seen, func(s seen) bool { return s.moved })
}
