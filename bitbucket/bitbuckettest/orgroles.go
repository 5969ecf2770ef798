package bitbuckettest

import (
	"net/http"
	"slices"
	"strings"
)

// roles3 are the roles that a group has on one resource.
type roles3 struct {
	ResourceID    string   `json:"resourceId"`
	ResourceOwner string   `json:"resourceOwner"`
	Roles         []string `json:"roles"`
}

// roleBody is a role on a resource to be given or taken.
type roleBody struct {
	Resource string `json:"resourceId"`
	Role     string `json:"roleId"`
}

func roleRoutes() []route {
	const all = directoryRoot + "/groups/{groupId}/role-assignments"
	get := route{
		doc: docAdmin, needs: scopes{granular: []string{"read:groups:admin"}}, query: []string{"cursor", "limit"},
		admin: adminManner{
			access: true, reads: true, lists: []string{"directoryIds", "resourceOwners", "resourceIds", "roleIds"},
		},
	}
	write := route{doc: docAdmin, body: bodyJSON, admin: adminManner{access: true}}
	return []route{
		get.at(http.MethodGet, all, (*call).listRoles),
		write.at(http.MethodPost, all+"/assign", (*call).assignRole),
		write.at(http.MethodPost, all+"/revoke", (*call).revokeRole),
	}
}

func (c *call) listRoles() answer {
	g, missing := c.orgGroup()
	if missing != nil {
		return *missing
	}
	limit, refused := c.queryLimit(pageLength)
	if refused != nil {
		return *refused
	}
	var found []roles3
	for ari, roles := range g.roles.all() {
		shape := roles3{ResourceID: ari, ResourceOwner: "bitbucket", Roles: roles}
		if c.asksFor("resourceIds", ari) && c.asksFor("resourceOwners", shape.ResourceOwner) &&
			c.asksFor("directoryIds", c.organization.directory) && c.asksFor("roleIds", roles...) {
			found = append(found, shape)
		}
	}
	return adminPaged(c, found, limit, func(r roles3) roles3 { return r })
}

// asksFor says whether a list in the query has one of the values, or is not there.
func (c *call) asksFor(name string, values ...string) bool {
	wanted := c.query[name]
	return len(wanted) == 0 || slices.ContainsFunc(values, func(value string) bool { return slices.Contains(wanted, value) })
}

// role reads what is to be given or taken, and where.
func (c *call) role() (*orgGroup, *workspace, string, *answer) {
	var body roleBody
	if refused := c.read(&body); refused != nil {
		return nil, nil, "", refused
	}
	switch {
	case !slices.Contains(append(inviteRoles(), roleUserAccessAdmin), body.Role):
		return nil, nil, "", c.refuse("There is no role " + body.Role)
	case !strings.HasPrefix(body.Resource, "ari:"):
		return nil, nil, "", c.refuse("The resource is not an ARI")
	}
	g, missing := c.orgGroup()
	if missing != nil {
		return nil, nil, "", missing
	}
	w := c.server.resource(c.organization, body.Resource)
	switch {
	case w == nil:
		return nil, nil, "", c.fails(noResource())
	case !slices.Contains([]string{roleUser, roleAdmin, roleUserAccessAdmin}, body.Role):
		return nil, nil, "", c.fails(wrongRole())
	case g.builtIn:
		return nil, nil, "", c.fails(fixedGroup())
	}
	return g, w, body.Role, nil
}

// assignRole gives a group a role, which it may have already.
func (c *call) assignRole() answer {
	g, w, role, refused := c.role()
	if refused != nil {
		return *refused
	}
	needed := 0
	for _, p := range g.members.all() {
		if opens([]string{role}) && p.status == statusActive && c.organization.level(p, w.ari()) == "" {
			needed++
		}
	}
	if needed > 0 && needed > c.server.free(c.organization, w, needed) {
		return c.problem(noSeats())
	}
	give(&g.roles, w.ari(), role)
	c.server.tellGroup(c.organization, g)
	return c.roleDone(http.StatusOK)
}

func (c *call) revokeRole() answer {
	g, w, role, refused := c.role()
	if refused != nil {
		return *refused
	}
	if !take(&g.roles, w.ari(), role) {
		return c.problem(noResource())
	}
	c.server.tellGroup(c.organization, g)
	return c.roleDone(http.StatusNoContent)
}

// roleDone is the success of a change, without a body; see OrganizationSwitches.RoleStatus.
func (c *call) roleDone(usual int) answer {
	if chosen := c.server.options.Organization.RoleStatus; chosen != 0 {
		usual = chosen
	}
	return textError(usual, "")
}
