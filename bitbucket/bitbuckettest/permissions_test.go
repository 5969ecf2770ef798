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

const (
	onWeb     = "/2.0/repositories/acme/web/permissions-config"
	onProject = "/2.0/workspaces/acme/projects/WEB/permissions-config"
)

func TestExplicitPermissions(t *testing.T) {
	site := newSite(bitbuckettest.Options{})
	bobUUID, bob := site.AddUser("bob@acme.test", "")
	_, carol := site.AddUser("carol@acme.test", "")
	_, ada := site.AddUser("ada@acme.test", "")
	put := func(path, permission string) ask {
		return ask{method: "PUT", path: path, body: `{"permission":"` + permission + `"}`}
	}
	var rows []exchange
	for kind, prefix := range map[string]string{"repository": onWeb, "project": onProject} {
		groups, users := prefix+"/groups", prefix+"/users"
		rows = append(rows, []exchange{
			{name: kind + " groups, none", ask: ask{method: "GET", path: groups}, status: 200, want: map[string]any{"values.#": 0, "size": 0}},
			{
				name: kind + " group, none", ask: ask{method: "GET", path: groups + "/developers"}, status: 200,
				want: map[string]any{"type": kind + "_group_permission", "permission": "none", "group.slug": "developers"},
			},
			{name: kind + " no group", ask: ask{method: "GET", path: groups + "/sales"}, status: 404},
			{
				name: kind + " to a group", ask: put(groups+"/developers", "write"), status: 200,
				want: map[string]any{
					"type": kind + "_group_permission", "permission": "write", "group.type": "group", "group.name": "Developers",
					"group.slug": "developers", "group.full_slug": "acme:developers", "user": "absent",
				},
			},
			{
				name: kind + " none to a group", ask: put(groups+"/developers", "none"), status: 400,
				want: map[string]any{"error.message": "none is not a valid permission"},
			},
			{name: kind + " to no group", ask: put(groups+"/sales", "read"), status: 404},
			{name: kind + " from a group", ask: ask{method: "DELETE", path: groups + "/developers"}, status: 204},
			{
				name: kind + " to a person", ask: put(users+"/"+bob, "admin"), status: 200,
				want: map[string]any{
					"type": kind + "_user_permission", "permission": "admin", "user.account_id": bob, "user.uuid": bobUUID, "group": "absent",
				},
			},
			{name: kind + " by uuid", ask: put(users+"/"+url.PathEscape(bobUUID), "read"), status: 200},
			{
				name: kind + " to the owner", ask: put(users+"/"+ada, "read"), status: 400,
				want: map[string]any{
					"error.message": "This user is linked to this workspace, so their access to this " + kind + " cannot be modified or removed",
				},
			},
			{name: kind + " to no member", ask: put(users+"/"+carol, "read"), status: 400},
			{name: kind + " to nobody", ask: put(users+"/nobody", "read"), status: 404},
			{name: kind + " person, none", ask: ask{method: "GET", path: users + "/" + bob}, status: 200, want: map[string]any{"permission": "none"}},
			{name: kind + " from a person", ask: ask{method: "DELETE", path: users + "/" + bob}, status: 204},
			{name: kind + " as a plain member", ask: ask{as: "dan", method: "GET", path: users}, status: 403},
		}...)
	}
	rows = append(
		rows,
		exchange{name: "create-repo is for projects", ask: put(onProject+"/users/"+bob, "create-repo"), status: 200},
		exchange{name: "create-repo is not for repositories", ask: put(onWeb+"/users/"+bob, "create-repo"), status: 400},
		exchange{name: "no repository", ask: put("/2.0/repositories/acme/gone/permissions-config/users/"+bob, "read"), status: 404},
		exchange{name: "no permission", ask: ask{method: "PUT", path: onWeb + "/users/" + bob, body: "{}"}, status: 400},
	)
	runAll(t, nil, rows)
}

func TestWritingPermissionsNeedsAnAPIToken(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	_, bob := s.AddUser("bob@acme.test", "")
	for _, a := range []ask{
		{as: "bearer oauth-token", method: "PUT", path: onWeb + "/users/" + bob, body: `{"permission":"read"}`},
		{as: "bearer oauth-token", method: "DELETE", path: onProject + "/groups/developers"},
	} {
		got := must(t, s, http.StatusForbidden, a)
		if message := at(got.json, "error.message"); message != "This resource does not support authentication using the provided token" {
			t.Errorf("%s: message %q", a.method, message)
		}
	}
	must(t, s, http.StatusOK, ask{as: "bearer oauth-token", method: "GET", path: onWeb + "/users"})
}

