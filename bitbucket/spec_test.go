//go:build spec

package bitbucket_test

import (
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bitroster/bitbucket"
	"bitroster/bitbucket/bitbuckettest"
)

// TestPublishedDescription sends every request that the client can make, and to every route of API 2.0 of the emulator
// what it takes and what it refuses; all that passes must be as Bitbucket's published description has it.
func TestPublishedDescription(t *testing.T) {
	s := newSpecSite(t, describe(t), bitbuckettest.Options{})
	s.callAll()
	var mine []string
	for _, route := range bitbuckettest.Routes() {
		if strings.Contains(route, " /2.0/") {
			mine = append(mine, route)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
		for _, route := range mine {
			if path, ok := strings.CutPrefix(route, method+" "); ok {
				s.visit(method, path)
			}
		}
	}
	s.visitRest()
	s.checkCoverage(mine)
}

// specSite is a furnished emulator behind a watcher.
type specSite struct {
	*testing.T
	*watcher
	server *bitbuckettest.Server
	url    string
	bo     string // his UUID
}

func newSpecSite(t *testing.T, d description, o bitbuckettest.Options) *specSite {
	t.Helper()
	server := bitbuckettest.New(o)
	server.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Name: "Acme", Owner: bitbuckettest.Person{Email: "ada@acme.test", Name: "Ada"}})
	server.AddWorkspace(bitbuckettest.Workspace{Slug: "beta", Name: "Beta", Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
	server.AddMember("acme", "bo@acme.test", "Developers")
	server.AddMember("acme", "dan@acme.test", "All Staff")
	for _, key := range []string{"WEB", "OPS"} {
		server.AddProject("acme", key, key)
	}
	server.AddRepository("acme", "shop", "WEB", true)
	server.AddRepository("acme", "docs", "", false)
	scopes := []string{
		"read:user:bitbucket", "read:workspace:bitbucket", "read:repository:bitbucket", "read:project:bitbucket", "admin:repository:bitbucket",
		"admin:project:bitbucket", "write:permission:bitbucket", "delete:permission:bitbucket",
	}
	for _, who := range []string{"ada@acme.test", "bo@acme.test", "stranger@acme.test"} {
		server.AddAPIToken(who, "s3cret", scopes...)
	}
	server.AddAPIToken("ada@acme.test", "bare")
	server.AddAccessToken("workspace", "workspace:acme", "account", "repository", "project", "repository:admin", "project:admin")
	server.AddAccessToken("nowhere", "workspace:gone", "account")
	s := &specSite{T: t, watcher: newWatcher(t, d, server.Handler()), server: server}
	s.bo, _ = server.AddUser("bo@acme.test", "")
	web := httptest.NewServer(s.watcher)
	t.Cleanup(web.Close)
	s.url = web.URL
	return s
}

// callAll makes every call of the client to API 2.0, and looks its list of calls up in its files.
func (s *specSite) callAll() {
	ctx := s.Context()
	client := clientOf(s.T, s.url, bitbucket.Credential{Kind: "api_token", Email: "ada@acme.test", Token: "env:TOKEN"})
	must := func(err error) {
		s.Helper()
		if err != nil {
			s.Error(err)
		}
	}
	for _, place := range []bitbucket.Place{{Workspace: "acme", Repository: "shop"}, {Workspace: "acme", Project: "WEB"}} {
		for slug, email := range map[string]string{"developers": "bo@acme.test", "all-staff": "dan@acme.test"} {
			must(client.SetGroupPermission(ctx, place, slug, "write"))
			users, err := client.MembersByEmail(ctx, "acme", []string{email})
			if err != nil || len(users) != 1 {
				s.Fatalf("%s: users %v, error %v; want one", email, users, err)
			}
			must(client.SetUserPermission(ctx, place, users[0].AccountID, "read"))
			must(client.SetUserPermission(ctx, place, users[0].UUID, "admin"))
		}
		groups, err := client.GroupPermissions(ctx, place)
		must(err)
		people, err := client.UserPermissions(ctx, place)
		must(err)
		if len(groups) != 2 || len(people) != 2 {
			s.Errorf("%+v: %d groups and %d people, want two of each", place, len(groups), len(people))
		}
	}
	_, err := client.Owners(ctx, "acme")
	must(err)
	_, err = client.Self(ctx)
	must(err)
	_, err = client.Workspaces(ctx)
	must(err)
	role, err := client.Role(ctx, "acme")
	must(err)
	if role != "owner" {
		s.Errorf("role %q, want owner", role)
	}
	for _, route := range clientRoutes(s.T) {
		if s.client[route] == 0 {
			s.Errorf("the client's call %s was not made: make it here", route)
		}
	}
}

// clientRoutes reads the API lines above the client's methods, as far as they are of API 2.0.
func clientRoutes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, line := range regexp.MustCompile(`(?m)^// API: (\S+ /2\.0/\S+)$`).FindAllStringSubmatch(string(text), -1) {
			routes = append(routes, line[1])
		}
	}
	if len(routes) < 10 {
		t.Errorf("%d API lines found, want one for each call", len(routes))
	}
	return routes
}

