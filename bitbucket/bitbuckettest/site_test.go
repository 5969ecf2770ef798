package bitbuckettest_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

// allScopes is what a good API token of an administrator has.
func allScopes() []string {
	return []string{
		"read:user:bitbucket", "read:workspace:bitbucket", "read:repository:bitbucket", "read:project:bitbucket",
		"admin:repository:bitbucket", "admin:project:bitbucket", "write:permission:bitbucket", "delete:permission:bitbucket",
	}
}

// clock is a clock that a test turns by hand.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

func newClock() *clock { return &clock{now: time.Date(2026, 11, 23, 9, 30, 0, 0, time.UTC)} }

// newSite is a workspace acme: ada owns it, bob is in developers, carol has an account and is no member, dan is a member
// without rights. It has two groups, a project WEB, a private repository web in it and a public one named open.
func newSite(options bitbuckettest.Options) *bitbuckettest.Server {
	if options.Now == nil {
		options.Now = newClock().Now
	}
	s := bitbuckettest.New(options)
	s.AddWorkspace(bitbuckettest.Workspace{
		Slug: "acme", Name: "Acme Ltd", Owner: bitbuckettest.Person{Email: "ada@acme.test", Name: "Ada Ames"},
	})
	s.AddGroup("acme", "Developers")
	s.AddGroup("acme", "All Staff")
	s.AddUser("bob@acme.test", "Bob Bauer")
	s.AddMember("acme", "bob@acme.test", "Developers")
	s.AddUser("carol@acme.test", "Carol Cho")
	s.AddMember("acme", "dan@acme.test")
	s.AddProject("acme", "WEB", "Web")
	s.AddRepository("acme", "web", "WEB", true)
	s.AddRepository("acme", "open", "", false)
	s.AddAPIToken("ada@acme.test", "ada-token", allScopes()...)
	s.AddAPIToken("dan@acme.test", "dan-token", allScopes()...)
	s.AddAPIToken("carol@acme.test", "carol-token", allScopes()...)
	s.AddAccessToken("oauth-token", "oauth:acme", "account:write", "repository", "repository:admin", "project", "project:admin")
	return s
}

// ask is one request. As is the owner of an API token (ada where empty), "none", or "bearer X", or
// "basic X:Y". Type is JSON for a body
// that begins with a brace, a form for others.
type ask struct {
	as, method, path, body string
	contentType            string // overrides; "none" is none
}

func (a ask) request(root string) *http.Request {
	r, err := http.NewRequest(a.method, root+a.path, strings.NewReader(a.body))
	if err != nil {
		panic(err) // a mistake in the test's own table
	}
	switch token, bearer := strings.CutPrefix(a.as, "bearer "); {
	case strings.HasPrefix(a.as, "basic "):
		id, secret, _ := strings.Cut(strings.TrimPrefix(a.as, "basic "), ":")
		r.SetBasicAuth(id, secret)
	case bearer:
		r.Header.Set("Authorization", "Bearer "+token)
	case a.as == "eve with ada-token":
		r.SetBasicAuth("eve@acme.test", "ada-token")
	case a.as == "":
		r.SetBasicAuth("ada@acme.test", "ada-token")
	case a.as != "none":
		r.SetBasicAuth(a.as+"@acme.test", a.as+"-token")
	}
	switch {
	case a.contentType == "none" || a.contentType == "" && a.body == "":
	case a.contentType != "":
		r.Header.Set("Content-Type", a.contentType)
	case strings.HasPrefix(a.body, "{"):
		r.Header.Set("Content-Type", "application/json")
	default:
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return r
}

// reply is one answer. JSON is nil when the body is none.
type reply struct {
	status int
	header http.Header
	text   string
	json   any
}

func do(t *testing.T, s *bitbuckettest.Server, a ask) reply {
	t.Helper()
	w := httptest.NewRecorder()
	r := a.request("http://emulator.test")
	s.Handler().ServeHTTP(w, r)
	got := reply{status: w.Code, header: w.Header(), text: w.Body.String()}
	if strings.HasPrefix(w.Header().Get("Content-Type"), "application/json") {
		if err := json.Unmarshal(w.Body.Bytes(), &got.json); err != nil {
			t.Fatalf("%s %s: body is no JSON: %v", a.method, a.path, err)
		}
	}
	return got
}

// must is do with a status.
func must(t *testing.T, s *bitbuckettest.Server, status int, a ask) reply {
	t.Helper()
	got := do(t, s, a)
	if got.status != status {
		t.Fatalf("%s %s: status %d, want %d: %s", a.method, a.path, got.status, status, got.text)
	}
	return got
}

// at gives the value at a path of names and indexes, such as "values.0.user.uuid"; "#" is a length.
func at(tree any, path string) any {
	for part := range strings.SplitSeq(path, ".") {
		switch node := tree.(type) {
		case map[string]any:
			value, ok := node[part]
			if !ok {
				return "absent"
			}
			tree = value
		case []any:
			if part == "#" {
				return len(node)
			}
			i, err := strconv.Atoi(part)
			if err != nil || i >= len(node) {
				return "absent"
			}
			tree = node[i]
		default:
			return "absent"
		}
	}
	if n, ok := tree.(float64); ok {
		return int(n)
	}
	return tree
}

// exchange is a row of a table: a request and what its answer has. Want is by path, as for at; text is the whole body.
type exchange struct {
	name   string
	ask    ask
	status int
	want   map[string]any
	text   string
}

// runAll runs each exchange, and again with a trailing slash, each on a new site that set prepares, and compares. It
// wants no violation.
func runAll(t *testing.T, set func(*bitbuckettest.Server), rows []exchange) {
	t.Helper()
	for _, row := range slices.Concat(rows, slashed(rows)) {
		t.Run(row.name, func(t *testing.T) {
			s := newSite(bitbuckettest.Options{})
			if set != nil {
				set(s)
			}
			check(t, row, do(t, s, row.ask))
			if diff := cmp.Diff([]string(nil), s.Violations()); diff != "" {
				t.Errorf("violations (-want +got):\n%s", diff)
			}
		})
	}
}

// slashed gives the rows with a trailing slash behind their paths.
func slashed(rows []exchange) []exchange {
	rows = slices.Clone(rows)
	for i := range rows {
		path, query, found := strings.Cut(rows[i].ask.path, "?")
		rows[i].name += ", slash"
		rows[i].ask.path = path + "/"
		if found {
			rows[i].ask.path += "?" + query
		}
	}
	return rows
}

func check(t *testing.T, row exchange, got reply) {
	t.Helper()
	if got.status != row.status {
		t.Fatalf("status %d, want %d: %s", got.status, row.status, got.text)
	}
	values := map[string]any{}
	for path := range row.want {
		values[path] = at(got.json, path)
	}
	if diff := cmp.Diff(row.want, values); row.want != nil && diff != "" {
		t.Errorf("body (-want +got):\n%s\nin %s", diff, got.text)
	}
	if row.text != "" && got.text != row.text {
		t.Errorf("body %q, want %q", got.text, row.text)
	}
}

// names gives the sorted property names of an object as one string.
func names(tree any) string {
	object, ok := tree.(map[string]any)
	if !ok {
		return fmt.Sprintf("no object: %v", tree)
	}
	return strings.Join(slices.Sorted(maps.Keys(object)), " ")
}

// discard takes an answer that nobody looks at.
func discard() http.ResponseWriter { return httptest.NewRecorder() }
