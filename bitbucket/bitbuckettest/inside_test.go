package bitbuckettest

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseBBQL(t *testing.T) {
	for q, want := range map[string]condition{
		`permission="owner"`:          {field: "permission", values: []string{"owner"}},
		`slug = "a b"`:                {field: "slug", values: []string{"a b"}},
		`user.email IN ("a@x","b@y")`: {field: "user.email", in: true, values: []string{"a@x", "b@y"}},
		`user.email IN ( "a" , "b" )`: {field: "user.email", in: true, values: []string{"a", "b"}},
		`name="a \"b\" \\ ) , c"`:     {field: "name", values: []string{`a "b" \ ) , c`}},
		`user.email IN ("say\"hi@x")`: {field: "user.email", in: true, values: []string{`say"hi@x`}},
	} {
		got, err := parseBBQL(q)
		if err != nil {
			t.Errorf("%s: %v", q, err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(condition{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", q, diff)
		}
	}
	for _, q := range []string{
		"", "permission", `="x"`, `permission=owner`, `permission="owner`, `permission="owner"x`, `permission>"read"`, `x IN"a"`, `xIN("a")`,
		`x IN ("a",)`, `x IN ("a" "b")`, `x IN ("a")) `, `x IN ('a')`, `x="a\`,
	} {
		if got, err := parseBBQL(q); err == nil {
			t.Errorf("%s: read as %+v, want an error", q, got)
		}
	}
}

func TestFieldsOfATree(t *testing.T) {
	const tree = `{"a":{"b":1,"c":{"d":2}},"v":[{"a":1,"b":{"c":2}},{"a":3}]}`
	for fields, want := range map[string]string{
		"a.b":         `{"a":{"b":1}}`,
		"v.a":         `{"v":[{"a":1},{"a":3}]}`,
		"a":           `{"a":{"b":1,"c":{"d":2}}}`,
		"-a,-v.b":     `{"v":[{"a":1},{"a":3}]}`,
		"-*.b":        `{"a":{"c":{"d":2}},"v":[{"a":1},{"a":3}]}`,
		"+a.b":        tree,
		"*.c,-a.c.d":  `{"a":{"c":{}},"v":[{},{}]}`,
		"v.b.c,+a.b":  `{"a":{"b":1},"v":[{"b":{"c":2}},{}]}`,
		"nothing.now": `{}`,
	} {
		parsed, err := parseFields(fields)
		if err != nil {
			t.Fatalf("%s: %v", fields, err)
		}
		var root any
		if err := json.Unmarshal([]byte(tree), &root); err != nil {
			t.Fatal(err)
		}
		got, err := json.Marshal(prune(root, parsed))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", fields, diff)
		}
	}
	for _, fields := range []string{"", "a,", "a..b", "A", " a", "+", "a.b ", "**"} {
		if got, err := parseFields(fields); err == nil {
			t.Errorf("%q: read as %v, want an error", fields, got)
		}
	}
}

// Each route says where it is documented, in a page of Atlassian's, what it needs, and what it does.
func TestRoutesAreDocumented(t *testing.T) {
	for _, r := range routes() {
		if !strings.HasPrefix(r.doc, "https://support.atlassian.com/") && !strings.HasPrefix(r.doc, "https://developer.atlassian.com/") {
			t.Errorf("%s: documented at %q, want a page of Atlassian's", r, r.doc)
		}
		if r.tokens {
			continue // asks for no scope and takes a form
		}
		ofAdmin := strings.HasPrefix(r.path, "/admin/") // has scopes of its own, and calls without
		if (len(r.needs.granular) == 0 || len(r.needs.classic) == 0) && !ofAdmin || r.handle == nil {
			t.Errorf("%s: needs no scope, or does nothing", r)
		}
		hasBody := r.method == "PUT" || r.method == "POST"
		if hasBody != (r.body != bodyNone) {
			t.Errorf("%s: has a body: %v", r, r.body != bodyNone)
		}
		if reads2 := (strings.HasPrefix(r.path, "/2.0/") || ofAdmin) && r.method == "GET"; reads2 != (len(r.query) > 0) {
			t.Errorf("%s: query parameters %v, want them on the reads of API 2.0 and of organizations only", r, r.query)
		}
	}
}