// filters are queries by the route that takes them.
func filters() map[string]string {
	return map[string]string{
		"/2.0/workspaces/{workspace}/members":     `user.email IN ("bo@acme.test", "new@acme.test")`,
		"/2.0/workspaces/{workspace}/permissions": `permission="owner"`,
		"/2.0/user/workspaces":                    `slug="acme"`,
		"/2.0/repositories/{workspace}":           `name="shop"`,
	}
}

// visit sends to one route what it takes, then what it refuses.
func (s *specSite) visit(method, path string) {
	found := s.fill(path, "")
	body := ""
	if method == http.MethodPut {
		body = `{"permission":"write"}`
		s.send(400, request{"ada", method, found, `{"permission":"owner"}`})
		s.send(400, request{"ada", method, found, `{"permission":"write","until":"monday"}`})
		s.send(400, request{"ada", method, found, ``})
		s.server.SetSeats("acme", 1)
		s.send(402, request{"ada", method, s.fill(strings.Replace(strings.Replace(path, "{repo_slug}", "docs", 1), "{project_key}", "OPS", 1), ""), body})
		s.server.SetSeats("acme", 0)
	}
	if method != http.MethodDelete {
		s.send(200, request{"ada", method, found, body})
	}
	s.send(401, request{"", method, found, body})
	s.send(403, request{"bare", method, found, body})
	for _, param := range params(path) {
		s.send(404, request{"ada", method, s.fill(path, param), body})
	}
	if rank := strings.Contains(path, "permission") || strings.Contains(path, "{project_key}"); rank && strings.Contains(path, "{") {
		s.send(403, request{"stranger", method, found, body})
	}
	switch method {
	case http.MethodGet:
		s.visitQueries(path, found)
	case http.MethodPut:
		s.send(403, request{"workspace", method, found, body})
	case http.MethodDelete:
		s.send(403, request{"workspace", method, found, body})
		s.send(204, request{"ada", method, found, body})
	}
}

// visitQueries sends queries to one route: parts of answers, pages, filters.
func (s *specSite) visitQueries(path, found string) {
	send := func(want int, name, value string) string {
		return s.send(want, request{"ada", http.MethodGet, found + "?" + url.Values{name: {value}}.Encode(), ""})
	}
	for _, fields := range []string{"-links", "-*.links", "type,values.type", "+values.user.email", "values.user.uuid,next"} {
		send(200, "fields", fields)
	}
	send(400, "fields", "A b")
	send(400, "surprise", "1")
	if answer := send(400, "q", "nonsense"); !strings.Contains(answer, "query parameter q") {
		if filters()[path] == "" {
			s.Errorf("%s takes q: add a filter for it", path)
		}
		send(200, "q", filters()[path])
		s.send(200, request{"ada", http.MethodGet, found + "?" + url.Values{"q": {filters()[path]}, "fields": {"+values.user.email"}, "pagelen": {"100"}}.Encode(), ""})
	}
	if !strings.Contains(s.send(200, request{"ada", http.MethodGet, found, ""}), `"pagelen"`) {
		return
	}
	send(400, "pagelen", "0")
	send(400, "page", "2")
	next := regexp.MustCompile(`"next":"([^"]+)"`).FindStringSubmatch(send(200, "pagelen", "1"))
	if next == nil {
		s.Errorf("%s has no second page: add a thing to its list", path)
		return
	}
	address := strings.TrimPrefix(strings.ReplaceAll(next[1], `\u0026`, "&"), s.url)
	s.send(200, request{"ada", http.MethodGet, address, ""})
}

