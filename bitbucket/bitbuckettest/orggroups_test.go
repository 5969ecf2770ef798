package bitbuckettest_test

import (
	"net/http"
	"net/url"
	"testing"

	"bitroster/bitbucket/bitbuckettest"
)

// groupPath gives the path of a group in the directory.
func (s *orgSite) groupPath(name string) string {
	s.Helper()
	return s.directory() + "/groups/" + s.group(name)
}

func (s *orgSite) joins(status int, group, email string) reply {
	s.Helper()
	return s.call(status, "POST", s.groupPath(group)+"/memberships", object{"accountId": s.account(email)})
}

func (s *orgSite) leaves(status int, group, email string) {
	s.Helper()
	s.call(status, "DELETE", s.groupPath(group)+"/memberships/"+url.PathEscape(s.account(email)), nil)
}

func (s *orgSite) role(status int, change, group, role string) reply {
	s.Helper()
	return s.call(status, "POST", s.groupPath(group)+"/role-assignments/"+change, object{"resourceId": s.ari("acme"), "roleId": role})
}

func TestCreateGroup(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	got := s.call(http.StatusCreated, "POST", s.directory()+"/groups", object{"name": "Readers", "description": "who may read"})
	if got.text != "" {
		t.Errorf("body %q, want none", got.text)
	}
	if s.group("readers") == "" {
		t.Error("the group cannot be found")
	}
	again := s.call(http.StatusConflict, "POST", s.directory()+"/groups", object{"name": "READERS"})
	if code := at(again.json, "errors.0.code"); code != "ADMIN-409-28" {
		t.Errorf("code %v", code)
	}
	s.clean()
	for _, body := range []object{{"name": ""}, {"description": "x"}, {"name": 1}, {"name": "A", "permission": "read"}} {
		s.call(http.StatusBadRequest, "POST", s.directory()+"/groups", body)
	}
	s.call(http.StatusBadRequest, "POST", anyDirectory+"/groups", object{"name": "A"})
	if len(s.Violations()) != 5 {
		t.Errorf("violations %q, want five", s.Violations())
	}
}

func TestMemberships(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	if got := s.joins(http.StatusNoContent, "Developers", "dan@acme.test"); got.text != "" {
		t.Errorf("body %q, want none", got.text)
	}
	s.wantGroup("developers", "bob@acme.test", "dan@acme.test")
	got := s.joins(http.StatusConflict, "Developers", "dan@acme.test")
	if code := at(got.json, "errors.0.code"); code != "ADMIN-409-28" {
		t.Errorf("code %v", code)
	}
	s.leaves(http.StatusNoContent, "Developers", "dan@acme.test")
	s.leaves(http.StatusNotFound, "Developers", "dan@acme.test")
	s.wantGroup("developers", "bob@acme.test")
	s.wantMembers() // dan has a role of his own
	s.leaves(http.StatusNoContent, "Developers", "bob@acme.test")
	if members := s.Members("acme"); len(members) != 2 {
		t.Errorf("members %v, want bob gone, who had the group alone", members)
	}
	s.SetPersonStatus(organizationID, "off@acme.test", "suspended")
	s.SetPersonStatus(organizationID, "out@acme.test", "not_invited")
	s.joins(http.StatusBadRequest, "Developers", "off@acme.test")
	for _, email := range []string{"carol@acme.test", "out@acme.test"} { // not in the directory
		got := s.joins(http.StatusNotFound, "Developers", email)
		if code := at(got.json, "errors.0.code"); code != "ADMIN-404-8" {
			t.Errorf("code %v", code)
		}
	}
	missing := s.call(http.StatusNotFound, "POST", s.directory()+"/groups/"+unknownID+"/memberships", object{"accountId": "x"})
	if code := at(missing.json, "errors.0.code"); code != "ADMIN-404-10" {
		t.Errorf("code %v", code)
	}
	s.clean()
	s.call(http.StatusBadRequest, "POST", s.directory()+"/groups/developers/memberships", object{"accountId": "x"})
	s.call(http.StatusBadRequest, "POST", s.groupPath("Developers")+"/memberships", object{"accountIds": []string{"x"}})
	s.call(http.StatusBadRequest, "DELETE", anyDirectory+"/groups/"+s.group("Developers")+"/memberships/x", nil)
	if len(s.Violations()) != 3 {
		t.Errorf("violations %q, want three", s.Violations())
	}
}

func TestRepeatMember(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{RepeatMember: "204"})
	s.joins(http.StatusNoContent, "Developers", "bob@acme.test")
	s.wantGroup("developers", "bob@acme.test")
}

