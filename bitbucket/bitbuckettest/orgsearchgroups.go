package bitbuckettest

import (
	"slices"
	"strings"
)

func (c *call) checkGroups(body groupsBody) *answer {
	if len(body.Names) > 0 && (body.SearchTerm != nil || len(body.GroupIDs) > 0) {
		return c.refuse("The property groupNames excludes searchTerm and groupIds")
	}
	if refused := c.checkSort(body.SortBy, "name"); refused != nil {
		return refused
	}
	return c.checkLists(
		filter{"groupNames", body.Names, mostNames, nil}, filter{"groupIds", body.GroupIDs, mostIDs, nil},
		filter{"accountIds", body.AccountIDs, mostIDs, nil}, filter{"directoryIds", body.DirectoryIDs, mostIDs, nil},
		filter{"roleIds", body.RoleIDs, mostIDs, nil}, filter{"resourceOwners", body.ResourceOwners, mostIDs, nil},
		filter{"resourceIds", body.ResourceIDs, mostResources, nil},
		filter{"expand", body.Expand, mostIDs, []string{"counts.users", "counts.resources"}},
	)
}

func (c *call) searchGroups() answer {
	var body groupsBody
	if refused := c.readList(&body); refused != nil {
		return *refused
	}
	if refused := c.checkGroups(body); refused != nil {
		return *refused
	}
	limit, refused := c.limitOf(body.Limit, usualGroups)
	if refused != nil {
		return *refused
	}
	var found []*orgGroup
	for _, g := range c.organization.groups.all() {
		if c.isAsked(body, g) {
			found = append(found, g)
		}
	}
	if len(body.SortBy) > 0 {
		sortBy(found, orderOf(body.SortBy[0]), func(g *orgGroup) string { return g.name })
	}
	return adminPaged(c, found, limit, func(g *orgGroup) group3 { return c.group3(g, body.Expand) })
}

// isAsked says whether a group is one of those that a search asks for. Names are compared whole, in any case.
func (c *call) isAsked(body groupsBody, g *orgGroup) bool {
	held := g.allRoles()
	for _, f := range []struct {
		values []string
		holds  func(string) bool
	}{
		{body.Names, func(name string) bool { return strings.EqualFold(name, g.name) }},
		{body.GroupIDs, func(id string) bool { return id == g.id }},
		{body.AccountIDs, g.members.has},
		{body.DirectoryIDs, func(id string) bool { return id == c.organization.directory }},
		{body.RoleIDs, func(role string) bool { return slices.Contains(held, role) }},
		{body.ResourceOwners, func(owner string) bool { return owner == "bitbucket" && g.roles.len() > 0 }},
		{body.ResourceIDs, g.roles.has},
	} {
		if len(f.values) > 0 && !slices.ContainsFunc(f.values, f.holds) {
			return false
		}
	}
	return body.SearchTerm == nil || containsFold(g.name, *body.SearchTerm)
}

// allRoles gives the roles of a group on all resources.
func (g *orgGroup) allRoles() []string {
	var all []string
	for _, roles := range g.roles.all() {
		all = append(all, roles...)
	}
	return all
}
