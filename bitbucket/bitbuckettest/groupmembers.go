package bitbuckettest

import (
	"net/http"
	"strings"
)

func groupMemberRoutes() []route {
	const all, one = "/1.0/groups/{workspace}/{group_slug}/members", "/1.0/groups/{workspace}/{group_slug}/members/{member}"
	get := route{doc: docGroups, needs: read1(), rank: workspaceAdmin}
	write := route{doc: docGroups, needs: write1(), rank: workspaceAdmin, whenMoved: movedRefused}
	return []route{
		get.at(http.MethodGet, all, (*call).listGroupMembers),
		write.takes(bodyJSON).at(http.MethodPut, one, (*call).putGroupMember),
		write.at(http.MethodDelete, one, (*call).deleteGroupMember),
	}
}

func (c *call) listGroupMembers() answer {
	g, missing := c.group()
	if missing != nil {
		return *missing
	}
	return success(members1(g))
}

// person gives the account of the path: a uuid in braces, or an address.
func (c *call) person() (*account, *answer) {
	key := c.arg("member")
	found := c.server.accountOf(key)
	if strings.HasPrefix(key, "{") {
		found = c.server.byID[key]
	}
	if found != nil {
		return found, nil
	}
	a := c.fail(http.StatusNotFound, "No user with validated email address")
	return nil, &a
}

func (c *call) putGroupMember() answer {
	g, missing := c.group()
	if missing != nil {
		return *missing
	}
	if _, refused := c.object(); refused != nil {
		return *refused
	}
	a, unknown := c.person()
	if unknown != nil {
		return *unknown
	}
	if g.members.has(a.uuid) {
		return c.fail(http.StatusConflict, "User is already a member of this group")
	}
	if !c.room(a.email) {
		return c.noSeat()
	}
	c.workspace.join(a, c.server.options.Now())
	g.members.put(a.uuid, a)
	c.workspace.uninvite(a.email, g.slug)
	return success(a.user1())
}

func (c *call) deleteGroupMember() answer {
	g, missing := c.group()
	if missing != nil {
		return *missing
	}
	a, unknown := c.person()
	if unknown != nil {
		return *unknown
	}
	if !g.members.has(a.uuid) {
		return c.fail(http.StatusNotFound, "User is not a member of this group")
	}
	g.members.drop(a.uuid)
	c.workspace.leaveIfBare(a)
	return noContent()
}
