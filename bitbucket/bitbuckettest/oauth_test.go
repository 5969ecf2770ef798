package bitbuckettest_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

const (
	tokenPath = "/site/oauth2/access_token"
	formType  = "application/x-www-form-urlencoded"
)

// withConsumer is the site with an OAuth consumer whose secret has to be encoded.
func withConsumer(options bitbuckettest.Options) *bitbuckettest.Server {
	s := newSite(options)
	s.AddOAuthConsumer("acme", "key", "s:e c%ret", "account:write", "repository")
	return s
}

// forToken is a request for a token.
func forToken() ask {
	return ask{as: "basic key:s%3Ae+c%25ret", method: "POST", path: tokenPath, body: "grant_type=client_credentials"}
}

// newToken gets a token.
func newToken(t *testing.T, s *bitbuckettest.Server) string {
	t.Helper()
	token, ok := at(must(t, s, http.StatusOK, forToken()).json, "access_token").(string)
	if !ok || token == "" {
		t.Fatal("no access_token")
	}
	return token
}

func TestToken(t *testing.T) {
	s := withConsumer(bitbuckettest.Options{})
	got := must(t, s, http.StatusOK, forToken())
	shape := []any{at(got.json, "token_type"), at(got.json, "expires_in"), at(got.json, "scopes"), names(got.json), got.header.Get("Cache-Control")}
	want := []any{"bearer", 7200, "account:write repository", "access_token expires_in refresh_token scopes token_type", "no-store"}
	if diff := cmp.Diff(want, shape); diff != "" {
		t.Errorf("answer (-want +got):\n%s", diff)
	}
	token := newToken(t, s)
	if token == at(got.json, "access_token") {
		t.Error("the second token is the first")
	}
	must(t, s, http.StatusOK, ask{as: "bearer " + token, method: "GET", path: "/1.0/groups/acme"})
	must(t, s, http.StatusForbidden, ask{as: "bearer " + token, method: "GET", path: onWeb + "/users"}) // repository:admin is missing
	if diff := cmp.Diff([]string(nil), s.Violations()); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	requests := s.Requests()
	if last := requests[len(requests)-1]; last.Credential != "oauth key" || requests[0].Route != "POST "+tokenPath {
		t.Errorf("requests %+v, want the route, and the consumer as the credential", requests)
	}
}

func TestTokenIsRefused(t *testing.T) {
	with := func(change func(*ask)) ask {
		a := forToken()
		change(&a)
		return a
	}
	for name, row := range map[string]struct {
		ask    ask
		status int
		code   string
	}{
		"wrong secret":             {with(func(a *ask) { a.as = "basic key:secret" }), 401, "invalid_client"},
		"secret of another":        {with(func(a *ask) { a.as = "basic other:s%3Ae+c%25ret" }), 401, "invalid_client"},
		"secret is not encoded":    {with(func(a *ask) { a.as = "basic key:s:e c%ret" }), 401, "invalid_client"},
		"nobody":                   {with(func(a *ask) { a.as = "none" }), 401, "invalid_client"},
		"an API token":             {with(func(a *ask) { a.as = "" }), 401, "invalid_client"},
		"another grant":            {with(func(a *ask) { a.body = "grant_type=password" }), 400, "unsupported_grant_type"},
		"no grant":                 {with(func(a *ask) { a.body, a.contentType = "", formType }), 400, "invalid_request"},
		"a field more":             {with(func(a *ask) { a.body += "&client_secret=s" }), 400, "invalid_request"},
		"grant twice":              {with(func(a *ask) { a.body += "&" + a.body }), 400, "invalid_request"},
		"unreadable":               {with(func(a *ask) { a.body = "grant_type=%zz" }), 400, "invalid_request"},
		"JSON":                     {with(func(a *ask) { a.body = `{"grant_type":"client_credentials"}` }), 400, "invalid_request"},
		"without a content type":   {with(func(a *ask) { a.contentType = "none" }), 400, "invalid_request"},
		"secret in the query":      {with(func(a *ask) { a.path += "?client_secret=s" }), 400, "invalid_request"},
		"content type that is not": {with(func(a *ask) { a.contentType = ";" }), 400, "invalid_request"},
	} {
		t.Run(name, func(t *testing.T) {
			s := withConsumer(bitbuckettest.Options{})
			got := must(t, s, row.status, row.ask)
			if at(got.json, "error") != row.code || names(got.json) != "error error_description" {
				t.Errorf("answer %s, want %s", got.text, row.code)
			}
			if challenge := got.header.Get("Www-Authenticate"); (challenge != "") != (row.status == http.StatusUnauthorized) {
				t.Errorf("challenge %q with status %d", challenge, row.status)
			}
			if violated := len(s.Violations()) > 0; violated != (row.code == "invalid_request") {
				t.Errorf("violations %q", s.Violations())
			}
		})
	}
	s := withConsumer(bitbuckettest.Options{})
	must(t, s, http.StatusMethodNotAllowed, ask{method: "GET", path: tokenPath})
}

