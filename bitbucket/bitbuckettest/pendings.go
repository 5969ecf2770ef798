package bitbuckettest

import (
	"net/http"
	"slices"
	"strings"
)

func pendingRoutes() []route {
	const (
		all  = "/1.0/users/{workspace}/invitations"
		one  = all + "/{email}"
		each = one + "/{group_owner}/{group_slug}"
	)
	get := route{doc: docPending, needs: read1(), rank: workspaceAdmin, whenMoved: movedOff}
	write := route{doc: docPending, needs: write1(), rank: workspaceAdmin, whenMoved: movedOff}
	invite := write.takes(bodyJSON)
	invite.invites = true
	return []route{
		get.at(http.MethodGet, all, (*call).listPending),
		get.at(http.MethodGet, one, (*call).getPending),
		invite.at(http.MethodPut, all, (*call).inviteToGroup),
		write.at(http.MethodDelete, one, (*call).cancelAll),
		write.at(http.MethodDelete, each, (*call).cancelOne),
	}
}

// listed says whether the list of pending invitations shows one.
func (c *call) listed(p *pending) bool {
	return len(p.groups) > 0 || c.server.options.Switches.ListRepositoryInvitations
}

func (c *call) listPending() answer {
	list := []pending1{}
	for _, p := range c.workspace.pending.all() {
		if c.listed(p) {
			list = append(list, c.workspace.pending1(p))
		}
	}
	return success(list)
}

// noPending is the 404 for an address without a pending invitation. It has no body at all.
func noPending() answer { return textError(http.StatusNotFound, "") }

func (c *call) getPending() answer {
	p, ok := c.workspace.pending.get(fold(c.arg("email")))
	if !ok || !c.listed(p) {
		return noPending()
	}
	return success(c.workspace.pending1(p))
}

func (c *call) inviteToGroup() answer {
	body, refused := c.strings("email", "group_slug")
	if refused != nil {
		return *refused
	}
	email, slug := body["email"], body["group_slug"]
	if !looksLikeAddress(email) {
		return c.badRequest("Invalid email address")
	}
	g, ok := c.workspace.groups.get(slug)
	if !ok {
		return c.fail(http.StatusNotFound, "There is no group "+slug)
	}
	if c.hasGroup(email, g) {
		return c.repeated(email, kindGroup, slug)
	}
	if !c.server.options.Switches.FreeInvitations && !c.room(email) {
		return c.noSeat()
	}
	p := c.pend(email)
	p.groups = append(p.groups, slug)
	c.server.mail(c.workspace, email, kindGroup, slug)
	return success(c.workspace.pending1(p))
}

// hasGroup says whether the person of an address is in a group or invited to it.
func (c *call) hasGroup(email string, g *group) bool {
	if p, ok := c.workspace.pending.get(fold(email)); ok && slices.Contains(p.groups, g.slug) {
		return true
	}
	a := c.server.accountOf(email)
	return a != nil && g.members.has(a.uuid)
}

// pend gives the pending invitation of an address, made where missing, as sent now by the caller.
func (c *call) pend(email string) *pending {
	p, ok := c.workspace.pending.get(fold(email))
	if !ok {
		p = &pending{email: email}
		c.workspace.pending.put(fold(email), p)
	}
	p.by, p.sent = c.credential.actor(c.workspace), c.server.options.Now()
	return p
}

// repeated is the answer to an invitation that is not needed; see Switches.RepeatInvite.
func (c *call) repeated(email, kind, key string) answer {
	switch c.server.options.Switches.RepeatInvite {
	case repeat409:
		return c.fail(http.StatusConflict, "This user has been invited already")
	case repeat400:
		return c.badRequest("This user has been invited already")
	case repeatSilent:
	default:
		c.server.mail(c.workspace, email, kind, key)
	}
	p, ok := c.workspace.pending.get(fold(email))
	if !ok {
		p = &pending{email: email}
	}
	p.by, p.sent = c.credential.actor(c.workspace), c.server.options.Now()
	if kind == kindRepository {
		return success(c.workspace.invitation1(c.target, p, permissionRead))
	}
	return success(c.workspace.pending1(p))
}

func (c *call) cancelAll() answer {
	p, ok := c.workspace.pending.get(fold(c.arg("email")))
	if !ok || !c.listed(p) {
		return noPending()
	}
	p.groups = nil
	if p.empty() || c.server.options.Switches.ListRepositoryInvitations {
		c.workspace.pending.drop(fold(p.email))
	}
	return noContent()
}

func (c *call) cancelOne() answer {
	owner := c.arg("group_owner")
	if owner != c.workspace.slug && owner != c.workspace.uuid {
		return noPending()
	}
	if !c.workspace.uninvite(c.arg("email"), c.arg("group_slug")) {
		return noPending()
	}
	return noContent()
}

// uninvite takes one group from the pending invitation of an address; false when it was not in it.
func (w *workspace) uninvite(email, slug string) bool {
	p, ok := w.pending.get(fold(email))
	if !ok || !slices.Contains(p.groups, slug) {
		return false
	}
	p.groups = slices.DeleteFunc(p.groups, func(s string) bool { return s == slug })
	if p.empty() {
		w.pending.drop(fold(email))
	}
	return true
}

// looksLikeAddress is as much as the emulator knows of addresses.
func looksLikeAddress(s string) bool {
	local, domain, found := strings.Cut(s, "@")
	return found && local != "" && strings.Contains(domain, ".") && !strings.ContainsAny(s, " \t\r\n,;<>")
}
