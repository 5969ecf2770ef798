package bitbucket

import (
	"context"
	"net/http"
	"net/url"
)

// Place is where permissions are granted explicitly: a repository by its slug, or a project by its key. One of the two
// is set.
type Place struct {
	Workspace  string
	Repository string
	Project    string
}

// GroupPermission is the explicit permission of a group; Permission is read, write, create-repo or admin.
type GroupPermission struct {
	Group      Group  `json:"group"`
	Permission string `json:"permission"`
}

// UserPermission is the explicit permission of a person.
type UserPermission struct {
	User       User   `json:"user"`
	Permission string `json:"permission"`
}

// GroupPermissions lists the explicit permissions of groups.
//
// API: GET /2.0/repositories/{workspace}/{repo_slug}/permissions-config/groups
// API: GET /2.0/workspaces/{workspace}/projects/{project_key}/permissions-config/groups
func (c *Client) GroupPermissions(ctx context.Context, place Place) ([]GroupPermission, error) {
	return all[GroupPermission](ctx, c, place.list("groups"))
}

// UserPermissions lists the explicit permissions of people.
//
// API: GET /2.0/repositories/{workspace}/{repo_slug}/permissions-config/users
// API: GET /2.0/workspaces/{workspace}/projects/{project_key}/permissions-config/users
func (c *Client) UserPermissions(ctx context.Context, place Place) ([]UserPermission, error) {
	return all[UserPermission](ctx, c, place.list("users"))
}

// SetGroupPermission sets the explicit permission of a group, named by its slug.
//
// API: PUT /2.0/repositories/{workspace}/{repo_slug}/permissions-config/groups/{group_slug}
// API: PUT /2.0/workspaces/{workspace}/projects/{project_key}/permissions-config/groups/{group_slug}
func (c *Client) SetGroupPermission(ctx context.Context, place Place, slug, permission string) error {
	return c.do(ctx, place.set("groups/{group_slug}", slug, permission), nil)
}

// SetUserPermission sets the explicit permission of a member of the workspace, named by account ID or UUID.
//
// API: PUT /2.0/repositories/{workspace}/{repo_slug}/permissions-config/users/{selected_user_id}
// API: PUT /2.0/workspaces/{workspace}/projects/{project_key}/permissions-config/users/{selected_user_id}
func (c *Client) SetUserPermission(ctx context.Context, place Place, account, permission string) error {
	return c.do(ctx, place.set("users/{selected_user_id}", account, permission), nil)
}

func (p Place) list(what string) call {
	k := p.call(http.MethodGet, what)
	k.query = url.Values{"pagelen": {"100"}}
	return k
}

func (p Place) set(what, who, permission string) call {
	k := p.call(http.MethodPut, what)
	k.values = append(k.values, who)
	k.body = map[string]string{"permission": permission}
	return k
}

func (p Place) call(method, what string) call {
	if p.Repository != "" {
		return call{
			method: method, route: "/2.0/repositories/{workspace}/{repo_slug}/permissions-config/" + what,
			values: []string{p.Workspace, p.Repository},
		}
	}
	return call{
		method: method, route: "/2.0/workspaces/{workspace}/projects/{project_key}/permissions-config/" + what,
		values: []string{p.Workspace, p.Project},
	}
}
