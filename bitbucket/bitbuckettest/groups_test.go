package bitbuckettest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

func TestGroups(t *testing.T) {
	runAll(t, nil, []exchange{
		{
			name: "list is a bare array with members", ask: ask{method: "GET", path: "/1.0/groups/acme"}, status: 200,
			want: map[string]any{
				"#": 2, "0.name": "Developers", "0.slug": "developers", "0.permission": nil, "0.auto_add": false,
				"0.members.#": 1, "0.members.0.display_name": "Bob Bauer", "0.members.0.is_active": true, "0.members.0.email": "absent",
				"0.owner.is_team": true, "0.owner.display_name": "Acme Ltd", "1.slug": "all-staff", "1.members.#": 0,
			},
		},
		{
			name: "list of a plain member", ask: ask{as: "dan", method: "GET", path: "/1.0/groups/acme"}, status: 403,
			text: "Access denied. You must be an administrator to do this.",
		},
		{name: "list of a stranger", ask: ask{as: "carol", method: "GET", path: "/1.0/groups/acme"}, status: 403},
		{
			name: "list of an unknown workspace", ask: ask{method: "GET", path: "/1.0/groups/nobody"}, status: 404,
			text: "No workspace with identifier 'nobody'",
		},
		{
			name: "one", ask: ask{method: "GET", path: "/1.0/groups/acme/all-staff"}, status: 200,
			want: map[string]any{"name": "All Staff", "slug": "all-staff"},
		},
		{name: "look-ups are case-sensitive", ask: ask{method: "GET", path: "/1.0/groups/acme/Developers"}, status: 404},
		{
			name: "make", ask: ask{method: "POST", path: "/1.0/groups/acme", body: "name=Night+Shift"}, status: 200,
			want: map[string]any{"name": "Night Shift", "slug": "night-shift", "permission": nil},
		},
		{name: "make without a name", ask: ask{method: "POST", path: "/1.0/groups/acme", contentType: "none"}, status: 400},
		{name: "make a second", ask: ask{method: "POST", path: "/1.0/groups/acme", body: "name=developers"}, status: 400},
		{
			name:   "change",
			ask:    ask{method: "PUT", path: "/1.0/groups/acme/developers", body: `{"permission":"write","auto_add":true}`},
			status: 200, want: map[string]any{"permission": "write", "auto_add": true, "name": "Developers"},
		},
		{
			name: "change to no permission", ask: ask{method: "PUT", path: "/1.0/groups/acme/developers", body: `{"permission":null}`},
			status: 200, want: map[string]any{"permission": nil},
		},
		{
			name: "change to a wrong permission", status: 400, text: "owner is not a valid permission",
			ask: ask{method: "PUT", path: "/1.0/groups/acme/developers", body: `{"permission":"owner"}`},
		},
		{name: "delete", ask: ask{method: "DELETE", path: "/1.0/groups/acme/developers"}, status: 204},
		{name: "delete what is not there", ask: ask{method: "DELETE", path: "/1.0/groups/acme/sales"}, status: 404},
	})
}

func TestGroupMembers(t *testing.T) {
	carol, _ := newSite(bitbuckettest.Options{}).AddUser("carol@acme.test", "")
	const members = "/1.0/groups/acme/developers/members"
	runAll(t, nil, []exchange{
		{
			name: "list", ask: ask{method: "GET", path: members}, status: 200,
			want: map[string]any{"#": 1, "0.nickname": "Bob Bauer", "0.is_team": false, "0.is_staff": false, "0.email": "absent"},
		},
		{name: "list of an unknown group", ask: ask{method: "GET", path: "/1.0/groups/acme/sales/members"}, status: 404},
		{
			name: "add by uuid", ask: ask{method: "PUT", path: members + "/" + url.PathEscape(carol), body: "{}"}, status: 200,
			want: map[string]any{"display_name": "Carol Cho", "uuid": carol, "email": "absent"},
		},
		{
			name: "add by address", ask: ask{method: "PUT", path: members + "/Carol@acme.test", body: "{}"}, status: 200,
			want: map[string]any{"uuid": carol},
		},
		{
			name: "add an unknown address", ask: ask{method: "PUT", path: members + "/eve@acme.test", body: "{}"}, status: 404,
			text: "No user with validated email address",
		},
		{name: "add who is in it", ask: ask{method: "PUT", path: members + "/bob@acme.test", body: "{}"}, status: 409},
		{name: "add by an OAuth token", ask: ask{as: "bearer oauth-token", method: "PUT", path: members + "/carol@acme.test", body: "{}"}, status: 200},
		{name: "take away", ask: ask{method: "DELETE", path: members + "/bob@acme.test"}, status: 204},
		{name: "take away who is not in it", ask: ask{method: "DELETE", path: members + "/carol@acme.test"}, status: 404},
	})
}

