package bitbucket_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket"
)

// token answers a request for a token, and says whether it was one.
func token(w http.ResponseWriter, r *http.Request) bool {
	if r.URL.Path != tokenPath {
		return false
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprint(w, `{"access_token":"issued","token_type":"bearer","expires_in":7200}`)
	return true
}

// refusing answers each kind of credential with its own status and body; those without get an empty list.
func refusing(answers map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if token(w, r) {
			return
		}
		answer := answers[whose(r)]
		if answer == "" {
			answer = "200 "
			if r.Method == http.MethodGet {
				answer += map[bool]string{true: "[]", false: `{"values":[]}`}[strings.HasPrefix(r.URL.Path, "/1.0/")]
			}
		}
		var status int
		_, _ = fmt.Sscan(answer, &status)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer[4:])
	}
}

func invite(ctx context.Context, c *bitbucket.Client) error {
	return c.InviteToGroup(ctx, "acme", "dev", "ana@x.test")
}

func list(ctx context.Context, c *bitbucket.Client) error {
	_, err := c.Groups(ctx, "acme")
	return err
}

func TestWhichCredentialIsTriedFirst(t *testing.T) {
	place := bitbucket.Place{Workspace: "acme", Repository: "web"}
	for name, tc := range map[string]struct {
		want string
		call func(context.Context, *bitbucket.Client) error
	}{
		"groups":      {"api_token", list},
		"invitations": {"api_token", func(ctx context.Context, c *bitbucket.Client) error { _, err := c.Invitations(ctx, "acme"); return err }},
		"invite":      {"oauth", invite},
		"cancel": {"oauth", func(ctx context.Context, c *bitbucket.Client) error {
			return c.CancelInvitation(ctx, "acme", "a@x.test")
		}},
		"add": {"oauth", func(ctx context.Context, c *bitbucket.Client) error { return c.AddToGroup(ctx, "acme", "dev", "{1}") }},
		"repository": {"oauth", func(ctx context.Context, c *bitbucket.Client) error {
			return c.InviteToRepository(ctx, "acme", "web", "a@x.test", "read")
		}},
		"owners": {"api_token", func(ctx context.Context, c *bitbucket.Client) error { _, err := c.Owners(ctx, "acme"); return err }},
		"grants": {"api_token", func(ctx context.Context, c *bitbucket.Client) error {
			_, err := c.GroupPermissions(ctx, place)
			return err
		}},
		"granted": {"api_token", func(ctx context.Context, c *bitbucket.Client) error {
			return c.SetUserPermission(ctx, place, "1", "read")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			client, site := inMemory(t, refusing(nil), accessToken(), oauthConsumer(), apiToken())
			if err := tc.call(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			asked := slices.DeleteFunc(site.requests(), func(s string) bool { return strings.HasSuffix(s, tokenPath) })
			if len(asked) != 1 || !strings.HasPrefix(asked[0], tc.want+" ") {
				t.Errorf("requests %q, want one with %s", asked, tc.want)
			}
		})
	}
}

const (
	noScope = `403 {"type":"error","error":{"message":"Your credentials lack one or more required privilege scopes.",` +
		`"detail":{"required":["account:write"],"granted":["account"]}}}`
	wrongKind = `403 {"type":"error","error":{"message":"This resource does not support authentication using the provided token"}}`
	noAdmin   = "403 Access denied. You must be an administrator to do this."
	expired   = `401 {"type":"error","error":{"message":"Token is invalid, expired, or not supported for this endpoint."}}`
)

func TestFallingOver(t *testing.T) {
	const first, second = "oauth PUT /1.0/users/acme/invitations", "api_token PUT /1.0/users/acme/invitations"
	for name, tc := range map[string]struct {
		answer string
		want   []string
	}{
		"401":                {expired, []string{first, first, second}}, // once more with a new token
		"a scope is missing": {noScope, []string{first, second}},
		"the kind refused":   {wrongKind, []string{first, second}},
		"no administrator":   {noAdmin, []string{first, second}},
		"not found":          {"404 ", []string{first}},
		"a bad request":      {"400 ", []string{first}},
		"no seat":            {"402 ", []string{first}},
		"gone":               {"410 ", []string{first}},
		"done already":       {"409 ", []string{first}},
		"a server's fault":   {"500 ", []string{first}},
		"a timeout of its":   {"555 ", []string{first}},
		"the rate, by a 403": {"403 Rate limit for this resource has been exceeded", []string{first}},
		"success":            {"", []string{first}},
	} {
		t.Run(name, func(t *testing.T) {
			client, site := inMemory(t, refusing(map[string]string{"oauth": tc.answer}), apiToken(), oauthConsumer())
			err := invite(t.Context(), client)
			asked := slices.DeleteFunc(site.requests(), func(s string) bool { return strings.HasSuffix(s, tokenPath) })
			if diff := cmp.Diff(tc.want, asked); diff != "" {
				t.Errorf("requests (-want +got):\n%s", diff)
			}
			if len(tc.want) > 1 && err != nil {
				t.Errorf("error %v, want none: the second credential was taken", err)
			}
		})
	}
}

// TestALimitIsWaitedFor has the first credential meet its limit: another is no way round it.
func TestALimitIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		met := 0
		client, site := inMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if !token(w, r) && met < 2 {
				met++
				w.Header().Set("Retry-After", "30")
				w.WriteHeader(http.StatusTooManyRequests)
			}
		}), oauthConsumer(), apiToken())
		if err := invite(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		const put = "oauth PUT /1.0/users/acme/invitations"
		site.check(t, "POST "+tokenPath, put, put, put)
	})
}

