package bitbuckettest_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

// slugs gives the slugs of a workspace's groups as API 1.0 lists them, sorted.
func (s *orgSite) slugs(workspace string) []string {
	s.Helper()
	got := must(s.T, s.Server, http.StatusOK, ask{method: "GET", path: "/1.0/groups/" + workspace})
	found := []string{}
	list, _ := got.json.([]any)
	for _, item := range list {
		slug, _ := at(item, "slug").(string)
		found = append(found, slug)
	}
	slices.Sort(found)
	return found
}

func TestMoveEntersGroupsAndMembers(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	if diff := cmp.Diff([]string{"all-staff", "developers"}, s.slugs("acme")); diff != "" {
		t.Errorf("groups in Bitbucket (-want +got):\n%s", diff)
	}
	got := s.call(http.StatusOK, "GET", s.groupPath("Developers")+"/role-assignments", nil)
	check(t, exchange{status: 200, want: map[string]any{"data.#": 1, "data.0.resourceId": s.ari("acme"), "data.0.roles.0": "atlassian/user"}}, got)
	s.wantMembers()
	s.wantGroup("developers", "bob@acme.test")
	must(t, s.Server, http.StatusMethodNotAllowed, ask{method: "POST", path: "/1.0/groups/acme", body: "name=Sales"})
	must(t, s.Server, http.StatusBadRequest, toGroup("eve@acme.test", "developers"))
	must(t, s.Server, http.StatusOK, ask{method: "POST", path: "/1.0/groups/linked", body: "name=Sales"}) // is not moved
	s.clean()
}

func TestPendingAtMove(t *testing.T) {
	for value, want := range map[string]error{"": nil, "gone": bitbuckettest.ErrNotInvited} {
		s := with(t, bitbuckettest.OrganizationSwitches{PendingAtMove: value})
		s.AddGroup("linked", "Writers")
		must(t, s.Server, http.StatusOK, ask{
			method: "PUT", path: "/1.0/users/linked/invitations", body: `{"email":"eve@acme.test","group_slug":"writers"}`,
		})
		s.Move("linked")
		if err := s.Accept("linked", "eve@acme.test"); !errors.Is(err, want) {
			t.Errorf("%s: accepting: %v, want %v", value, err, want)
		}
		var members []string
		if want == nil {
			members = []string{"eve@acme.test"}
		}
		if diff := cmp.Diff(members, s.GroupMembers("linked", "writers")); diff != "" {
			t.Errorf("%s: group in Bitbucket (-want +got):\n%s", value, diff)
		}
		if diff := cmp.Diff(len(members), len(s.people(object{"groupIds": []string{s.group("Writers")}}))); diff != "" {
			t.Errorf("%s: people of the group in the organization (-want +got):\n%s", value, diff)
		}
	}
}

func TestNamesOfMovedGroups(t *testing.T) {
	for value, want := range map[bool][]string{
		false: {"All Staff", "Developers", "Developers-linked", "Writers", "org-admins"},
		true:  {"All Staff-acme", "Developers-acme", "Developers-linked", "Writers-linked", "org-admins"},
	} {
		s := with(t, bitbuckettest.OrganizationSwitches{SuffixMovedGroups: value})
		s.AddGroup("linked", "Developers")
		s.AddGroup("linked", "Writers")
		s.Move("linked")
		s.Move("linked") // twice is harmless
		got := values(s.call(http.StatusOK, "POST", groupSearch, object{}), "name")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%v: groups (-want +got):\n%s", value, diff)
		}
		if diff := cmp.Diff([]string{"developers", "writers"}, s.slugs("linked")); diff != "" {
			t.Errorf("%v: slugs (-want +got):\n%s", value, diff)
		}
	}
}

