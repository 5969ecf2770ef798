package bitbuckettest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
)

// read1 and write1 are what API 1.0 asks of a credential. For API tokens nothing is published: these are the scopes with
// which others report success.
func read1() scopes {
	return scopes{granular: []string{"read:workspace:bitbucket"}, classic: []string{"account"}}
}

func write1() scopes {
	return scopes{granular: []string{"write:permission:bitbucket"}, classic: []string{"account:write"}}
}

func groupRoutes() []route {
	const all, one = "/1.0/groups/{workspace}", "/1.0/groups/{workspace}/{group_slug}"
	get := route{method: http.MethodGet, doc: docGroups, needs: read1(), rank: workspaceAdmin}
	write := route{doc: docGroups, needs: write1(), rank: workspaceAdmin, whenMoved: movedRefused}
	return []route{
		get.at(http.MethodGet, all, (*call).listGroups),
		get.at(http.MethodGet, one, (*call).getGroup),
		write.takes(bodyForm).at(http.MethodPost, all, (*call).postGroup),
		write.takes(bodyJSON).at(http.MethodPut, one, (*call).putGroup),
		write.at(http.MethodDelete, one, (*call).deleteGroup),
	}
}

// at makes a route of a template.
func (r route) at(method, path string, handle func(*call) answer) route {
	r.method, r.path, r.handle = method, path, handle
	return r
}

// takes gives a template with another kind of body.
func (r route) takes(body bodyKind) route {
	r.body = body
	return r
}

// group gives the group of the path; look-ups are case-sensitive.
func (c *call) group() (*group, *answer) {
	found, ok := c.workspace.groups.get(c.arg("group_slug"))
	if ok {
		return found, nil
	}
	a := c.fail(http.StatusNotFound, "There is no group "+c.arg("group_slug"))
	return nil, &a
}

func (c *call) listGroups() answer {
	groups := []group1{}
	for _, g := range c.workspace.groups.all() {
		groups = append(groups, c.workspace.group1(g))
	}
	return success(groups)
}

func (c *call) getGroup() answer {
	g, missing := c.group()
	if missing != nil {
		return *missing
	}
	return success(c.workspace.group1(g))
}

func (c *call) postGroup() answer {
	form, refused := c.strings("name")
	if refused != nil {
		return *refused
	}
	name := form["name"]
	if name == "" {
		return c.badRequest("A group needs a name")
	}
	slug, free := c.freeSlug(name)
	if !free {
		return c.badRequest("There is a group of this name already")
	}
	g := &group{name: name, slug: slug}
	c.workspace.groups.put(g.slug, g)
	return success(c.workspace.group1(g))
}

// freeSlug gives the slug for a new group of a name; see Switches.SlugCollision.
func (c *call) freeSlug(name string) (slug string, free bool) {
	groups := &c.workspace.groups
	for _, g := range groups.all() {
		if g.name == name {
			return "", false
		}
	}
	slug = slugOf(name)
	if c.server.options.Switches.SlugCollision != slugNumbered {
		return slug, !groups.has(slug)
	}
	for n := 1; groups.has(slug); n++ {
		slug = slugOf(name) + "-" + strconv.Itoa(n)
	}
	return slug, true
}

func (c *call) putGroup() answer {
	g, missing := c.group()
	if missing != nil {
		return *missing
	}
	properties, refused := c.object("name", "permission", "auto_add", "email_forwarding_disabled")
	if refused != nil {
		return *refused
	}
	changed := *g
	into := map[string]any{
		"name": &changed.name, "permission": &changed.permission, "auto_add": &changed.autoAdd,
		"email_forwarding_disabled": &changed.forwardingOff,
	}
	for name, raw := range properties {
		if name == "permission" && string(raw) == "null" {
			changed.permission = ""
		} else if string(raw) == "null" || json.Unmarshal(raw, into[name]) != nil {
			return *c.refuse("The property " + name + " has the wrong type")
		}
	}
	if !slices.Contains([]string{"", permissionRead, permissionWrite, permissionAdmin}, changed.permission) {
		return c.badRequest(changed.permission + " is not a valid permission")
	}
	*g = changed
	return success(c.workspace.group1(g))
}

func (c *call) deleteGroup() answer {
	g, missing := c.group()
	if missing != nil {
		return *missing
	}
	w := c.workspace
	w.dropGroup(g)
	for _, email := range slices.Clone(w.pending.keys) {
		w.uninvite(email, g.slug)
	}
	for _, a := range g.members.all() {
		w.leaveIfBare(a)
	}
	return noContent()
}