// TestEachRefusalIsNamed wants what each credential was told, by its place in the config, and no address.
func TestEachRefusalIsNamed(t *testing.T) {
	client, _ := inMemory(t, refusing(map[string]string{"api_token": noScope, "access_token": expired, "oauth": wrongKind}),
		accessToken(), apiToken(), oauthConsumer())
	err := invite(t.Context(), client)
	want := "PUT /1.0/users/{workspace}/invitations: 403 Forbidden: with credentials[2] (oauth): " +
		"This resource does not support authentication using the provided token; " +
		"with credentials[1] (api_token): 403 Your credentials lack one or more required privilege scopes.: required: account:write; granted: account; " +
		"with credentials[0] (access_token): 401 Token is invalid, expired, or not supported for this endpoint. " +
		"(check the credential: it is wrong, expired, or not supported for this call)"
	if diff := cmp.Diff(want, fmt.Sprint(err)); diff != "" {
		t.Errorf("error (-want +got):\n%s", diff)
	}
	answer := asError(t, err)
	if answer.Kind != bitbucket.CredentialRefused || !answer.Systemic() || answer.MaybeDone() || answer.NotSent() {
		t.Errorf("error %+v, want a systemic refusal of the credential", answer)
	}
	client, _ = inMemory(t, refusing(map[string]string{"api_token": "403 "}), apiToken())
	if err := list(t.Context(), client); !strings.Contains(err.Error(), "403 Forbidden: with credentials[0] (api_token) (check") {
		t.Errorf("error %q, want the only credential named", err)
	}
}

func TestACredentialThatWorksIsKept(t *testing.T) {
	answers := map[string]string{"api_token": noScope}
	client, site := inMemory(t, refusing(answers), apiToken(), accessToken())
	groups, members := "GET /1.0/groups/acme", "GET /2.0/workspaces/acme/permissions"
	step := func(name string, call func(context.Context, *bitbucket.Client) error, fails bool, want ...string) {
		t.Helper()
		if err := call(t.Context(), client); (err != nil) != fails {
			t.Errorf("%s: error %v", name, err)
		}
		if diff := cmp.Diff(want, site.requests()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	owners := func(ctx context.Context, c *bitbucket.Client) error { _, err := c.Owners(ctx, "acme"); return err }
	step("first", list, false, "api_token "+groups, "access_token "+groups)
	step("again", list, false, "access_token "+groups)
	step("another class is asked on its own", owners, false, "api_token "+members, "access_token "+members)
	answers["access_token"] = "404 "
	step("what is not found is no fault of the credential", list, true, "access_token "+groups)
	answers["access_token"], answers["api_token"] = expired, ""
	step("until it ends", list, false, "access_token "+groups, "api_token "+groups)
	step("then the other is kept", list, false, "api_token "+groups)
	answers["api_token"] = expired
	step("all are tried before it is over", list, true, "api_token "+groups, "access_token "+groups)
	step("and from the same one again", list, true, "api_token "+groups, "access_token "+groups)
}

// TestNoAnswerIsNoProof has the second credential meet a fault: that does not make it the preferred one.
func TestNoAnswerIsNoProof(t *testing.T) {
	for name, fault := range map[string]http.HandlerFunc{
		"reset":            func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"a server's fault": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
	} {
		t.Run(name, func(t *testing.T) {
			client, site := inMemory(t, firstRefused(fault), apiToken(), accessToken())
			const put = " PUT /1.0/users/acme/invitations"
			first, second := asError(t, invite(t.Context(), client)), asError(t, invite(t.Context(), client))
			if !first.MaybeDone() || !second.MaybeDone() {
				t.Errorf("errors %v and %v, want those of a write that may be done", first, second)
			}
			want := []string{"api_token" + put, "access_token" + put, "api_token" + put, "access_token" + put}
			site.check(t, want...)
		})
	}
}

// firstRefused refuses API tokens.
func firstRefused(others http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if whose(r) == "api_token" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		others(w, r)
	}
}

// TestARefusedWriteIsSentOnceMore looks at the body that each credential sends.
func TestARefusedWriteIsSentOnceMore(t *testing.T) {
	var bodies []string
	answer := refusing(map[string]string{"oauth": noScope})
	client, _ := inMemory(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != tokenPath {
			body, _ := io.ReadAll(r.Body)
			bodies = append(bodies, whose(r)+" "+string(body))
		}
		answer(w, r)
	}), oauthConsumer(), apiToken(), accessToken())
	if err := invite(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	const body = ` {"email":"ana@x.test","group_slug":"dev"}`
	if diff := cmp.Diff([]string{"oauth" + body, "api_token" + body}, bodies); diff != "" {
		t.Errorf("bodies (-want +got):\n%s", diff)
	}
}
