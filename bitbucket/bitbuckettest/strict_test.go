package bitbuckettest_test

import (
	"net/http"
	"net/url"
	"testing"

	"bitroster/bitbucket/bitbuckettest"
)

func TestViolations(t *testing.T) {
	const join, members = "/1.0/groups/acme/developers/members/carol@acme.test", "/2.0/workspaces/acme/members"
	_, bob := newSite(bitbuckettest.Options{}).AddUser("bob@acme.test", "")
	grant := onWeb + "/users/" + bob
	query := func(path, q string) ask { return ask{method: "GET", path: path + "?q=" + url.QueryEscape(q)} }
	for name, a := range map[string]ask{
		"unknown query parameter":           {method: "GET", path: members + "?limit=5"},
		"query parameter twice":             {method: "GET", path: members + "?pagelen=5&pagelen=6"},
		"unreadable query":                  {method: "GET", path: members + "?q=%zz"},
		"q on a list of permissions":        query(onWeb+"/users", `permission="read"`),
		"sort on a list of permissions":     {method: "GET", path: onWeb + "/groups?sort=group.name"},
		"plus sign not escaped":             {method: "GET", path: members + "?fields=+values.user.email"},
		"fields unreadable":                 {method: "GET", path: members + "?fields=values..user"},
		"a page made up":                    {method: "GET", path: members + "?page=2"},
		"address with =":                    query(members, `user.email="bob@acme.test"`),
		"filter by another field":           query(members, `user.nickname IN ("Bob")`),
		"filter cut off":                    query(members, `user.email IN ("bob@acme.test"`),
		"filter without quotes":             query(members, `user.email IN (bob@acme.test)`),
		"filter with a list of none":        query(members, `user.email IN ()`),
		"filter with something behind":      query(members, `user.email IN ("bob@acme.test") AND x="y"`),
		"filter in lower case":              query(members, `user.email in ("bob@acme.test")`),
		"administrator not a boolean":       {method: "GET", path: "/2.0/user/workspaces?administrator=yes"},
		"workspaces sorted by name":         {method: "GET", path: "/2.0/user/workspaces?sort=name"},
		"unknown role":                      {method: "GET", path: "/2.0/repositories/acme?role=boss"},
		"body of a GET":                     {method: "GET", path: "/1.0/groups/acme", body: "{}"},
		"body of a DELETE":                  {method: "DELETE", path: grant, body: "{}"},
		"join without a body":               {method: "PUT", path: join, contentType: "application/json"},
		"join without a content type":       {method: "PUT", path: join, body: "{}", contentType: "none"},
		"join as a form":                    {method: "PUT", path: join, body: "x=y"},
		"join with a property":              {method: "PUT", path: join, body: `{"email":"carol@acme.test"}`},
		"group as JSON":                     {method: "POST", path: "/1.0/groups/acme", body: `{"name":"Sales"}`},
		"group with a wrong type":           {method: "PUT", path: "/1.0/groups/acme/developers", body: `{"auto_add":"yes"}`},
		"invitation as a form":              {method: "PUT", path: pendingPath, body: "email=eve%40acme.test&group_slug=developers"},
		"invitation with a property":        {method: "PUT", path: pendingPath, body: `{"email":"eve@acme.test","group_slug":"developers","x":1}`},
		"invitation with a number":          {method: "PUT", path: pendingPath, body: `{"email":1,"group_slug":"developers"}`},
		"repository invitation, a field":    {method: "POST", path: "/1.0/invitations/acme/web", body: "email=e%40a.test&permission=read&x=1"},
		"repository invitation, no content": {method: "POST", path: "/1.0/invitations/acme/web", contentType: "none"},
		"grant with a property":             {method: "PUT", path: grant, body: `{"permission":"read","user":"bob"}`},
		"grant with garbage behind":         {method: "PUT", path: grant, body: `{"permission":"read"}{}`},
		"grant as an array":                 {method: "PUT", path: grant, body: `["read"]`, contentType: "application/json"},
		"grant as null":                     {method: "PUT", path: grant, body: `null`, contentType: "application/json"},
		"grant with a wrong case":           {method: "PUT", path: grant, body: `{"Permission":"read"}`},
		"grant as text":                     {method: "PUT", path: grant, body: `{"permission":"read"}`, contentType: "text/plain"},
		"content type unreadable":           {method: "PUT", path: grant, body: `{"permission":"read"}`, contentType: ";"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(bitbuckettest.Options{})
			must(t, s, http.StatusBadRequest, a)
			if got := s.Violations(); len(got) != 1 {
				t.Errorf("violations %q, want one", got)
			}
			if mails := s.Mails(); len(mails) != 0 {
				t.Errorf("mails %v, want none", mails)
			}
		})
	}
}

func TestUnknownPaths(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	for _, path := range []string{"/", "/2.0", "/2.0/users//x", "/2.0/teams/acme", "/1.0/groups", "/1.0/users/acme/invitations/a/b"} {
		got := must(t, s, http.StatusNotFound, ask{method: "GET", path: path})
		if message := at(got.json, "error.message"); message != "There is no API hosted at this URL" {
			t.Errorf("%s: message %q", path, message)
		}
	}
	got := must(t, s, http.StatusMethodNotAllowed, ask{method: "PATCH", path: onWeb + "/users/x"})
	if allow := got.header.Get("Allow"); allow != "GET, PUT, DELETE" {
		t.Errorf("Allow is %q, want GET, PUT, DELETE", allow)
	}
}

func TestMistakesOfTheSetUpAreViolations(t *testing.T) {
	s := bitbuckettest.New(bitbuckettest.Options{Switches: bitbuckettest.Switches{RepeatInvite: "418", MovedInvitations: 200, RetryAfter: "soon", RateHeaders: "all", SlugCollision: "409"}})
	s.AddMember("nobody", "ada@acme.test")
	s.AddWorkspace(bitbuckettest.Workspace{Slug: "acme"})
	s.AddAccessToken("x", "password")
	s.AddOAuthConsumer("nobody", "id", "secret")
	if got := s.Violations(); len(got) != 9 {
		t.Errorf("violations %q, want 9", got)
	}
}
