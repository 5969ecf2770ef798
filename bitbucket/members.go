package bitbucket

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// MaxEmails is how many addresses one look-up of members takes
// (https://developer.atlassian.com/cloud/bitbucket/rest/api-group-workspaces/).
const MaxEmails = 90

// User is an account as the API shows it. Email is served only where it was asked for by that address.
type User struct {
	AccountID   string `json:"account_id"`
	UUID        string `json:"uuid"` // in braces
	DisplayName string `json:"display_name"`
	Email       string `json:"email"`
}

type membership struct {
	User User `json:"user"`
}

// MembersByEmail finds which of the addresses, at most MaxEmails, belong to members of the workspace. That the answer does
// not tell the members' addresses is an error.
//
// API: GET /2.0/workspaces/{workspace}/members
func (c *Client) MembersByEmail(ctx context.Context, workspace string, emails []string) ([]User, error) {
	quoted := make([]string, len(emails))
	for i, email := range emails {
		quoted[i] = `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(email) + `"`
	}
	k := call{
		method: http.MethodGet, route: "/2.0/workspaces/{workspace}/members", values: []string{workspace}, workspaceWide: true,
		query: url.Values{
			"q":       {fmt.Sprintf("user.email IN (%s)", strings.Join(quoted, ", "))},
			"fields":  {"+values.user.email"},
			"pagelen": {"100"},
		},
	}
	users, err := c.members(ctx, k)
	if slices.ContainsFunc(users, func(u User) bool { return u.Email == "" }) {
		return nil, &Error{Call: k.name(), Status: http.StatusOK, Message: nameless, call: k}
	}
	return users, err
}

// nameless is what is wrong with members who were asked for by address and come without one: then somebody who is a member
// cannot be told from somebody who is none.
const nameless = "members come without an address: check that the credential's account is an administrator of the workspace"

// Owners lists the owners of the workspace.
//
// API: GET /2.0/workspaces/{workspace}/permissions
func (c *Client) Owners(ctx context.Context, workspace string) ([]User, error) {
	return c.members(ctx, call{
		method: http.MethodGet, route: "/2.0/workspaces/{workspace}/permissions", values: []string{workspace}, workspaceWide: true,
		query: url.Values{"q": {`permission="owner"`}, "pagelen": {"100"}},
	})
}

func (c *Client) members(ctx context.Context, k call) ([]User, error) {
	list, err := all[membership](ctx, c, k)
	if err != nil {
		return nil, err
	}
	users := make([]User, len(list))
	for i, m := range list {
		users[i] = m.User
	}
	return users, nil
}