func TestGroupsThatCannotBeChanged(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.AddSyncedGroup(organizationID, "From IdP", "bob@acme.test")
	for _, group := range []string{"From IdP", "org-admins"} {
		got := s.joins(http.StatusForbidden, group, "dan@acme.test")
		if code := at(got.json, "errors.0.code"); code != "ADMIN-403-5" {
			t.Errorf("%s: code %v", group, code)
		}
		s.leaves(http.StatusForbidden, group, "bob@acme.test")
	}
	s.role(http.StatusForbidden, "assign", "org-admins", "atlassian/user")
	s.role(http.StatusOK, "assign", "From IdP", "atlassian/user")
	s.wantGroup("from-idp", "bob@acme.test")
	s.clean()
}

func TestRoles(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.call(http.StatusCreated, "POST", s.directory()+"/groups", object{"name": "Readers"})
	s.SetPersonStatus(organizationID, "carol@acme.test", "active")
	s.joins(http.StatusNoContent, "Readers", "carol@acme.test")
	s.wantMembers()
	for range 2 { // it is no error to assign a role twice
		s.role(http.StatusOK, "assign", "Readers", "atlassian/user")
	}
	s.wantMembers("carol@acme.test")
	s.wantGroup("readers", "carol@acme.test")
	s.role(http.StatusOK, "assign", "Readers", "atlassian/admin")
	got := s.call(http.StatusOK, "GET", s.groupPath("Readers")+"/role-assignments?resourceOwners=bitbucket", nil)
	check(t, exchange{status: 200, want: map[string]any{
		"data.#": 1, "data.0.resourceId": s.ari("acme"), "data.0.resourceOwner": "bitbucket",
		"data.0.roles.0": "atlassian/user", "data.0.roles.1": "atlassian/admin", "data.0.roles.#": 2,
	}}, got)
	for _, query := range []string{"roleIds=atlassian/guest", "resourceIds=x", "resourceOwners=jira", "directoryIds=" + unknownID} {
		got := s.call(http.StatusOK, "GET", s.groupPath("Readers")+"/role-assignments?"+query, nil)
		if n := at(got.json, "data.#"); n != 0 {
			t.Errorf("%s: %v, want none", query, n)
		}
	}
	s.role(http.StatusNoContent, "revoke", "Readers", "atlassian/admin")
	s.wantMembers("carol@acme.test")
	s.role(http.StatusNoContent, "revoke", "Readers", "atlassian/user")
	s.role(http.StatusNotFound, "revoke", "Readers", "atlassian/user")
	s.wantMembers()
	s.clean()
}

func TestRefusedRoles(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	got := s.role(http.StatusBadRequest, "assign", "Developers", "atlassian/guest")
	if code := at(got.json, "errors.0.code"); code != "ADMIN-UAM-400-3" {
		t.Errorf("code %v", code)
	}
	assign := s.groupPath("Developers") + "/role-assignments/assign"
	s.call(http.StatusNotFound, "POST", assign, object{"resourceId": s.ari("linked"), "roleId": "atlassian/user"})
	s.call(http.StatusNotFound, "POST", s.directory()+"/groups/"+unknownID+"/role-assignments/assign", object{"resourceId": s.ari("acme"), "roleId": "atlassian/user"})
	s.call(http.StatusNotFound, "GET", anyDirectory+"/groups/"+unknownID+"/role-assignments", nil)
	s.role(http.StatusOK, "assign", "Developers", "atlassian/user-access-admin")
	s.clean()
	s.role(http.StatusBadRequest, "assign", "Developers", "user")
	for _, body := range []object{
		{"resource": s.ari("acme"), "role": "atlassian/user"}, // of version 1
		{"resourceId": "acme", "roleId": "atlassian/user"},
		{"roleAssociations": []object{}},
	} {
		s.call(http.StatusBadRequest, "POST", assign, body)
	}
	if len(s.Violations()) != 4 {
		t.Errorf("violations %q, want four", s.Violations())
	}
}

func TestRoleStatus(t *testing.T) {
	for _, status := range []int{200, 202, 204} {
		s := with(t, bitbuckettest.OrganizationSwitches{RoleStatus: status})
		s.role(status, "assign", "Developers", "atlassian/admin")
		s.role(status, "revoke", "Developers", "atlassian/admin")
	}
}

func TestSeatsOfGroups(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.SetPersonStatus(organizationID, "carol@acme.test", "active")
	s.AddSyncedGroup(organizationID, "From IdP", "carol@acme.test", "bob@acme.test")
	s.SetSeats("acme", 3) // all are taken
	s.joins(http.StatusNoContent, "Developers", "dan@acme.test")
	for code, got := range map[string]reply{
		"ADMIN-409-3":     s.joins(http.StatusConflict, "Developers", "carol@acme.test"),
		"ADMIN-UAM-409-3": s.role(http.StatusConflict, "assign", "From IdP", "atlassian/user"),
	} {
		if found := at(got.json, "errors.0.code"); found != code {
			t.Errorf("code %v, want %s", found, code)
		}
	}
	s.SetSeats("acme", 4)
	s.role(http.StatusOK, "assign", "From IdP", "atlassian/user")
	s.wantMembers("carol@acme.test")
	s.clean()
}
