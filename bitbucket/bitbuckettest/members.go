package bitbuckettest

import (
	"net/http"
	"slices"
)

func memberRoutes() []route {
	const one = "/2.0/workspaces/{workspace}"
	get := route{doc: docWorkspaces, needs: read1(), query: []string{"fields"}}
	member := get
	member.rank = workspaceMember
	list := member
	list.query = listQuery("q")
	return []route{
		get.at(http.MethodGet, one, func(c *call) answer { return success(c.workspace.workspace2()) }),
		list.at(http.MethodGet, one+"/members", (*call).listMembers),
		member.at(http.MethodGet, one+"/members/{member}", (*call).getMember),
		list.at(http.MethodGet, one+"/permissions", (*call).listPermissions),
	}
}

// listMembers lists all members, or those of the addresses in q. Addresses are matched as they are: lower case only.
func (c *call) listMembers() answer {
	q, refused := c.emailFilter()
	if refused != nil {
		return *refused
	}
	showEmail := q != nil && c.asks("values.user.email")
	return paged(c, c.membersOf(q), pageLength, func(m *member) membership2 {
		shape := c.workspace.membership2(m)
		if showEmail {
			shape.User.Email = m.account.email
		}
		return shape
	})
}

// membersOf gives the members of a filter by address sorted by address; all members where it is nil.
func (c *call) membersOf(q *condition) []*member {
	var found []*member
	if q == nil {
		for _, m := range c.workspace.members.all() {
			found = append(found, m)
		}
		return found
	}
	for _, email := range slices.Compact(slices.Sorted(slices.Values(q.values))) {
		a := c.server.accountOf(email)
		if a == nil || a.email != email {
			continue
		}
		if m, ok := c.workspace.members.get(a.uuid); ok {
			found = append(found, m)
		}
	}
	return found
}

func (c *call) getMember() answer {
	m := c.server.memberOf(c.workspace, c.arg("member"))
	if m == nil {
		return c.fail(http.StatusNotFound, "There is no such member in this workspace")
	}
	return success(c.workspace.membership2(m))
}

func (c *call) listPermissions() answer {
	q, refused := c.filter("permission", "user.uuid", "user.nickname")
	if refused != nil {
		return *refused
	}
	var found []*member
	for _, m := range c.workspace.members.all() {
		if q == nil || q.is(c.memberField(m, q.field)) {
			found = append(found, m)
		}
	}
	return paged(c, found, pageLength, c.workspace.permission2)
}

// memberField is a value that the list of permissions can be filtered by.
func (c *call) memberField(m *member, name string) string {
	switch name {
	case "user.uuid":
		return m.account.uuid
	case "user.nickname":
		return m.account.nickname
	}
	if m.admin {
		return "owner"
	}
	return "member"
}
