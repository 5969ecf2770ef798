package bitbuckettest

import (
	"net/http"
	"net/url"
	"slices"
)

// Permissions, from least to most.
const (
	permissionNone   = "none"
	permissionRead   = "read"
	permissionWrite  = "write"
	permissionCreate = "create-repo" // of projects only
	permissionAdmin  = "admin"
)

// permissionsOf lists the permissions that can be granted on a kind of target, from least to most.
func permissionsOf(kind string) []string {
	if kind == kindProject {
		return []string{permissionRead, permissionWrite, permissionCreate, permissionAdmin}
	}
	return []string{permissionRead, permissionWrite, permissionAdmin}
}

func validPermission(kind, permission string) bool {
	return slices.Contains(permissionsOf(kind), permission)
}

// levelOf compares permissions: what is unknown or none is -1.
func levelOf(permission string) int { return slices.Index(permissionsOf(kindProject), permission) }

// effective is the permission that an account has on a target from its own grant and those of its groups.
func (w *workspace) effective(t *target, a *account) string {
	best, _ := t.users.get(a.uuid)
	for slug, permission := range t.groups.all() {
		g, ok := w.groups.get(slug)
		if ok && g.members.has(a.uuid) && levelOf(permission) > levelOf(best) {
			best = permission
		}
	}
	return best
}

// permissionRoutes makes the same eight endpoints for repositories and projects.
func permissionRoutes() []route {
	return slices.Concat(
		permissionRoutesOf(kindRepository, "/2.0/repositories/{workspace}/{repo_slug}", docRepos),
		permissionRoutesOf(kindProject, "/2.0/workspaces/{workspace}/projects/{project_key}", docProjects),
	)
}

func permissionRoutesOf(kind, prefix, doc string) []route {
	classic := []string{kind + ":admin"}
	get := route{doc: doc, rank: targetAdmin, query: []string{"fields"}, needs: scopes{
		granular: []string{"read:" + kind + ":bitbucket"}, classic: classic,
	}}
	list := get
	list.query = listQuery() // these lists take neither q nor sort
	put := route{doc: doc, rank: targetAdmin, body: bodyJSON, apiTokenOnly: true, needs: scopes{
		granular: []string{"admin:" + kind + ":bitbucket", "write:permission:bitbucket"}, classic: classic,
	}}
	remove := route{doc: doc, rank: targetAdmin, apiTokenOnly: true, needs: scopes{
		granular: []string{"admin:" + kind + ":bitbucket", "delete:permission:bitbucket"}, classic: classic,
	}}
	groups, users := prefix+"/permissions-config/groups", prefix+"/permissions-config/users"
	group, user := groups+"/{group_slug}", users+"/{selected_user_id}"
	return []route{
		list.at(http.MethodGet, groups, (*call).listGroupGrants),
		get.at(http.MethodGet, group, (*call).getGroupGrant),
		put.at(http.MethodPut, group, (*call).putGroupGrant),
		remove.at(http.MethodDelete, group, (*call).deleteGroupGrant),
		list.at(http.MethodGet, users, (*call).listUserGrants),
		get.at(http.MethodGet, user, (*call).getUserGrant),
		put.at(http.MethodPut, user, (*call).putUserGrant),
		remove.at(http.MethodDelete, user, (*call).deleteUserGrant),
	}
}

// grantLinks is the link of one grant.
func (c *call) grantLinks(tail string) links {
	path := "/repositories/" + c.workspace.slug + "/" + c.target.key
	if c.target.kind == kindProject {
		path = "/workspaces/" + c.workspace.slug + "/projects/" + c.target.key
	}
	return links{"self": {apiRoot + path + "/permissions-config/" + tail}}
}

func (c *call) groupGrant(slug string) grant2 {
	permission, ok := c.target.groups.get(slug)
	if !ok {
		permission = permissionNone
	}
	g, _ := c.workspace.groups.get(slug)
	shape := c.workspace.group2(g)
	return grant2{
		Type: c.target.kind + "_group_permission", Group: &shape, Permission: permission,
		Links: c.grantLinks("groups/" + slug),
	}
}

func (c *call) userGrant(uuid string) grant2 {
	permission, ok := c.target.users.get(uuid)
	if !ok {
		permission = permissionNone
	}
	a := c.server.byID[uuid]
	shape := a.account2()
	return grant2{
		Type: c.target.kind + "_user_permission", User: &shape, Permission: permission,
		Links: c.grantLinks("users/" + url.PathEscape(a.id)),
	}
}

// wantedPermission reads the body of a PUT.
func (c *call) wantedPermission() (string, *answer) {
	body, refused := c.strings("permission")
	if refused != nil {
		return "", refused
	}
	permission, ok := body["permission"]
	if ok && validPermission(c.target.kind, permission) {
		return permission, nil
	}
	message := permission + " is not a valid permission"
	if !ok {
		message = "permission is required"
	}
	a := jsonError(http.StatusBadRequest, errorBody{Message: message, Fields: map[string][]string{"permission": {message}}})
	return "", &a
}

// grantable says whether the plan allows one more grant; see Switches.RefuseGrantsWhenFull.
func (c *call) grantable(have bool) bool {
	seats := c.workspace.seats
	if seats == 0 || have {
		return true
	}
	taken := c.taken(seats)
	return taken < seats || taken == seats && !c.server.options.Switches.RefuseGrantsWhenFull
}
