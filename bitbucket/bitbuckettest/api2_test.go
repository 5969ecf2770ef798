package bitbuckettest_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

// emailFilter is the path of the members with these addresses.
func emailFilter(fields string, emails ...string) string {
	query := url.Values{"q": {`user.email IN ("` + strings.Join(emails, `","`) + `")`}, "pagelen": {"100"}}
	if fields != "" {
		query.Set("fields", fields)
	}
	return "/2.0/workspaces/acme/members?" + query.Encode()
}

func TestUsersAndWorkspaces(t *testing.T) {
	runAll(t, nil, []exchange{
		{
			name: "self", ask: ask{method: "GET", path: "/2.0/user"}, status: 200,
			want: map[string]any{"type": "user", "display_name": "Ada Ames", "account_status": "active", "email": "absent"},
		},
		{
			name: "self of a workspace's token", ask: ask{as: "bearer oauth-token", method: "GET", path: "/2.0/user"}, status: 200,
			want: map[string]any{"type": "team", "display_name": "Acme Ltd", "account_id": "absent"},
		},
		{
			name: "own workspaces", ask: ask{method: "GET", path: "/2.0/user/workspaces?administrator=true"}, status: 200,
			want: map[string]any{
				"pagelen": 25, "values.#": 1, "values.0.type": "workspace_access", "values.0.administrator": true,
				"values.0.workspace.slug": "acme", "values.0.workspace.type": "workspace_base", "values.0.workspace.name": "absent",
			},
		},
		{
			name: "own workspaces by slug", status: 200, want: map[string]any{"values.#": 0},
			ask: ask{method: "GET", path: "/2.0/user/workspaces?sort=-slug&q=" + url.QueryEscape(`slug="other"`)},
		},
		{
			name: "workspaces of a stranger", ask: ask{as: "carol", method: "GET", path: "/2.0/user/workspaces"}, status: 200,
			want: map[string]any{"values.#": 0},
		},
		{
			name: "own permission", ask: ask{method: "GET", path: "/2.0/user/workspaces/acme/permission"}, status: 200,
			want: map[string]any{"type": "workspace_membership", "permission": "owner", "user.display_name": "Ada Ames"},
		},
		{
			name: "permission of a member", ask: ask{as: "dan", method: "GET", path: "/2.0/user/workspaces/acme/permission"}, status: 200,
			want: map[string]any{"permission": "member"},
		},
		{name: "permission of a stranger", ask: ask{as: "carol", method: "GET", path: "/2.0/user/workspaces/acme/permission"}, status: 403},
		{
			name: "workspace", ask: ask{method: "GET", path: "/2.0/workspaces/acme"}, status: 200,
			want: map[string]any{"type": "workspace", "slug": "acme", "name": "Acme Ltd", "is_private": true, "is_personal": false},
		},
		{
			name: "unknown workspace", ask: ask{method: "GET", path: "/2.0/workspaces/nobody"}, status: 404,
			want: map[string]any{"type": "error", "error.message": "No workspace with identifier 'nobody'"},
		},
	})
}

