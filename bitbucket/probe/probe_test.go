package probe_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket"
	"bitroster/bitbucket/bitbuckettest"
	"bitroster/bitbucket/probe"
	"bitroster/internal/settings"
	"bitroster/internal/show"
	"bitroster/sync/access"
)

const secret = "canary-s3cret"

// allScopes are what an API token needs for all that a config may ask for.
func allScopes() []string {
	return []string{
		"read:user:bitbucket", "read:workspace:bitbucket", "read:repository:bitbucket", "read:project:bitbucket",
		"admin:repository:bitbucket", "admin:project:bitbucket", "write:permission:bitbucket",
	}
}

func without(scope string) []string {
	return slices.DeleteFunc(allScopes(), func(s string) bool { return s == scope })
}

// site is an emulated Bitbucket and what is asked about it.
type site struct {
	*bitbuckettest.Server
	workspace   string
	credentials []bitbucket.Credential
	needs       probe.Needs
	pace        bitbucket.Pace
	dead        bool // nobody answers
	blind       bool // no look-up finds anybody
	scopes      string
}

// newSite has the workspace acme of ada with the groups Developers and Staff, the repository shop and the project WEB, and
// the member bo; the config needs all of it, and has no credential yet.
func newSite(o bitbuckettest.Options) *site {
	s := &site{Server: bitbuckettest.New(o), workspace: "acme"}
	for _, slug := range []string{"acme", "beta"} {
		s.AddWorkspace(bitbuckettest.Workspace{Slug: slug, Owner: bitbuckettest.Person{Email: "ada@acme.test", Name: "Ada"}})
	}
	s.AddGroup("acme", "Developers")
	s.AddMember("acme", "bo@acme.test", "Staff")
	s.AddProject("acme", "WEB", "Web")
	s.AddRepository("acme", "shop", "WEB", true)
	shop, web := access.Target{Kind: access.Repository, Name: "shop"}, access.Target{Kind: access.Project, Name: "WEB"}
	s.needs = probe.Needs{
		Groups: []string{"Developers", "Staff"}, PersonGrants: []access.Target{web, shop}, GroupGrants: []access.Target{shop},
		ToGroups: true, ToRepositories: []access.Target{shop},
	}
	return s
}

// token gives the site an API token of somebody and a credential that has it.
func (s *site) token(email string, scopes ...string) *site {
	s.AddAPIToken(email, secret, scopes...)
	return s.with(bitbucket.Credential{Kind: "api_token", Email: email, Token: "env:TOKEN"})
}

func (s *site) with(c bitbucket.Credential) *site {
	s.credentials = append(s.credentials, c)
	return s
}

// consumer gives the site an OAuth consumer and a credential that has it.
func (s *site) consumer(scopes ...string) *site {
	s.AddOAuthConsumer("acme", "robot", secret, scopes...)
	return s.with(bitbucket.Credential{Kind: "oauth", ClientID: "robot", ClientSecret: "env:TOKEN"})
}

// RoundTrip sends a request to the emulator, without a network between.
func (s *site) RoundTrip(req *http.Request) (*http.Response, error) {
	if s.dead {
		return nil, errors.New("connection refused")
	}
	answer := httptest.NewRecorder()
	if s.blind && strings.HasSuffix(req.URL.Path, "/members") {
		_, _ = answer.WriteString(`{"values":[]}`)
		return answer.Result(), nil
	}
	if s.scopes != "" {
		answer.Header().Set("X-OAuth-Scopes", s.scopes)
	}
	s.Handler().ServeHTTP(answer, req)
	return answer.Result(), req.Context().Err()
}

// troubles knows groups by their whole names only.
func troubles(groups []bitbucket.Group, names []string) map[string]access.Trouble {
	found := map[string]access.Trouble{}
	for _, name := range names {
		if !slices.ContainsFunc(groups, func(g bitbucket.Group) bool { return g.Name == name }) {
			found[name] = access.Trouble{Missing: true, Detail: fmt.Sprintf("there is no group %q: create it", name)}
		}
	}
	return found
}

// run probes the site.
func (s *site) run(ctx context.Context, t *testing.T) (probe.Report, error) {
	t.Helper()
	in := probe.Input{Workspace: s.workspace, Needs: s.needs, Groups: troubles}
	var keys []bitbucket.Key
	for _, c := range s.credentials {
		key, err := c.Open(settings.Secrets{Getenv: func(string) string { return secret }})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
		in.Credentials = append(in.Credentials, probe.Credential{Name: key.Name, Kind: c.Kind, Email: c.Email})
	}
	client, err := bitbucket.New(bitbucket.Options{Keys: keys, Version: "1", Transport: s, Pace: s.pace})
	if err != nil {
		t.Fatal(err)
	}
	in.Client = client
	return probe.Run(ctx, in)
}

// untouched wants no mail, no write but the asking for tokens, and no request that the API does not document.
func (s *site) untouched(t *testing.T) {
	t.Helper()
	for _, write := range s.Writes() {
		if write.Path != "/site/oauth2/access_token" {
			t.Errorf("%s %s was sent", write.Method, write.Path)
		}
	}
	if mails, violations := s.Mails(), s.Violations(); len(mails) > 0 || len(violations) > 0 {
		t.Errorf("mails %v, violations %v; want none", mails, violations)
	}
}

