package bitbuckettest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

func userRoutes() []route {
	get := route{doc: docUsers, needs: scopes{granular: []string{"read:user:bitbucket"}, classic: []string{"account"}}, query: []string{"fields"}}
	workspaces := route{doc: docWorkspaces, needs: read1(), query: listQuery("administrator", "sort", "q")}
	permission := route{doc: docWorkspaces, needs: read1(), query: []string{"fields"}}
	return []route{
		get.at(http.MethodGet, "/2.0/user", (*call).getSelf),
		workspaces.at(http.MethodGet, "/2.0/user/workspaces", (*call).listOwnWorkspaces),
		permission.at(http.MethodGet, "/2.0/user/workspaces/{workspace}/permission", (*call).getOwnPermission),
	}
}

// getSelf tells who the caller is. A token that belongs to a workspace is a "team".
func (c *call) getSelf() answer {
	k := c.credential
	if k.account != nil {
		return success(person2{self2: self2{account2: k.account.account2(), CreatedOn: k.account.created.UTC()}, Status: "active"})
	}
	for _, w := range c.server.workspaces.all() {
		if k.rankIn(w) > anyone {
			return success(self2{account2: w.account2(), CreatedOn: w.created.UTC()})
		}
	}
	return c.fail(http.StatusForbidden, "This token belongs to no workspace")
}

func (c *call) listOwnWorkspaces() answer {
	q, refused := c.filter("slug")
	if refused != nil {
		return *refused
	}
	const published = 25 // the sample of this endpoint has another page length than the rest
	admins := c.query.Get("administrator")
	if _, err := strconv.ParseBool(admins); err != nil && c.query.Has("administrator") {
		return *c.refuse("administrator is not true or false")
	}
	order := c.query.Get("sort")
	if !slices.Contains([]string{"", "slug", "-slug"}, order) {
		return *c.refuse("Only slug can be sorted by")
	}
	var found []*workspace
	for _, w := range c.server.workspaces.all() {
		is := c.credential.rankIn(w)
		if is == anyone || !q.is(w.slug) || admins != "" && admins != strconv.FormatBool(is == workspaceAdmin) {
			continue
		}
		found = append(found, w)
	}
	sortBy(found, order, func(w *workspace) string { return w.slug })
	return paged(c, found, published, func(w *workspace) access2 {
		return access2{
			Type: "workspace_access", Administrator: c.credential.rankIn(w) == workspaceAdmin,
			Workspace: w.brief2("workspace_base"),
		}
	})
}

// sortBy sorts by a key, downwards where the order begins with a minus, and not at all where it is empty.
func sortBy[T any](items []T, order string, key func(T) string) {
	if order == "" {
		return
	}
	slices.SortStableFunc(items, func(a, b T) int { return strings.Compare(key(a), key(b)) })
	if strings.HasPrefix(order, "-") {
		slices.Reverse(items)
	}
}

func (c *call) getOwnPermission() answer {
	m := c.server.memberOf(c.workspace, c.credential.actor(c.workspace).uuid)
	if m == nil || c.credential.rankIn(c.workspace) == anyone {
		return c.fail(http.StatusForbidden, "You are not a member of this workspace.")
	}
	return success(c.workspace.permission2(m))
}