func TestListsOfPermissionsHavePages(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	want := map[string]string{}
	for i := range 12 {
		email := fmt.Sprintf("p%02d@acme.test", i)
		s.AddMember("acme", email)
		_, id := s.AddUser(email, "")
		must(t, s, http.StatusOK, ask{method: "PUT", path: onWeb + "/users/" + id, body: `{"permission":"write"}`})
		want[email] = "write"
	}
	if diff := cmp.Diff(want, s.Grants("acme", "repository", "web")); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	first := must(t, s, http.StatusOK, ask{method: "GET", path: onWeb + "/users"}).json
	next, found := strings.CutPrefix(at(first, "next").(string), "http://emulator.test")
	if !found {
		t.Fatalf("next is %v, want it on the host that was asked", at(first, "next"))
	}
	second := must(t, s, http.StatusOK, ask{method: "GET", path: next}).json
	got := []any{at(first, "values.#"), at(second, "values.#"), at(second, "next"), at(second, "page")}
	if diff := cmp.Diff([]any{10, 2, "absent", 2}, got); diff != "" {
		t.Errorf("two pages (-want +got):\n%s", diff)
	}
}

func TestGrantsAndSeats(t *testing.T) {
	for _, row := range []struct {
		name          string
		seats, status int
		strict        bool
	}{
		{"a seat left", 4, 200, true},
		{"all taken", 3, 200, false},
		{"all taken, strictly", 3, 402, true},
		{"more people than seats", 2, 402, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := newSite(bitbuckettest.Options{Switches: bitbuckettest.Switches{RefuseGrantsWhenFull: row.strict}})
			_, bob := s.AddUser("bob@acme.test", "")
			s.SetSeats("acme", row.seats)
			must(t, s, row.status, ask{method: "PUT", path: onWeb + "/users/" + bob, body: `{"permission":"read"}`})
			must(t, s, row.status, ask{method: "PUT", path: onProject + "/groups/developers", body: `{"permission":"read"}`})
		})
	}
}

func TestAnAdministratorOfARepositoryOnly(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	_, dan := s.AddUser("dan@acme.test", "")
	must(t, s, http.StatusForbidden, ask{as: "dan", method: "GET", path: onWeb + "/users"})
	must(t, s, http.StatusOK, ask{method: "PUT", path: onWeb + "/users/" + dan, body: `{"permission":"admin"}`})
	must(t, s, http.StatusOK, ask{as: "dan", method: "GET", path: onWeb + "/users"})
	invitation := toRepository("eve@acme.test", "read")
	invitation.as = "dan"
	must(t, s, http.StatusOK, invitation)
	must(t, s, http.StatusForbidden, ask{as: "dan", method: "GET", path: onProject + "/users"})
}

func TestLastGrantTakenAwayEndsMembership(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	must(t, s, http.StatusOK, toRepository("eve@acme.test", "read"))
	if err := s.Accept("acme", "eve@acme.test"); err != nil {
		t.Fatal(err)
	}
	_, eve := s.AddUser("eve@acme.test", "")
	must(t, s, http.StatusNoContent, ask{method: "DELETE", path: onWeb + "/users/" + eve})
	if diff := cmp.Diff([]string{"ada@acme.test", "bob@acme.test", "dan@acme.test"}, s.Members("acme")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestGroupGrantsReachTheirMembers(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	s.AddAPIToken("bob@acme.test", "bob-token", allScopes()...)
	slugs := func(role string) any {
		return at(must(t, s, http.StatusOK, ask{as: "bob", method: "GET", path: "/2.0/repositories/acme?" + role}).json, "values.#")
	}
	before := []any{slugs(""), slugs("role=member"), slugs("role=contributor"), slugs("role=admin")}
	must(t, s, http.StatusOK, ask{method: "PUT", path: onWeb + "/groups/developers", body: `{"permission":"write"}`})
	after := []any{slugs(""), slugs("role=member"), slugs("role=contributor"), slugs("role=admin")}
	want := [][]any{{1, 0, 0, 0}, {2, 1, 1, 0}}
	if diff := cmp.Diff(want, [][]any{before, after}); diff != "" {
		t.Errorf("repositories by role, before and after (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"group developers": "write"}, s.Grants("acme", "repository", "web")); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	must(t, s, http.StatusNoContent, ask{method: "DELETE", path: "/1.0/groups/acme/developers"})
	if diff := cmp.Diff(map[string]string{}, s.Grants("acme", "repository", "web")); diff != "" {
		t.Errorf("grants without the group (-want +got):\n%s", diff)
	}
}

func TestAGrantKeepsTheSeat(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	_, bob := s.AddUser("bob@acme.test", "")
	must(t, s, http.StatusOK, ask{method: "PUT", path: onProject + "/users/" + bob, body: `{"permission":"read"}`})
	must(t, s, http.StatusNoContent, ask{method: "DELETE", path: "/1.0/groups/acme/developers/members/bob@acme.test"})
	if diff := cmp.Diff([]string{"ada@acme.test", "bob@acme.test", "dan@acme.test"}, s.Members("acme")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	must(t, s, http.StatusNoContent, ask{method: "DELETE", path: onProject + "/groups/developers"})
	must(t, s, http.StatusNoContent, ask{method: "DELETE", path: onWeb + "/users/" + bob}) // no grant there: harmless
	if diff := cmp.Diff(map[string]string{"bob@acme.test": "read"}, s.Grants("acme", "project", "WEB")); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
}