// fault answers the lists of people's permissions with a status.
func fault(status int) bitbuckettest.Options {
	return bitbuckettest.Options{Fault: func(r *http.Request) bitbuckettest.Fault {
		if strings.HasSuffix(r.URL.Path, "/permissions-config/users") {
			return bitbuckettest.Fault{Status: status}
		}
		return bitbuckettest.Fault{}
	}}
}

type set struct {
	site  *site
	ready bool
}

func sites() map[string]set {
	none := bitbuckettest.Options{}
	ada := func() *site { return newSite(none).token("ada@acme.test", allScopes()...) }
	classic := []string{"account:write", "repository:admin", "project:admin"}
	sets := map[string]set{
		"owner":              {ada(), true},
		"no-user-scope":      {newSite(none).token("ada@acme.test", without("read:user:bitbucket")...), true},
		"no-workspace-scope": {newSite(none).token("ada@acme.test", without("read:workspace:bitbucket")...), false},
		"no-repository-read": {newSite(none).token("ada@acme.test", without("read:repository:bitbucket")...), false},
		"no-project-read":    {newSite(none).token("ada@acme.test", without("read:project:bitbucket")...), false},
		"member":             {newSite(none).token("bo@acme.test", allScopes()...), false},
		"stranger":           {newSite(none).token("zoe@acme.test", allScopes()...), false},
		"wrong-token":        {newSite(none).with(bitbucket.Credential{Kind: "api_token", Email: "ada@acme.test", Token: "env:TOKEN"}), false},
		"oauth-alone":        {newSite(none).consumer(classic...), false},
		"oauth-reads-only":   {ada().consumer("account", "repository:admin", "project:admin"), true},
		"oauth-wrong":        {newSite(none).with(bitbucket.Credential{Kind: "oauth", ClientID: "x", ClientSecret: "env:TOKEN"}), false},
		"two-halves":         {newSite(none).token("ada@acme.test", without("read:workspace:bitbucket")...).consumer(classic...), true},
		"no-seat":            {newSite(fault(http.StatusPaymentRequired)).token("ada@acme.test", allScopes()...), false},
		"server-trouble":     {newSite(fault(http.StatusTeapot)).token("ada@acme.test", allScopes()...), false},
	}
	// That a scope is missing for changes is told by the refusal of another call only, which has no need to be granted.
	for name, scope := range map[string]string{
		"no-permission-write": "write:permission:bitbucket", "no-repository-admin": "admin:repository:bitbucket", "no-project-admin": "admin:project:bitbucket",
	} {
		scopes := slices.DeleteFunc(without("read:user:bitbucket"), func(s string) bool { return s == scope })
		sets[name] = set{newSite(none).token("ada@acme.test", scopes...), false}
	}
	workspaceToken := newSite(none).with(bitbucket.Credential{Kind: "access_token", Token: "env:TOKEN"})
	workspaceToken.AddAccessToken(secret, "workspace:acme", classic...)
	sets["access-token"] = set{workspaceToken, false}
	for name, status := range map[string]int{"moved-400": 400, "moved-404": 404, "moved-405": 405, "moved-410": 410} {
		s := newSite(bitbuckettest.Options{Switches: bitbuckettest.Switches{MovedInvitations: status}}).token("ada@acme.test", allScopes()...)
		s.Move("acme")
		sets[name] = set{s, false}
	}
	unknown := ada()
	unknown.workspace = "acmee"
	sets["unknown-workspace"] = set{unknown, false}
	missing := ada()
	missing.needs.PersonGrants = append(missing.needs.PersonGrants, access.Target{Kind: access.Repository, Name: "shopp"})
	sets["missing-repository"] = set{missing, false}
	group, made := ada(), ada()
	group.needs.Groups, made.needs.Groups = []string{"Developer", "Staff"}, []string{"Developer", "Staff"}
	made.needs.CreateGroups, made.needs.Reinvite = true, true
	sets["missing-group"], sets["group-to-make"] = set{group, false}, set{made, true}
	return sets
}