func TestTokensEnd(t *testing.T) {
	clock := newClock()
	s := withConsumer(bitbuckettest.Options{Now: clock.Now})
	use := func(token string) ask { return ask{as: "bearer " + token, method: "GET", path: "/1.0/groups/acme"} }
	first := newToken(t, s)
	clock.now = clock.now.Add(2*time.Hour - time.Second)
	second := newToken(t, s)
	must(t, s, http.StatusOK, use(first))
	clock.now = clock.now.Add(time.Second)
	checkChallenge(t, must(t, s, http.StatusUnauthorized, use(first)))
	must(t, s, http.StatusOK, use(second))
	s.RevokeTokens()
	checkChallenge(t, must(t, s, http.StatusUnauthorized, use(second)))
	must(t, s, http.StatusOK, use(newToken(t, s)))
	must(t, s, http.StatusOK, use("oauth-token")) // was added, not issued
}

func TestTokensOfAConsumerShareItsLimits(t *testing.T) {
	s := withConsumer(bitbuckettest.Options{RequestsPerHour: 3, InvitationsPerMinute: 1})
	s.AddOAuthConsumer("acme", "second", "secret", "account")
	a, b := newToken(t, s), newToken(t, s)
	read := func(token string) ask { return ask{as: "bearer " + token, method: "GET", path: "/1.0/groups/acme"} }
	invite := func(token, email string) ask {
		ask := toGroup(email, "developers")
		ask.as = "bearer " + token
		return ask
	}
	must(t, s, http.StatusOK, invite(a, "eve@acme.test"))
	must(t, s, http.StatusTooManyRequests, invite(b, "fay@acme.test"))
	must(t, s, http.StatusOK, read(a))
	refused := must(t, s, http.StatusTooManyRequests, read(b))
	if left := refused.header.Get("X-RateLimit-Remaining"); left != "0" {
		t.Errorf("%q left, want 0", left)
	}
	for range 10 { // is no part of the limit, and tells nothing of it
		if got := headersOf(must(t, s, http.StatusOK, forToken())); len(got) != 0 {
			t.Errorf("headers %v of the address for tokens, want none", got)
		}
	}
	other := forToken()
	other.as = "basic second:secret"
	token, _ := at(must(t, s, http.StatusOK, other).json, "access_token").(string)
	must(t, s, http.StatusOK, read(token))
}

func TestFaultsOfTheAddressForTokens(t *testing.T) {
	s := withConsumer(bitbuckettest.Options{})
	s.AddFaults(bitbuckettest.Fault{Route: "POST " + tokenPath, Status: http.StatusBadGateway, Body: "nonsense"})
	if got := must(t, s, http.StatusBadGateway, forToken()); !strings.Contains(got.text, "<html>") {
		t.Errorf("body %q, want the fault's", got.text)
	}
	newToken(t, s)
}
