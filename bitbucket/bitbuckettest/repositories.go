package bitbuckettest

import (
	"net/http"
	"slices"
	"strings"
)

func repositoryRoutes() []route {
	const repositories, projects = "/2.0/repositories/{workspace}", "/2.0/workspaces/{workspace}/projects"
	list := route{doc: docRepos, needs: repositoryRead(), query: listQuery("role", "q", "sort")}
	one := route{doc: docRepos, needs: repositoryRead(), query: []string{"fields"}, rank: workspaceMember}
	listProjects := route{doc: docProjects, needs: projectRead(), query: listQuery()}
	project := route{doc: docProjects, needs: projectRead(), query: []string{"fields"}, rank: workspaceMember}
	return []route{
		list.at(http.MethodGet, repositories, (*call).listRepositories),
		one.at(http.MethodGet, repositories+"/{repo_slug}", func(c *call) answer {
			return success(c.workspace.repository2(c.target))
		}),
		listProjects.at(http.MethodGet, projects, (*call).listProjects),
		project.at(http.MethodGet, projects+"/{project_key}", func(c *call) answer {
			return success(c.workspace.project2(c.target))
		}),
	}
}

func repositoryRead() scopes {
	return scopes{granular: []string{"read:repository:bitbucket"}, classic: []string{"repository"}}
}

func projectRead() scopes {
	return scopes{granular: []string{"read:project:bitbucket"}, classic: []string{"project"}}
}

func (c *call) listRepositories() answer {
	q, refused := c.filter("name", "slug", "full_name", "uuid", "project.key")
	if refused != nil {
		return *refused
	}
	role, order := c.query.Get("role"), c.query.Get("sort")
	if c.query.Has("role") && !slices.Contains([]string{"admin", "contributor", "member", "owner"}, role) {
		return *c.refuse(role + " is not a role")
	}
	if key := strings.TrimPrefix(order, "-"); c.query.Has("sort") && !slices.Contains([]string{"name", "slug", "full_name"}, key) {
		return *c.refuse(order + " cannot be sorted by")
	}
	var found []*target
	for _, t := range c.workspace.repositories.all() {
		if c.playsRole(t, role) && (q == nil || q.is(c.repositoryField(t, q.field))) {
			found = append(found, t)
		}
	}
	sortBy(found, order, func(t *target) string { return t.key })
	return paged(c, found, pageLength, c.workspace.repository2)
}

// repositoryField is a value that repositories can be filtered by.
func (c *call) repositoryField(t *target, name string) string {
	switch {
	case name == "uuid":
		return t.uuid
	case name == "full_name":
		return c.workspace.slug + "/" + t.key
	case name == "project.key" && t.project != nil:
		return t.project.key
	case name == "project.key":
		return ""
	}
	return t.key // name and slug are the same here
}

// playsRole says whether the caller may see a repository in a role; with none, whether at all.
func (c *call) playsRole(t *target, role string) bool {
	if c.credential.rankIn(c.workspace) == workspaceAdmin || role == "" && !t.private {
		return true
	}
	least := map[string]string{"": permissionRead, "member": permissionRead, "contributor": permissionWrite, "admin": permissionAdmin}
	floor, ok := least[role]
	if !ok || c.credential.account == nil {
		return c.credential.administers(c.workspace, t)
	}
	return levelOf(c.workspace.effective(t, c.credential.account)) >= levelOf(floor)
}

func (c *call) listProjects() answer {
	var found []*target
	for _, t := range c.workspace.projects.all() {
		found = append(found, t)
	}
	return paged(c, found, pageLength, c.workspace.project2)
}