// TestGolden compares what is found out, as the table shows it, with the files in testdata; PROBE_UPDATE=1 writes them
// anew. Whatever is found, nothing is changed and nobody is mailed.
func TestGolden(t *testing.T) {
	for name, tc := range sites() {
		t.Run(name, func(t *testing.T) {
			report, err := tc.site.run(t.Context(), t)
			if err != nil {
				t.Fatal(err)
			}
			tc.site.untouched(t)
			if report.Ready() != tc.ready {
				t.Errorf("ready is %v, want %v", report.Ready(), tc.ready)
			}
			var got bytes.Buffer
			show.Probe(&got, report)
			if strings.Contains(got.String(), secret) {
				t.Error("the secret shows")
			}
			golden(t, name+".txt", got.String())
		})
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if os.Getenv("PROBE_UPDATE") != "" {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// TestWrongCredentialIsNotHammered: a credential that is refused three times is not sent again.
func TestWrongCredentialIsNotHammered(t *testing.T) {
	s := newSite(bitbuckettest.Options{}).with(bitbucket.Credential{Kind: "api_token", Email: "ada@acme.test", Token: "env:TOKEN"})
	if _, err := s.run(t.Context(), t); err != nil {
		t.Fatal(err)
	}
	if got := len(s.Requests()); got != 3 {
		t.Errorf("%d requests, want 3", got)
	}
}

// TestListsAreCutShort: of a long list the first page is enough.
func TestListsAreCutShort(t *testing.T) {
	s := newSite(bitbuckettest.Options{}).token("ada@acme.test", allScopes()...)
	for _, email := range []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"} {
		s.AddAdmin("acme", email+"@acme.test")
	}
	if _, err := s.run(t.Context(), t); err != nil {
		t.Fatal(err)
	}
	owners := s.RequestCount(func(r bitbuckettest.Request) bool { return strings.HasSuffix(r.Path, "/acme/permissions") })
	if owners != 1 {
		t.Errorf("the owners were asked for %d times, want once", owners)
	}
}

// TestBlindLookUp: a look-up that does not find the credential's own account would take members for strangers.
func TestBlindLookUp(t *testing.T) {
	s := newSite(bitbuckettest.Options{}).token("ada@acme.test", allScopes()...)
	s.blind = true
	report, err := s.run(t.Context(), t)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(report.Calls, func(f probe.Finding) bool { return strings.HasSuffix(f.Route, "/members") })
	if f := report.Calls[at]; f.Verdict != probe.No || !strings.Contains(f.Why, "does not find the credential's own account") || report.Ready() {
		t.Errorf("finding %+v, ready %v; want a refusal that says so", f, report.Ready())
	}
}

// TestNoAnswer: where nobody answers, or only after a long wait for the limits' sake, one call tells it, and the others are
// not tried.
func TestNoAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		dead     bool
		pace     bitbucket.Pace
		at       int
		why, try string
	}{
		"no network": {true, bitbucket.Pace{}, 0, "no answer: connection refused", "check the network, the proxy and api_url"},
		"budget used up": {
			false,
			bitbucket.Pace{RequestsPerHour: 2},
			2, "no answer within 2m0s",
			"the budget of requests per hour may be used up: try again later; or check the network",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newSite(bitbuckettest.Options{}).token("ada@acme.test", allScopes()...)
				s.dead, s.pace = tc.dead, tc.pace
				s.givenUp(t, tc.at, tc.why+"/"+tc.try)
			})
		})
	}
}

// givenUp wants the finding at a place to say something, and all after it to be skipped.
func (s *site) givenUp(t *testing.T, at int, want string) {
	t.Helper()
	report, err := s.run(t.Context(), t)
	if err != nil {
		t.Fatal(err)
	}
	if f := report.Calls[at]; f.Verdict != probe.No || f.Why+"/"+f.Try != want {
		t.Errorf("finding %+v, want %q", f, want)
	}
	for _, f := range report.Calls[at+1:] {
		if f.Tried || !f.Skipped || f.Verdict != probe.No {
			t.Errorf("%+v is not skipped", f)
		}
	}
	s.untouched(t)
}

// TestScopesOfAnotherKind: classic scopes in a header say nothing against an API token, granular ones do.
func TestScopesOfAnotherKind(t *testing.T) {
	for scopes, want := range map[string]probe.Verdict{
		"account, repository:admin": probe.Unsure,
		"read:repository:bitbucket": probe.No,
		"admin:repository:bitbucket, admin:project:bitbucket, write:permission:bitbucket": probe.Likely,
	} {
		s := newSite(bitbuckettest.Options{}).token("ada@acme.test", allScopes()...)
		s.scopes = scopes
		report, err := s.run(t.Context(), t)
		if err != nil {
			t.Fatal(err)
		}
		if use := report.Uses[len(report.Uses)-1]; use.What != "change permissions" || use.Verdict != want {
			t.Errorf("%s: %+v, want %s", scopes, use, want)
		}
	}
}

// TestInterrupted: probing ends with its context.
func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := newSite(bitbuckettest.Options{}).token("ada@acme.test").run(ctx, t); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

// TestEveryRouteIsServed: what the table calls a route is one.
func TestEveryRouteIsServed(t *testing.T) {
	s := newSite(bitbuckettest.Options{}).token("ada@acme.test", allScopes()...)
	s.needs.CreateGroups, s.needs.Reinvite = true, true
	report, err := s.run(t.Context(), t)
	if err != nil {
		t.Fatal(err)
	}
	routes := bitbuckettest.Routes()
	for _, f := range report.Calls {
		if !slices.Contains(routes, f.Method+" "+f.Route) {
			t.Errorf("there is no %s %s", f.Method, f.Route)
		}
		if read := f.Method == http.MethodGet; f.Tried != read {
			t.Errorf("%s %s: tried is %v, want %v", f.Method, f.Route, f.Tried, read)
		}
	}
}
