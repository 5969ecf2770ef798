package bitbucket_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket"
	"bitroster/bitbucket/bitbuckettest"
)

// trio is a client with one credential of each kind, an OAuth consumer last.
func trio(t *testing.T, url string) *bitbucket.Client {
	t.Helper()
	return clientOf(
		t, url,
		bitbucket.Credential{Kind: "access_token", Token: "env:TOKEN"},
		bitbucket.Credential{Kind: "api_token", Email: "ada@acme.test", Token: "env:TOKEN"},
		bitbucket.Credential{Kind: "oauth", ClientID: "robot", ClientSecret: "env:SECRET", TokenURL: url + "/site/oauth2/access_token"},
	)
}

// TestOrder: for what a route is decides which credential is tried first.
func TestOrder(t *testing.T) {
	client := trio(t, "http://127.0.0.1:1")
	for call, want := range map[string][]int{
		"GET /1.0/groups/{workspace}":  {1, 0, 2},
		"POST /1.0/groups/{workspace}": {2, 1, 0},
		"GET /2.0/user":                {1, 0, 2},
		"PUT /2.0/repositories/{workspace}/{repo_slug}/permissions-config/users/{user_id}": {1, 0, 2},
	} {
		method, route, _ := strings.Cut(call, " ")
		if diff := cmp.Diff(want, client.Order(method, route)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", call, diff)
		}
	}
}

// TestApart: each client has one credential, and keeps to it where that is refused.
func TestApart(t *testing.T) {
	s := bitbuckettest.New(bitbuckettest.Options{})
	s.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Owner: bitbuckettest.Person{Email: "ada@acme.test", Name: "Ada"}})
	s.AddAPIToken("ada@acme.test", "s3cret", "read:workspace:bitbucket")
	s.AddOAuthConsumer("acme", "robot", "s3cret", "account", "project")
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	clients := trio(t, server.URL).Apart()
	if len(clients) != 3 {
		t.Fatalf("%d clients, want 3", len(clients))
	}
	type found struct {
		Role       string
		Workspaces []string
		Scopes     []string
		Refused    string
	}
	want := []found{
		{Refused: "GET /2.0/user: 401 Unauthorized: Token is invalid, expired, or not supported for this endpoint. (check the credential: it is wrong, expired, or not supported for this call)"},
		{
			Role: "owner", Workspaces: []string{"acme"}, Scopes: []string{"read:workspace:bitbucket"},
			Refused: "GET /2.0/user: 403 Forbidden: Your credentials lack one or more required privilege scopes.: required: read:user:bitbucket; granted: read:workspace:bitbucket (make a new credential with the scope; the scopes of an API token cannot be changed)",
		},
		{Role: "owner", Workspaces: []string{"acme"}, Scopes: []string{"account", "project"}},
	}
	for i, client := range clients {
		var got found
		if _, err := client.Self(t.Context()); err != nil {
			got.Refused = err.Error()
		}
		got.Role, _ = client.Role(t.Context(), "acme")
		got.Workspaces, _ = client.Workspaces(t.Context())
		got.Scopes = client.Scopes()
		if diff := cmp.Diff(want[i], got); diff != "" {
			t.Errorf("credential %d (-want +got):\n%s", i, diff)
		}
	}
}

// TestScopesInHeader: where the server tells the scopes with each answer, the latest counts.
func TestScopesInHeader(t *testing.T) {
	told := []string{"", "account, repository:admin", "account"}
	n := -1
	client := connect(t, func(w http.ResponseWriter, _ *http.Request) {
		n++
		w.Header().Set("X-OAuth-Scopes", told[n])
		_, _ = fmt.Fprint(w, `{}`)
	}).Apart()[0]
	for _, want := range [][]string{nil, {"account", "repository:admin"}, {"account"}} {
		if _, err := client.Self(t.Context()); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, client.Scopes()); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	}
}
