package bitbucket

import (
	"context"
	"net/http"
)

// Invitation is an invitation to groups that has not been accepted yet.
type Invitation struct {
	Email string `json:"email"`
	// Groups are "owner/slug".
	Groups []string `json:"groups"`
	// SentOn is UTC, as "2012-07-19 16:22:51+00:00".
	SentOn string `json:"utc_sent_on"`
}

// Invitations lists the pending invitations of the workspace, in one answer.
// (https://support.atlassian.com/bitbucket-cloud/docs/invitations-resource/)
//
// API: GET /1.0/users/{workspace}/invitations
func (c *Client) Invitations(ctx context.Context, workspace string) ([]Invitation, error) {
	invitations := []Invitation{}
	err := c.do(ctx, call{
		method: http.MethodGet, route: "/1.0/users/{workspace}/invitations", values: []string{workspace}, workspaceWide: true,
	}, &invitations)
	return invitations, err
}

// InviteToGroup mails an invitation to a group of the workspace. A repetition may mail again. That the address was
// invited already is no error.
//
// API: PUT /1.0/users/{workspace}/invitations
func (c *Client) InviteToGroup(ctx context.Context, workspace, slug, email string) error {
	err := c.do(ctx, call{
		method: http.MethodPut, route: "/1.0/users/{workspace}/invitations", values: []string{workspace}, workspaceWide: true,
		body: map[string]string{"email": email, "group_slug": slug},
	}, nil)
	return unlessAlready(err)
}

// CancelInvitation takes back all pending invitations of an address to groups of the workspace. That there is none is an
// error, of which Missing is true.
//
// API: DELETE /1.0/users/{workspace}/invitations/{email}
func (c *Client) CancelInvitation(ctx context.Context, workspace, email string) error {
	return c.do(ctx, call{
		method: http.MethodDelete, route: "/1.0/users/{workspace}/invitations/{email}",
		values: []string{workspace, email}, workspaceWide: true,
	}, nil)
}

// InviteToRepository mails an invitation to one repository, with a permission on it. That the address was invited already
// is no error. (https://support.atlassian.com/bitbucket-cloud/docs/invitations-endpoint/)
//
// API: POST /1.0/invitations/{workspace}/{repo_slug}
func (c *Client) InviteToRepository(ctx context.Context, workspace, repository, email, permission string) error {
	err := c.do(ctx, call{
		method: http.MethodPost, route: "/1.0/invitations/{workspace}/{repo_slug}", values: []string{workspace, repository},
		body: map[string]string{"email": email, "permission": permission},
	}, nil)
	return unlessAlready(err)
}
