package bitbuckettest_test

import (
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

const invitePath = orgPath + "/users/invite"

func TestInviteByOrganization(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	body := s.invite("eve@acme.test", "Fay@acme.test")
	body["additionalGroups"] = []string{s.group("Developers")}
	body["notificationText"] = "Welcome"
	got := s.call(http.StatusOK, "POST", invitePath, body)
	check(t, exchange{status: 200, want: map[string]any{
		"data.#": 2, "data.0.email": "eve@acme.test", "data.0.id": s.account("eve@acme.test"), "data.1.email": "Fay@acme.test",
		"data.0.results.#": 1, "data.0.results.0.roleAssignmentResult.0.resource": s.ari("acme"),
		"data.0.results.0.roleAssignmentResult.0.role":          "atlassian/user",
		"data.0.results.0.roleAssignmentResult.0.status":        "INVITED",
		"data.0.results.0.roleAssignmentResult.0.statusReason":  nil,
		"data.0.results.0.groupAssignmentResult.0.group":        s.group("Developers"),
		"data.0.results.0.groupAssignmentResult.0.status":       "INVITED",
		"data.0.results.0.groupAssignmentResult.0.statusReason": nil,
	}}, got)
	mail := bitbuckettest.Mail{Workspace: "acme", Email: "eve@acme.test", Kind: "organization", Target: organizationID, At: s.clock.now}
	second := mail
	second.Email = "Fay@acme.test"
	if diff := cmp.Diff([]bitbuckettest.Mail{mail, second}, s.Mails()); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	s.wantMembers()
	pending := []string{"group developers", "role atlassian/user"}
	want := map[string][]string{"eve@acme.test": pending, "fay@acme.test": pending}
	if diff := cmp.Diff(want, s.Pending("acme")); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
	if err := s.Accept("acme", "eve@acme.test"); err != nil {
		t.Fatal(err)
	}
	s.wantMembers("eve@acme.test")
	s.wantGroup("developers", "bob@acme.test", "eve@acme.test")
	if err := s.Accept("acme", "eve@acme.test"); !errors.Is(err, bitbuckettest.ErrNotInvited) {
		t.Errorf("accepting twice: %v, want ErrNotInvited", err)
	}
	s.clean()
}

func TestInviteWithoutNotification(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.call(http.StatusOK, "POST", invitePath, object{"emails": []string{"eve@acme.test"}, "additionalGroups": []string{s.group("Developers")}})
	if mails := s.Mails(); len(mails) != 0 {
		t.Errorf("mails %v, want none", mails)
	}
	if err := s.Accept("acme", "eve@acme.test"); err != nil { // the group gives access
		t.Fatal(err)
	}
	s.wantMembers("eve@acme.test")
	s.clean()
}

func TestOrganizationAcceptAsAnother(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	body := s.invite("eve@acme.test")
	body["additionalGroups"] = []string{s.group("Developers")}
	s.call(http.StatusOK, "POST", invitePath, body)
	if err := s.AcceptAs("acme", "Eve@acme.test", "eve@home.test"); err != nil {
		t.Fatal(err)
	}
	s.wantMembers("eve@home.test")
	s.wantGroup("developers", "bob@acme.test", "eve@home.test")
	if diff := cmp.Diff([]string{"eve@home.test"}, s.people(object{"emails": []string{"eve@acme.test", "eve@home.test"}})); diff != "" {
		t.Errorf("people (-want +got):\n%s", diff)
	}
	s.clean()
}

// An invitation to a group without a role gives access to nothing.
func TestInviteToGroupWithoutRole(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.call(http.StatusCreated, "POST", s.directory()+"/groups", object{"name": "Readers"})
	s.call(http.StatusOK, "POST", invitePath, object{
		"emails": []string{"eve@acme.test"}, "additionalGroups": []string{s.group("Readers")}, "sendNotification": true,
	})
	if err := s.Accept("acme", "eve@acme.test"); !errors.Is(err, bitbuckettest.ErrNotInvited) {
		t.Errorf("accepting: %v, want ErrNotInvited", err)
	}
	if mails := s.Mails(); len(mails) != 1 || mails[0].Workspace != "" {
		t.Errorf("mails %v, want one for no workspace", mails)
	}
	s.clean()
}

func TestRefusedInvites(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	rule := func(resource, role string) object {
		return object{"emails": []string{"eve@acme.test"}, "sendNotification": true, "permissionRules": []object{{"resource": resource, "role": role}}}
	}
	for name, row := range map[string]struct {
		body   object
		status int
		code   string
	}{
		"no address":                {s.invite("eve@acme.test", "fay"), 400, "ADMIN-UAM-400-1"},
		"role of other apps":        {rule(s.ari("acme"), "atlassian/guest"), 400, "ADMIN-UAM-400-3"},
		"unknown resource":          {rule("ari:cloud:bitbucket::workspace/"+unknownID, "atlassian/user"), 404, "ADMIN-UAM-404-1"},
		"a workspace merely linked": {rule(s.ari("linked"), "atlassian/user"), 404, "ADMIN-UAM-404-1"},
		"unknown group":             {object{"emails": []string{"eve@acme.test"}, "additionalGroups": []string{unknownID}}, 404, "ADMIN-UAM-404-3"},
	} {
		got := s.call(row.status, "POST", invitePath, row.body)
		if code := at(got.json, "errors.0.code"); code != row.code {
			t.Errorf("%s: code %v, want %s", name, code, row.code)
		}
	}
	if mails, people := s.Mails(), s.people(object{"emails": []string{"eve@acme.test"}}); len(mails)+len(people) != 0 {
		t.Errorf("mails %v, people %v, want none", mails, people)
	}
	s.clean()
}

func TestInvitesThatViolate(t *testing.T) {
	var many []string
	for i := range 26 {
		many = append(many, fmt.Sprintf("p%d@acme.test", i))
	}
	for name, change := range map[string]object{
		"26 people":              {"emails": many},
		"nobody":                 {"emails": []string{}},
		"no list of people":      {"emails": "eve@acme.test"},
		"null":                   {"additionalGroups": nil},
		"an unknown property":    {"groups": []string{}},
		"the body of version 1":  {"email": "eve@acme.test"},
		"a wrong case":           {"Emails": []string{"eve@acme.test"}},
		"an unknown rule":        {"permissionRules": []object{{"permission": "x"}}},
		"an unknown role":        {"permissionRules": []object{{"resource": "ari:x", "role": "user"}}},
		"no ARI":                 {"permissionRules": []object{{"resource": "acme", "role": "atlassian/user"}}},
		"the name of a group":    {"additionalGroups": []string{"Developers"}},
		"notification as a text": {"sendNotification": "true"},
	} {
		t.Run(name, func(t *testing.T) {
			s := with(t, bitbuckettest.OrganizationSwitches{})
			body := s.invite("eve@acme.test")
			for property, value := range change {
				body[property] = value
			}
			s.call(http.StatusBadRequest, "POST", invitePath, body)
			if got := s.Violations(); len(got) != 1 {
				t.Errorf("violations %q, want one", got)
			}
			if mails := s.Mails(); len(mails) != 0 {
				t.Errorf("mails %v, want none", mails)
			}
		})
	}
}

func TestRepeatedInvitesByOrganization(t *testing.T) {
	for _, row := range []struct {
		value             string
		status, mails     int
		bob, eve, another string // results for who is a member, who is invited, and who is new
	}{
		{"", 200, 3, "INVITED", "INVITED", "INVITED"},
		{"silent", 200, 1, "INVITED", "INVITED", "INVITED"},
		{"error", 206, 1, "ERROR", "ERROR", "INVITED"},
		{"409", 409, 0, "absent", "absent", "absent"},
	} {
		t.Run(row.value, func(t *testing.T) {
			s := with(t, bitbuckettest.OrganizationSwitches{RepeatInvite: row.value})
			group := []string{s.group("Developers")}
			s.call(http.StatusOK, "POST", invitePath, object{"emails": []string{"eve@acme.test"}, "additionalGroups": group})
			got := s.call(row.status, "POST", invitePath, object{
				"emails": []string{"bob@acme.test", "EVE@acme.test", "new@acme.test", "New@acme.test"}, "additionalGroups": group, "sendNotification": true,
			})
			results := []any{groupResult(got, 0, 0), groupResult(got, 1, 0), groupResult(got, 2, 0)}
			if diff := cmp.Diff([]any{row.bob, row.eve, row.another}, results); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
			if mails := s.Mails(); len(mails) != row.mails {
				t.Errorf("%d mails, want %d", len(mails), row.mails)
			}
			s.clean()
		})
	}
}

// groupResult gives the status of one group for one person of an invitation.
func groupResult(r reply, person, group int) any {
	return at(r.json, fmt.Sprintf("data.%d.results.0.groupAssignmentResult.%d.status", person, group))
}

func TestFaultsOfOnePerson(t *testing.T) {
	for _, wrong := range []string{"fay", "gone@acme.test", "off@acme.test"} {
		for value, status := range map[string]int{"call": 400, "item": 206} {
			s := with(t, bitbuckettest.OrganizationSwitches{PersonErrors: value})
			s.SetPersonStatus(organizationID, "gone@acme.test", "deactivated")
			s.SetPersonStatus(organizationID, "off@acme.test", "suspended")
			got := s.call(status, "POST", invitePath, s.invite("eve@acme.test", wrong))
			if want := map[string]int{"call": 0, "item": 1}[value]; len(s.Mails()) != want {
				t.Errorf("%s, %s: %d mails, want %d", value, wrong, len(s.Mails()), want)
			}
			if value == "item" && at(got.json, "data.1.results.0.roleAssignmentResult.0.status") != "ERROR" {
				t.Errorf("%s, %s: answer %s, want an error of the second", value, wrong, got.text)
			}
			s.clean()
		}
	}
}

func TestInviteStatus(t *testing.T) {
	for value, want := range map[int][2]int{0: {200, 206}, 200: {200, 200}, 201: {201, 201}, 202: {202, 202}, 207: {207, 207}} {
		s := with(t, bitbuckettest.OrganizationSwitches{InviteStatus: value, PersonErrors: "item"})
		s.call(want[0], "POST", invitePath, s.invite("eve@acme.test"))
		s.call(want[1], "POST", invitePath, s.invite("fay@acme.test", "fay"))
	}
}

func TestSeatsOfInvites(t *testing.T) {
	for value, row := range map[string]struct{ status, mails int }{"call": {409, 0}, "item": {206, 1}} {
		s := with(t, bitbuckettest.OrganizationSwitches{SeatErrors: value})
		s.SetSeats("acme", 4) // three are taken
		got := s.call(row.status, "POST", invitePath, s.invite("bob@acme.test", "eve@acme.test", "fay@acme.test"))
		if value == "call" && at(got.json, "errors.0.code") != "ADMIN-UAM-409-3" {
			t.Errorf("answer %s, want the code of the licence limit", got.text)
		}
		if people := s.people(object{"emails": []string{"eve@acme.test", "fay@acme.test"}}); len(people) != row.mails {
			t.Errorf("%s: people %v", value, people)
		}
		s.clean()
	}
	// Somebody who is invited has a seat.
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.SetSeats("acme", 4)
	s.call(http.StatusOK, "POST", invitePath, s.invite("eve@acme.test"))
	s.call(http.StatusOK, "POST", invitePath, s.invite("eve@acme.test"))
	s.call(http.StatusConflict, "POST", invitePath, s.invite("fay@acme.test"))
	free := newOrgSite(t, bitbuckettest.Options{Switches: bitbuckettest.Switches{FreeInvitations: true}})
	free.SetSeats("acme", 3)
	free.call(http.StatusOK, "POST", invitePath, free.invite("eve@acme.test"))
}

func TestUnpaidAndRulesNeeded(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{Unpaid: true})
	got := s.call(http.StatusPaymentRequired, "POST", invitePath, s.invite("eve@acme.test"))
	if code := at(got.json, "errors.0.code"); code != "ADMIN-UAM-402-1" {
		t.Errorf("code %v", code)
	}
	s = with(t, bitbuckettest.OrganizationSwitches{RulesNeeded: true})
	s.call(http.StatusBadRequest, "POST", invitePath, object{"emails": []string{"eve@acme.test"}, "additionalGroups": []string{s.group("Developers")}})
	s.call(http.StatusOK, "POST", invitePath, s.invite("eve@acme.test"))
	s.clean()
}