func params(path string) []string { return regexp.MustCompile(`\{\w+\}`).FindAllString(path, -1) }

// fill fills the parameters of a path, one of them with what is not there.
func (s *specSite) fill(path, wrong string) string {
	values := map[string]string{
		"{workspace}": "acme", "{repo_slug}": "shop", "{project_key}": "WEB", "{group_slug}": "developers",
		"{selected_user_id}": url.PathEscape(s.bo), "{member}": url.PathEscape(s.bo),
	}
	for _, param := range params(path) {
		value, known := values[param]
		if !known {
			s.Fatalf("%s has a parameter that has no value here", path)
		}
		if param == wrong {
			value = "gone"
		}
		path = strings.Replace(path, param, value, 1)
	}
	return path
}

// request is one request of somebody.
type request struct{ who, method, address, body string }

// send sends a request and gives the answer's body.
func (s *specSite) send(want int, r request) string {
	s.Helper()
	req, err := http.NewRequestWithContext(s.Context(), r.method, s.url+r.address, strings.NewReader(r.body))
	if err != nil {
		s.Fatal(err)
	}
	switch r.who {
	case "ada", "bo", "stranger":
		req.SetBasicAuth(r.who+"@acme.test", "s3cret")
	case "bare":
		req.SetBasicAuth("ada@acme.test", r.who)
	case "workspace", "nowhere":
		req.Header.Set("Authorization", "Bearer "+r.who)
	}
	if r.method == http.MethodPut {
		req.Header.Set("Content-Type", "application/json")
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.Fatal(err)
	}
	defer res.Body.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode != want {
		s.Errorf("%s %s as %q: %d, want %d: %s %v", r.method, r.address, r.who, res.StatusCode, want, text, err)
	}
	return string(text)
}

// visitRest asks as tokens of workspaces do, of a workspace that has moved, and once more often than is allowed.
func (s *specSite) visitRest() {
	s.send(403, request{"nowhere", http.MethodGet, "/2.0/user", ""})
	s.send(200, request{"workspace", http.MethodGet, "/2.0/user", ""})
	s.server.Move("acme")
	s.send(200, request{"ada", http.MethodGet, "/2.0/workspaces/acme/permissions", ""})
	limited := newSpecSite(s.T, s.description, bitbuckettest.Options{RequestsPerHour: 1})
	limited.send(200, request{"ada", http.MethodGet, "/2.0/user", ""})
	limited.send(429, request{"ada", http.MethodGet, "/2.0/user", ""})
	maps.Copy(s.excused, limited.excused)
}

// checkCoverage wants every route of the emulator described and visited, and every excuse used.
func (s *specSite) checkCoverage(routes []string) {
	if len(routes) < 27 {
		s.Errorf("%d routes of API 2.0, want all that the emulator has", len(routes))
	}
	described := s.routes()
	for _, route := range routes {
		if !slices.Contains(described, route) {
			s.Errorf("%s is not described", route)
		}
		got := slices.Collect(maps.Keys(s.seen[route]))
		for _, want := range []int{401, 403} {
			if !slices.Contains(got, want) {
				s.Errorf("%s was not answered %d", route, want)
			}
		}
		if !slices.Contains(got, 200) && !slices.Contains(got, 204) {
			s.Errorf("%s was never answered well", route)
		}
	}
	for difference := range excuses() {
		if !s.excused[difference] {
			s.Errorf("no answer needs the excuse for %q: take it out", difference)
		}
	}
}