func TestMembers(t *testing.T) {
	_, bob := newSite(bitbuckettest.Options{}).AddUser("bob@acme.test", "")
	asked := emailFilter("+values.user.email", "bob@acme.test", "carol@acme.test", "Dan@acme.test")
	ninetyOne := make([]string, 91)
	for i := range ninetyOne {
		ninetyOne[i] = fmt.Sprintf("p%d@acme.test", i)
	}
	runAll(t, nil, []exchange{
		{
			name: "all, without addresses", ask: ask{method: "GET", path: "/2.0/workspaces/acme/members"}, status: 200,
			want: map[string]any{
				"pagelen": 10, "size": 3, "page": 1, "next": "absent", "values.#": 3, "values.0.type": "workspace_membership",
				"values.1.user.account_id": bob, "values.1.user.email": "absent", "values.1.permission": "absent",
			},
		},
		{
			name: "by address: members only, lower case only", ask: ask{method: "GET", path: asked}, status: 200,
			want: map[string]any{"values.#": 1, "values.0.user.email": "bob@acme.test", "values.0.user.account_id": bob},
		},
		{
			name: "by address without asking for it", ask: ask{method: "GET", path: emailFilter("", "bob@acme.test")}, status: 200,
			want: map[string]any{"values.#": 1, "values.0.user.email": "absent"},
		},
		{
			name: "addresses are shown under a filter only", status: 200,
			ask:  ask{method: "GET", path: "/2.0/workspaces/acme/members?fields=%2Bvalues.user.email"},
			want: map[string]any{"values.#": 3, "values.0.user.email": "absent"},
		},
		{
			name: "only some fields", status: 200,
			ask:  ask{method: "GET", path: emailFilter("values.user.email,values.user.account_id", "bob@acme.test")},
			text: `{"values":[{"user":{"account_id":"` + bob + `","email":"bob@acme.test"}}]}`,
		},
		{name: "ninety addresses", ask: ask{method: "GET", path: emailFilter("", ninetyOne[:90]...)}, status: 200},
		{name: "ninety-one", ask: ask{method: "GET", path: emailFilter("", ninetyOne...)}, status: 400},
		{name: "by address as a plain member", ask: ask{as: "dan", method: "GET", path: asked}, status: 403},
		{name: "as a stranger", ask: ask{as: "carol", method: "GET", path: "/2.0/workspaces/acme/members"}, status: 403},
		{
			name: "one by account id", ask: ask{method: "GET", path: "/2.0/workspaces/acme/members/" + bob}, status: 200,
			want: map[string]any{"user.account_id": bob},
		},
		{name: "no such", ask: ask{method: "GET", path: "/2.0/workspaces/acme/members/nobody"}, status: 404},
		{
			name: "owners", status: 200,
			ask: ask{method: "GET", path: "/2.0/workspaces/acme/permissions?q=" + url.QueryEscape(`permission="owner"`)},
			want: map[string]any{
				"values.#": 1, "values.0.permission": "owner", "values.0.user.display_name": "Ada Ames",
				"values.0.added_on": "2026-11-23T09:30:00Z",
			},
		},
		{name: "pages too long", ask: ask{method: "GET", path: "/2.0/workspaces/acme/members?pagelen=101"}, status: 400},
	})
}

func TestRepositoriesAndProjects(t *testing.T) {
	site := newSite(bitbuckettest.Options{})
	web := at(do(t, site, ask{method: "GET", path: "/2.0/repositories/acme/web"}).json, "uuid").(string)
	runAll(t, nil, []exchange{
		{
			name: "repositories", ask: ask{method: "GET", path: "/2.0/repositories/acme?sort=slug"}, status: 200,
			want: map[string]any{
				"values.#": 2, "values.0.slug": "open", "values.0.project": "absent", "values.1.full_name": "acme/web",
				"values.1.is_private": true, "values.1.project.key": "WEB", "values.1.scm": "git", "values.1.mainbranch.name": "main",
			},
		},
		{
			name: "by name", ask: ask{method: "GET", path: "/2.0/repositories/acme?q=" + url.QueryEscape(`name="web"`)}, status: 200,
			want: map[string]any{"values.#": 1},
		},
		{
			name: "by uuid", status: 200, want: map[string]any{"values.#": 1, "values.0.slug": "web"},
			ask: ask{method: "GET", path: "/2.0/repositories/acme?q=" + url.QueryEscape(`uuid="`+web+`"`)},
		},
		{
			name: "by full name", status: 200, want: map[string]any{"values.#": 1, "values.0.slug": "open"},
			ask: ask{method: "GET", path: "/2.0/repositories/acme?q=" + url.QueryEscape(`full_name="acme/open"`)},
		},
		{
			name: "by project", status: 200, want: map[string]any{"values.#": 1, "values.0.slug": "web"},
			ask: ask{method: "GET", path: "/2.0/repositories/acme?q=" + url.QueryEscape(`project.key="WEB"`)},
		},
		{
			name: "one by uuid", ask: ask{method: "GET", path: "/2.0/repositories/acme/" + url.PathEscape(web)}, status: 200,
			want: map[string]any{"slug": "web"},
		},
		{
			name: "of a member without rights", ask: ask{as: "dan", method: "GET", path: "/2.0/repositories/acme"}, status: 200,
			want: map[string]any{"values.#": 1, "values.0.slug": "open"},
		},
		{
			name: "repository", ask: ask{method: "GET", path: "/2.0/repositories/acme/web"}, status: 200,
			want: map[string]any{"type": "repository", "slug": "web", "workspace.slug": "acme", "owner.type": "team"},
		},
		{name: "no repository", ask: ask{method: "GET", path: "/2.0/repositories/acme/gone"}, status: 404},
		{
			name: "projects", ask: ask{method: "GET", path: "/2.0/workspaces/acme/projects"}, status: 200,
			want: map[string]any{"values.#": 1, "values.0.type": "project", "values.0.key": "WEB", "values.0.name": "Web"},
		},
		{name: "project", ask: ask{method: "GET", path: "/2.0/workspaces/acme/projects/WEB"}, status: 200},
		{name: "no project", ask: ask{method: "GET", path: "/2.0/workspaces/acme/projects/web"}, status: 404},
	})
}