func TestKnownAccountsJoin(t *testing.T) {
	for value, joined := range map[bool][]string{false: nil, true: {"carol@acme.test"}} {
		s := with(t, bitbuckettest.OrganizationSwitches{KnownAccountsJoin: value})
		s.call(http.StatusOK, "POST", invitePath, s.invite("carol@acme.test", "eve@acme.test"))
		s.wantMembers(joined...)
	}
}

func TestInvitedAs(t *testing.T) {
	for value, want := range map[string]struct{ status, membership any }{
		"": {"active", "active"}, "not_invited": {"not_invited", "no_membership"}, "hidden": {"absent", "absent"},
	} {
		s := with(t, bitbuckettest.OrganizationSwitches{InvitedAs: value})
		s.call(http.StatusOK, "POST", invitePath, s.invite("eve@acme.test"))
		search := object{"emails": []string{"eve@acme.test"}}
		got := s.call(http.StatusOK, "POST", anyDirectory+"/users/search", search)
		if status, membership := at(got.json, "data.0.status"), at(got.json, "data.0.membershipStatus"); status != want.status || membership != want.membership {
			t.Errorf("%s: status %v, membership %v, want %v", value, status, membership, want)
		}
		joins := map[string]int{"": http.StatusNoContent}[value]
		if joins == 0 {
			joins = http.StatusNotFound // as somebody who is not in the directory
		}
		s.joins(joins, "Developers", "eve@acme.test")
		if err := s.Accept("acme", "eve@acme.test"); err != nil {
			t.Fatal(err)
		}
		search["status"] = []string{"active"}
		if got := s.people(search); len(got) != 1 {
			t.Errorf("%s: %v after accepting, want one", value, got)
		}
	}
}