func TestShapesOfGroups(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	group := at(do(t, s, ask{method: "GET", path: "/1.0/groups/acme"}).json, "0")
	got := []string{names(group), names(at(group, "members.0")), names(at(group, "owner"))}
	want := []string{
		"auto_add email_forwarding_disabled members name owner permission slug",
		"account_id avatar display_name is_active is_staff is_team nickname resource_uri uuid",
		"account_id avatar display_name is_team nickname resource_uri uuid",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties of group, member, owner (-want +got):\n%s", diff)
	}
}

func TestGroupMembershipIsWorkspaceMembership(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	must(t, s, http.StatusOK, ask{method: "PUT", path: "/1.0/groups/acme/all-staff/members/carol@acme.test", body: "{}"})
	must(t, s, http.StatusOK, ask{method: "PUT", path: "/1.0/groups/acme/developers/members/carol@acme.test", body: "{}"})
	must(t, s, http.StatusNoContent, ask{method: "DELETE", path: "/1.0/groups/acme/developers/members/carol@acme.test"})
	want := []string{"ada@acme.test", "bob@acme.test", "carol@acme.test", "dan@acme.test"}
	if diff := cmp.Diff(want, s.Members("acme")); diff != "" {
		t.Errorf("members with one group left (-want +got):\n%s", diff)
	}
	must(t, s, http.StatusNoContent, ask{method: "DELETE", path: "/1.0/groups/acme/all-staff/members/carol@acme.test"})
	must(t, s, http.StatusNoContent, ask{method: "DELETE", path: "/1.0/groups/acme/developers"})
	if diff := cmp.Diff([]string{"ada@acme.test", "dan@acme.test"}, s.Members("acme")); diff != "" {
		t.Errorf("members without a group (-want +got):\n%s", diff)
	}
	if mails := s.Mails(); len(mails) != 0 {
		t.Errorf("mails %v, want none for groups", mails)
	}
}

func TestUUIDWritesOfAPI1(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	uuid := at(do(t, s, ask{method: "GET", path: "/2.0/workspaces/acme"}).json, "uuid").(string)
	path := "/1.0/groups/" + url.PathEscape(uuid)
	must(t, s, http.StatusOK, ask{method: "GET", path: path})
	if got := must(t, s, http.StatusMethodNotAllowed, ask{method: "POST", path: path, body: "name=Sales"}); got.text != "None" {
		t.Errorf("body %q, want None", got.text)
	}
}

func TestSlugCollision(t *testing.T) {
	named := func(name string) ask {
		return ask{method: "POST", path: "/1.0/groups/acme", body: url.Values{"name": {name}}.Encode()}
	}
	s := newSite(bitbuckettest.Options{})
	must(t, s, http.StatusBadRequest, named("All staff"))
	must(t, s, http.StatusBadRequest, named("All Staff"))
	s = newSite(bitbuckettest.Options{Switches: bitbuckettest.Switches{SlugCollision: "numbered"}})
	must(t, s, http.StatusBadRequest, named("All Staff"))
	for name, slug := range map[string]string{"All staff": "all-staff-1", "Sales": "sales"} {
		if got := at(must(t, s, http.StatusOK, named(name)).json, "slug"); got != slug {
			t.Errorf("%s: slug %v, want %s", name, got, slug)
		}
	}
	if got := at(must(t, s, http.StatusOK, named("all staff")).json, "slug"); got != "all-staff-2" {
		t.Errorf("slug %v, want all-staff-2", got)
	}
}