func TestShapesOfAPI2(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	get := func(path string) any { return must(t, s, http.StatusOK, ask{method: "GET", path: path}).json }
	got := map[string]string{
		"self":       names(get("/2.0/user")),
		"workspace":  names(get("/2.0/workspaces/acme")),
		"membership": names(at(get("/2.0/workspaces/acme/members"), "values.0")),
		"permission": names(at(get("/2.0/workspaces/acme/permissions"), "values.0")),
		"account":    names(at(get("/2.0/workspaces/acme/members"), "values.0.user")),
		"repository": names(get("/2.0/repositories/acme/web")),
		"project":    names(get("/2.0/workspaces/acme/projects/WEB")),
	}
	want := map[string]string{
		"self":       "account_id account_status created_on display_name has_2fa_enabled is_staff links nickname type uuid",
		"workspace":  "created_on forking_mode is_personal is_privacy_enforced is_private links name slug type updated_on uuid",
		"membership": "links type user workspace",
		"permission": "added_on last_accessed links permission type user workspace",
		"account":    "account_id display_name links nickname type uuid",
		"repository": "created_on description fork_policy full_name has_issues has_wiki is_private language links mainbranch name " +
			"owner project scm size slug type updated_on uuid workspace",
		"project": "created_on description has_publicly_visible_repos is_private key links name owner type updated_on uuid workspace",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties (-want +got):\n%s", diff)
	}
}

func TestPagesFollowNext(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	for i := range 22 {
		s.AddMember("acme", fmt.Sprintf("p%02d@acme.test", i))
	}
	path, seen, pages := "/2.0/workspaces/acme/members?fields=values.user.nickname,next", map[string]bool{}, 0
	for path != "" {
		reply := must(t, s, http.StatusOK, ask{method: "GET", path: path})
		pages++
		for i := range at(reply.json, "values.#").(int) {
			seen[at(reply.json, fmt.Sprintf("values.%d.user.nickname", i)).(string)] = true
		}
		next := at(reply.json, "next").(string)
		if next == "absent" {
			break
		}
		var ok bool
		if path, ok = strings.CutPrefix(next, "http://emulator.test"); !ok {
			t.Fatalf("next is %q, want it on the host that was asked", next)
		}
	}
	if len(seen) != 25 || pages != 3 {
		t.Errorf("%d people on %d pages, want 25 on 3", len(seen), pages)
	}
	if violations := s.Violations(); len(violations) != 0 {
		t.Errorf("violations %v, want none", violations)
	}
}

func TestPagesAreNotMadeUp(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	next := at(must(t, s, http.StatusOK, ask{method: "GET", path: "/2.0/workspaces/acme/members?pagelen=1"}).json, "next").(string)
	_, query, _ := strings.Cut(next, "?")
	must(t, s, http.StatusOK, ask{method: "GET", path: "/2.0/workspaces/acme/members?" + query})
	for _, path := range []string{
		"/2.0/workspaces/acme/permissions?" + query, // of another list
		"/2.0/workspaces/acme/members?page=2", "/2.0/workspaces/acme/members?page=",
	} {
		must(t, s, http.StatusBadRequest, ask{method: "GET", path: path})
	}
	if violations := s.Violations(); len(violations) != 3 {
		t.Errorf("violations %v, want three", violations)
	}
}

func TestRemovedEndpointsAreGone(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	for _, path := range []string{
		"/2.0/workspaces", "/2.0/repositories", "/2.0/user/permissions/workspaces", "/2.0/user/permissions/repositories",
		"/2.0/snippets", "/2.0/pullrequests/ada",
	} {
		got := must(t, s, http.StatusGone, ask{method: "GET", path: path})
		const url = "https://developer.atlassian.com/cloud/bitbucket/changelog/#CHANGE-2770"
		want := `{"type":"error","error":{"message":"CHANGE-2770 - Functionality has been deprecated",` +
			`"detail":"Please read the changelog entry for more details.","data":{"announcement_url":"` + url + `"}},` +
			`"data":{"announcement_url":"` + url + `"}}`
		if got.text != want {
			t.Errorf("%s: body %s, want %s", path, got.text, want)
		}
	}
}