// Groups whose members the API cannot change are refused one by one, while the rest of the invitation stands.
func TestInviteToFixedGroups(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.AddSyncedGroup(organizationID, "From IdP")
	body := s.invite("eve@acme.test")
	body["additionalGroups"] = []string{s.group("From IdP"), s.group("org-admins"), s.group("Developers")}
	got := s.call(http.StatusPartialContent, "POST", invitePath, body)
	for i, want := range []string{"ERROR", "ERROR", "INVITED"} {
		if status := groupResult(got, 0, i); status != want {
			t.Errorf("group %d: %v, want %s", i, status, want)
		}
	}
	s.clean()
}

func TestTenThousandInvitesByOrganization(t *testing.T) {
	const many, each = 10_000, 25
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.SetSeats("acme", 2*many)
	body := s.invite()
	for from := 0; from < many; from += each {
		var emails []string
		for i := range each {
			emails = append(emails, fmt.Sprintf("n%05d@acme.test", from+i))
		}
		body["emails"] = emails
		s.call(http.StatusOK, "POST", invitePath, body)
	}
	for i := range many {
		if err := s.Accept("acme", fmt.Sprintf("n%05d@acme.test", i)); err != nil {
			t.Fatal(err)
		}
	}
	if mails, members := len(s.Mails()), len(s.Members("acme")); mails != many || members != many+3 {
		t.Errorf("%d mails and %d members, want %d and %d", mails, members, many, many+3)
	}
}
