package bitbuckettest_test

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

func TestAuthentication(t *testing.T) {
	for _, row := range []struct {
		name, as string
		switches bitbuckettest.Switches
		status   int
	}{
		{"nothing", "none", bitbuckettest.Switches{}, 401},
		{"an app password", "adas-username", bitbuckettest.Switches{}, 401},
		{"a token with another's address", "eve with ada-token", bitbuckettest.Switches{}, 401},
		{"an unknown token", "bearer wrong", bitbuckettest.Switches{}, 401},
		{"an API token as a bearer", "bearer ada-token", bitbuckettest.Switches{}, 401},
		{"an API token as a bearer, allowed", "bearer ada-token", bitbuckettest.Switches{BearerAPITokens: true}, 200},
		{"an API token", "", bitbuckettest.Switches{}, 200},
		{"an OAuth token", "bearer oauth-token", bitbuckettest.Switches{}, 200},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSite(bitbuckettest.Options{Switches: row.switches})
			for _, path := range []string{"/1.0/groups/acme", "/2.0/user"} {
				checkChallenge(t, must(t, s, row.status, ask{as: row.as, method: "GET", path: path}))
			}
		})
	}
}

// checkChallenge checks what a 401 says.
func checkChallenge(t *testing.T, got reply) {
	t.Helper()
	if got.status != http.StatusUnauthorized {
		return
	}
	if challenge := got.header.Get("Www-Authenticate"); challenge != `Basic realm="Bitbucket.org HTTP"` {
		t.Errorf("www-authenticate %q", challenge)
	}
	if message := at(got.json, "error.message"); message != "Token is invalid, expired, or not supported for this endpoint." {
		t.Errorf("message %q", message)
	}
}

func TestScopes(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	s.AddUser("poor@acme.test", "")
	s.AddAdmin("acme", "poor@acme.test")
	s.AddAPIToken("poor@acme.test", "poor-token", "admin:workspace:bitbucket", "admin:repository:bitbucket")
	s.AddAccessToken("poor-oauth", "oauth:acme", "account", "repository:admin")
	_, bob := s.AddUser("bob@acme.test", "")
	for _, row := range []struct {
		name     string
		ask      ask
		required []any
		granted  []any
	}{
		{
			"granular scopes include no others",
			ask{as: "poor", method: "GET", path: "/1.0/groups/acme"},
			[]any{"read:workspace:bitbucket"},
			[]any{"admin:workspace:bitbucket", "admin:repository:bitbucket"},
		},
		{
			"all of them are needed",
			ask{as: "poor", method: "PUT", path: onWeb + "/users/" + bob, body: `{"permission":"read"}`},
			[]any{"admin:repository:bitbucket", "write:permission:bitbucket"},
			[]any{"admin:workspace:bitbucket", "admin:repository:bitbucket"},
		},
		{
			"reading is not writing",
			ask{as: "bearer poor-oauth", method: "POST", path: "/1.0/groups/acme", body: "name=Sales"},
			[]any{"account:write"},
			[]any{"account", "repository:admin"},
		},
		{
			"admin does not include read",
			ask{as: "bearer poor-oauth", method: "GET", path: "/2.0/repositories/acme"},
			[]any{"repository"},
			[]any{"account", "repository:admin"},
		},
	} {
		t.Run(row.name, func(t *testing.T) {
			got := must(t, s, http.StatusForbidden, row.ask)
			detail := []any{at(got.json, "error.message"), at(got.json, "error.detail.required"), at(got.json, "error.detail.granted")}
			want := []any{"Your credentials lack one or more required privilege scopes.", row.required, row.granted}
			if diff := cmp.Diff(want, detail); diff != "" {
				t.Errorf("error (-want +got):\n%s", diff)
			}
		})
	}
	must(t, s, http.StatusOK, ask{as: "bearer oauth-token", method: "GET", path: "/2.0/user"}) // account:write includes account
}

func TestAPITokensMayBeRefusedOnWritesOfAPI1(t *testing.T) {
	s := newSite(bitbuckettest.Options{Switches: bitbuckettest.Switches{NoAPITokenWrites1: true}})
	must(t, s, http.StatusOK, ask{method: "GET", path: pendingPath})
	got := must(t, s, http.StatusForbidden, toGroup("eve@acme.test", "developers"))
	if diff := cmp.Diff([]any{"account:write"}, at(got.json, "error.detail.required")); diff != "" {
		t.Errorf("required (-want +got):\n%s", diff)
	}
	allowed := toGroup("eve@acme.test", "developers")
	allowed.as = "bearer oauth-token"
	must(t, s, http.StatusOK, allowed)
}

func TestAccessTokensReachWhatTheyAreFor(t *testing.T) {
	for _, row := range []struct {
		kind                       string
		groups, repository, emails int
	}{
		{"workspace:acme", 200, 200, 200},
		{"workspace", 200, 200, 200},
		{"workspace:other", 403, 403, 403},
		{"repository:acme/web", 403, 200, 403},
		{"repository:acme/open", 403, 403, 403},
		{"project:acme/WEB", 403, 403, 403},
	} {
		t.Run(row.kind, func(t *testing.T) {
			s := newSite(bitbuckettest.Options{})
			s.AddAccessToken("token", row.kind, "account", "repository:admin")
			for path, status := range map[string]int{
				"/1.0/groups/acme": row.groups, onWeb + "/groups": row.repository, emailFilter("", "bob@acme.test"): row.emails,
			} {
				must(t, s, status, ask{as: "bearer token", method: "GET", path: path})
			}
		})
	}
}
