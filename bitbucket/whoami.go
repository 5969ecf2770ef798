package bitbucket

import (
	"context"
	"net/http"
	"net/url"
)

// Self tells whose credential it is that this client has. Of a token that belongs to a workspace it is the workspace.
// (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-users/)
//
// API: GET /2.0/user
func (c *Client) Self(ctx context.Context) (User, error) {
	var user User
	err := c.do(ctx, call{method: http.MethodGet, route: "/2.0/user"}, &user)
	return user, err
}

// Role tells what the credential's account is in a workspace: "owner", who administers it, "create-project" or "member".
// (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/)
//
// API: GET /2.0/user/workspaces/{workspace}/permission
func (c *Client) Role(ctx context.Context, workspace string) (string, error) {
	var membership struct {
		Permission string `json:"permission"`
	}
	err := c.do(ctx, call{
		method: http.MethodGet, route: "/2.0/user/workspaces/{workspace}/permission", values: []string{workspace}, workspaceWide: true,
	}, &membership)
	return membership.Permission, err
}

// Workspaces lists the slugs of the workspaces that the credential can see.
//
// API: GET /2.0/user/workspaces
func (c *Client) Workspaces(ctx context.Context) ([]string, error) {
	type access struct {
		Workspace struct {
			Slug string `json:"slug"`
		} `json:"workspace"`
	}
	list, err := all[access](ctx, c, call{method: http.MethodGet, route: "/2.0/user/workspaces", query: url.Values{"pagelen": {"100"}}})
	if err != nil {
		return nil, err
	}
	slugs := make([]string, len(list))
	for i, seen := range list {
		slugs[i] = seen.Workspace.Slug
	}
	return slugs, nil
}
