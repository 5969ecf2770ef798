package bitbucket

import (
	"context"
	"errors"
	"net/http"
	"net/url"
)

// Group is a group of a workspace with its members, who are listed without addresses.
type Group struct {
	Name    string `json:"name"`
	Slug    string `json:"slug"`
	Members []User `json:"members"`
}

// Groups lists all groups of the workspace with their members, in one answer.
// (https://support.atlassian.com/bitbucket-cloud/docs/groups-endpoint/)
//
// API: GET /1.0/groups/{workspace}
func (c *Client) Groups(ctx context.Context, workspace string) ([]Group, error) {
	var groups []Group
	err := c.do(ctx, call{
		method: http.MethodGet, route: "/1.0/groups/{workspace}", values: []string{workspace}, workspaceWide: true,
	}, &groups)
	return groups, err
}

// CreateGroup makes a group without members and without permissions, and gives it with the slug that the server chose.
//
// API: POST /1.0/groups/{workspace}
func (c *Client) CreateGroup(ctx context.Context, workspace, name string) (Group, error) {
	var group Group
	err := c.do(ctx, call{
		method: http.MethodPost, route: "/1.0/groups/{workspace}", values: []string{workspace},
		form: url.Values{"name": {name}}, workspaceWide: true,
	}, &group)
	return group, err
}

// AddToGroup puts an account, named by its UUID, into a group. That the account is in it already is no error.
//
// API: PUT /1.0/groups/{workspace}/{group_slug}/members/{member}
func (c *Client) AddToGroup(ctx context.Context, workspace, slug, uuid string) error {
	err := c.do(ctx, call{
		method: http.MethodPut, route: "/1.0/groups/{workspace}/{group_slug}/members/{member}",
		values: []string{workspace, slug, uuid}, body: struct{}{}, workspaceWide: true,
	}, nil)
	return unlessAlready(err)
}

// unlessAlready drops the answer that something was so already (409).
func unlessAlready(err error) error {
	var answer *Error
	if errors.As(err, &answer) && answer.Status == http.StatusConflict {
		return nil
	}
	return err
}