func TestMoveWithoutOrganization(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	s.Move("acme")
	if diff := cmp.Diff([]string{"ada@acme.test", "bob@acme.test", "dan@acme.test"}, s.Members("acme")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if got := s.Violations(); len(got) != 0 {
		t.Errorf("violations %q", got)
	}
}

func TestWorkspaceOfAnOrganizationFromTheStart(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.AddWorkspace(bitbuckettest.Workspace{Slug: "new", Name: "New", Owner: bitbuckettest.Person{Email: "ada@acme.test"}, Organization: organizationID})
	if diff := cmp.Diff([]string{"bitbucket-admins-new", "bitbucket-user-access-admins-new", "bitbucket-users-new"}, s.slugs("new")); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ada@acme.test"}, s.GroupMembers("new", "bitbucket-admins-new")); diff != "" {
		t.Errorf("administrators (-want +got):\n%s", diff)
	}
	s.AddMember("new", "bob@acme.test", "bitbucket-users-new", "Writers")
	s.AddMember("new", "carol@acme.test")
	s.AddAdmin("new", "dan@acme.test")
	s.AddGroup("new", "Readers")
	for name, want := range map[string][]string{"writers": {"bob@acme.test"}, "bitbucket-users-new": {"bob@acme.test"}, "readers": nil} {
		if diff := cmp.Diff(want, s.GroupMembers("new", name)); diff != "" {
			t.Errorf("group %s (-want +got):\n%s", name, diff)
		}
	}
	admins := object{"roleIds": []string{"atlassian/admin"}, "resourceIds": []string{s.ari("new")}}
	if diff := cmp.Diff([]string{"ada@acme.test", "dan@acme.test"}, s.people(admins)); diff != "" {
		t.Errorf("administrators in the organization (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"ada@acme.test", "bob@acme.test", "carol@acme.test", "dan@acme.test"}, s.Members("new")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	s.clean()
}

// A group of the organization is taken, where it is there, and gets a role.
func TestSetUpTakesGroupsOfTheOrganization(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.AddSyncedGroup(organizationID, "From IdP", "carol@acme.test")
	s.AddMember("acme", "dan@acme.test", "From IdP")
	s.wantMembers("carol@acme.test")
	s.wantGroup("from-idp", "carol@acme.test", "dan@acme.test")
	s.clean()
}

func TestGroupsWithoutRole(t *testing.T) {
	for value, want := range map[bool][]string{false: {"all-staff", "developers"}, true: {"all-staff", "developers", "org-admins", "readers"}} {
		s := with(t, bitbuckettest.OrganizationSwitches{ShowGroupsWithoutRole: value})
		s.call(http.StatusCreated, "POST", s.directory()+"/groups", object{"name": "Readers"})
		if diff := cmp.Diff(want, s.slugs("acme")); diff != "" {
			t.Errorf("%v: groups in Bitbucket (-want +got):\n%s", value, diff)
		}
		s.role(http.StatusOK, "assign", "Readers", "atlassian/user")
		must(t, s.Server, http.StatusOK, ask{method: "PUT", path: onWeb + "/groups/readers", body: `{"permission":"write"}`})
		s.role(http.StatusNoContent, "revoke", "Readers", "atlassian/user")
		if _, granted := s.Grants("acme", "repository", "web")["group readers"]; granted != value {
			t.Errorf("%v: the grant of the group is there: %v", value, granted)
		}
		s.clean()
	}
}

func TestSlugsThatCollide(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.call(http.StatusCreated, "POST", s.directory()+"/groups", object{"name": "all-staff"})
	s.role(http.StatusOK, "assign", "all-staff", "atlassian/user")
	if diff := cmp.Diff([]string{"all-staff", "all-staff-1", "developers"}, s.slugs("acme")); diff != "" {
		t.Errorf("slugs (-want +got):\n%s", diff)
	}
}

// What an organization changes is seen by Bitbucket in its own time, and in order.
func TestLag(t *testing.T) {
	s := newOrgSite(t, bitbuckettest.Options{
		OrganizationLag: time.Minute, Organization: bitbuckettest.OrganizationSwitches{KnownAccountsJoin: true},
	})
	s.call(http.StatusCreated, "POST", s.directory()+"/groups", object{"name": "Readers"})
	s.role(http.StatusOK, "assign", "Readers", "atlassian/user")
	s.call(http.StatusOK, "POST", invitePath, object{"emails": []string{"carol@acme.test"}, "additionalGroups": []string{s.group("Readers")}})
	s.clock.now = s.clock.now.Add(30 * time.Second)
	s.leaves(http.StatusNoContent, "Readers", "carol@acme.test")
	if people := s.people(object{"groupIds": []string{s.group("Readers")}}); len(people) != 0 {
		t.Errorf("people %v, want the organization to know at once", people)
	}
	s.wantMembers()
	if diff := cmp.Diff([]string{"all-staff", "developers"}, s.slugs("acme")); diff != "" {
		t.Errorf("groups before their time (-want +got):\n%s", diff)
	}
	must(t, s.Server, http.StatusNotFound, ask{method: "PUT", path: onWeb + "/groups/readers", body: `{"permission":"write"}`})
	s.clock.now = s.clock.now.Add(30 * time.Second)
	s.wantMembers("carol@acme.test")
	s.wantGroup("readers", "carol@acme.test")
	s.clock.now = s.clock.now.Add(30 * time.Second)
	s.wantMembers()
	s.wantGroup("readers")
	s.clean()
}

func TestLagOfAcceptance(t *testing.T) {
	s := newOrgSite(t, bitbuckettest.Options{OrganizationLag: time.Hour})
	s.call(http.StatusOK, "POST", invitePath, s.invite("eve@acme.test"))
	if err := s.Accept("acme", "eve@acme.test"); err != nil {
		t.Fatal(err)
	}
	s.wantMembers()
	s.clock.now = s.clock.now.Add(time.Hour)
	s.wantMembers("eve@acme.test")
}

// Losing the last role takes the seat and the grants of a person; a grant alone keeps nobody.
func TestSuspendedPeopleLoseAccess(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	grant := onWeb + "/users/" + s.account("bob@acme.test")
	must(t, s.Server, http.StatusOK, ask{method: "PUT", path: grant, body: `{"permission":"write"}`})
	must(t, s.Server, http.StatusNoContent, ask{method: "DELETE", path: grant})
	s.wantMembers()
	must(t, s.Server, http.StatusOK, ask{method: "PUT", path: grant, body: `{"permission":"write"}`})
	s.SetPersonStatus(organizationID, "bob@acme.test", "suspended")
	if members := s.Members("acme"); slices.Contains(members, "bob@acme.test") {
		t.Errorf("members %v, want bob gone", members)
	}
	if grants := s.Grants("acme", "repository", "web"); len(grants) != 0 {
		t.Errorf("grants %v, want none", grants)
	}
	s.SetPersonStatus(organizationID, "ada@acme.test", "suspended") // the owner stays
	if members := s.Members("acme"); !slices.Contains(members, "ada@acme.test") {
		t.Errorf("members %v, want the owner among them", members)
	}
	s.clean()
}

func TestMistakesOfTheOrganizationsSetUp(t *testing.T) {
	s := bitbuckettest.New(bitbuckettest.Options{Organization: bitbuckettest.OrganizationSwitches{
		InviteStatus: 404, RepeatInvite: "x", PersonErrors: "x", SeatErrors: "x", ErrorShape: "E", RateLimitShape: "D", Reset: "x",
		RetryAfter: "x", Cursor: "x", LastCursor: "x", InvitedAs: "x", RepeatMember: "x", RoleStatus: 1, RemovedCalls: 1, PendingAtMove: "x",
	}})
	s.AddOrganization("acme", "no UUID")
	s.AddOrganization(organizationID, "Acme")
	s.AddOrganization(organizationID, "Acme")
	s.AddOrganizationKey(otherID, "key")
	s.AddSyncedGroup(organizationID, "org-admins")
	s.SetPersonStatus(organizationID, "eve@acme.test", "invited")
	s.Link("nowhere", organizationID)
	s.AddWorkspace(bitbuckettest.Workspace{Slug: "new", Owner: bitbuckettest.Person{Email: "ada@acme.test"}, Organization: otherID})
	if got := s.Violations(); len(got) != 15+7 {
		t.Errorf("%d violations %q, want 22", len(got), got)
	}
}
