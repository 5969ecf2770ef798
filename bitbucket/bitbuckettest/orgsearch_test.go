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
	userSearch  = anyDirectory + "/users/search"
	groupSearch = anyDirectory + "/groups/search"
)

func TestSearchUsers(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.SetPersonStatus(organizationID, "off@acme.test", "suspended")
	s.SetPersonStatus(organizationID, "gone@acme.test", "deactivated")
	s.SetPersonStatus(organizationID, "out@other.test", "not_invited")
	s.SetPersonStatus(organizationID, "in@acme.test", "active")
	developers, acme := s.group("Developers"), s.ari("acme")
	for name, row := range map[string]struct {
		body object
		want []string
	}{
		"all": {object{}, []string{
			"ada@acme.test", "bob@acme.test", "dan@acme.test", "gone@acme.test", "in@acme.test", "off@acme.test", "out@other.test",
		}},
		"emails, in any case":    {object{"emails": []string{"BOB@acme.test", "nobody@acme.test"}}, []string{"bob@acme.test"}},
		"of a workspace":         {object{"resourceIds": []string{acme}}, []string{"ada@acme.test", "bob@acme.test", "dan@acme.test"}},
		"of a linked workspace":  {object{"resourceIds": []string{s.ari("linked")}}, []string{}},
		"of a group":             {object{"groupIds": []string{developers}}, []string{"bob@acme.test"}},
		"of an unknown group":    {object{"groupIds": []string{unknownID}}, []string{}},
		"accounts":               {object{"accountIds": []string{s.account("dan@acme.test")}}, []string{"dan@acme.test"}},
		"administrators":         {object{"roleIds": []string{"atlassian/admin"}}, []string{"ada@acme.test"}},
		"a domain":               {object{"emailDomains": []string{"other.test"}}, []string{"out@other.test"}},
		"suspended":              {object{"status": []string{"suspended"}}, []string{"off@acme.test"}},
		"not invited":            {object{"status": []string{"not_invited"}}, []string{"out@other.test"}},
		"inactive accounts":      {object{"accountStatus": []string{"inactive"}}, []string{"gone@acme.test"}},
		"suspended memberships":  {object{"membershipStatus": []string{"suspended"}}, []string{"off@acme.test"}},
		"a term":                 {object{"searchTerm": "bAUER"}, []string{"bob@acme.test"}},
		"managed":                {object{"claimStatus": "managed"}, []string{}},
		"with a second factor":   {object{"mfaEnabled": true}, []string{}},
		"of another directory":   {object{"directoryIds": []string{unknownID}}, []string{}},
		"two conditions":         {object{"groupIds": []string{developers}, "emails": []string{"ada@acme.test"}}, []string{}},
		"best question for seat": {object{"emails": []string{"in@acme.test"}, "resourceIds": []string{acme}, "membershipStatus": []string{"active"}}, []string{}},
	} {
		if diff := cmp.Diff(row.want, s.people(row.body)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	sorted := s.call(http.StatusOK, "POST", userSearch, object{"limit": 1, "sortBy": []object{{"field": "nick_name", "direction": "desc"}}})
	if email := at(sorted.json, "data.0.email"); email != "out@other.test" {
		t.Errorf("the last of all is %v", email)
	}
	s.clean()
}

func TestShapeOfAUser(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	bob := object{"emails": []string{"bob@acme.test"}}
	plain := at(s.call(http.StatusOK, "POST", userSearch, bob).json, "data.0")
	bob["expand"] = []string{"groups", "productAccess"}
	full := at(s.call(http.StatusOK, "POST", userSearch, bob).json, "data.0")
	want := "accountId accountStatus accountType addedToOrg claimStatus email emailVerified links managementSource membershipStatus " +
		"mfaEnabled name nickname picture status"
	if got := names(plain); got != want {
		t.Errorf("properties %s, want %s", got, want)
	}
	check(t, exchange{status: 0, want: map[string]any{
		"accountId": s.account("bob@acme.test"), "accountType": "atlassian", "name": "Bob Bauer", "addedToOrg": "2026-11-23T09:30:00Z",
		"groups.#": 1, "groups.0.name": "Developers", "groups.0.id": s.group("Developers"),
		"productAccess.0.key": "bitbucket", "productAccess.0.id": s.ari("acme"), "productAccess.0.lastActiveTimestamp": nil,
	}}, reply{json: full})
	s.clean()
}

func TestSearchGroups(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.AddSyncedGroup(organizationID, "From IdP", "bob@acme.test")
	acme := s.ari("acme")
	for name, row := range map[string]struct {
		body object
		want []string
	}{
		"all":                    {object{}, []string{"All Staff", "Developers", "From IdP", "org-admins"}},
		"names whole, any case":  {object{"groupNames": []string{"developers", "staff"}}, []string{"Developers"}},
		"a term":                 {object{"searchTerm": "staff"}, []string{"All Staff"}},
		"ids":                    {object{"groupIds": []string{s.group("All Staff")}}, []string{"All Staff"}},
		"of a person":            {object{"accountIds": []string{s.account("bob@acme.test")}}, []string{"Developers", "From IdP"}},
		"with a role":            {object{"roleIds": []string{"atlassian/user"}}, []string{"All Staff", "Developers"}},
		"on a workspace":         {object{"resourceIds": []string{acme}}, []string{"All Staff", "Developers"}},
		"of Bitbucket":           {object{"resourceOwners": []string{"bitbucket"}}, []string{"All Staff", "Developers"}},
		"of another directory":   {object{"directoryIds": []string{unknownID}}, []string{}},
		"of this, by the ending": {object{"searchTerm": "admins", "sortBy": []object{{"field": "name", "direction": "asc"}}}, []string{"org-admins"}},
	} {
		got := values(s.call(http.StatusOK, "POST", groupSearch, row.body), "name")
		if diff := cmp.Diff(row.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	got := s.call(http.StatusOK, "POST", s.directory()+"/groups/search", object{"groupNames": []string{"From IdP"}, "expand": []string{"counts.users", "counts.resources"}})
	check(t, exchange{status: 200, want: map[string]any{
		"data.0.externalSynced": true, "data.0.managedBy": "external", "data.0.managementAccess.modifiable": false,
		"data.0.managementAccess.readable": true, "data.0.counts.users": 1, "data.0.counts.resources": 0, "data.0.description": "",
		"data.0.directoryId": s.directory()[len(orgPath+"/directories/"):],
	}}, got)
	s.clean()
}

func TestSearchesThatViolate(t *testing.T) {
	ids := make([]string, 11)
	names := make([]string, 101)
	for name, row := range map[string]struct {
		path string
		body object
	}{
		"an unknown property":     {userSearch, object{"email": "x"}},
		"a wrong type":            {userSearch, object{"emails": "x"}},
		"emails and a term":       {userSearch, object{"emails": []string{"x"}, "searchTerm": "x"}},
		"an unknown status":       {userSearch, object{"status": []string{"invited"}}},
		"an unknown claim":        {userSearch, object{"claimStatus": "claimed"}},
		"an unknown expansion":    {userSearch, object{"expand": []string{"roles"}}},
		"another order":           {userSearch, object{"sortBy": []object{{"field": "email", "direction": "asc"}}}},
		"too many emails":         {userSearch, object{"emails": names}},
		"too many groups":         {userSearch, object{"groupIds": ids}},
		"too many resources":      {userSearch, object{"resourceIds": append(ids, ids...)}},
		"a page too long":         {userSearch, object{"limit": 101}},
		"a page of none":          {groupSearch, object{"limit": 0}},
		"names and a term":        {groupSearch, object{"groupNames": []string{"x"}, "searchTerm": "x"}},
		"names and ids":           {groupSearch, object{"groupNames": []string{"x"}, "groupIds": []string{unknownID}}},
		"groups in another order": {groupSearch, object{"sortBy": []object{{"field": "id", "direction": "asc"}}}},
		"too many names":          {groupSearch, object{"groupNames": names}},
		"groups as a text":        {groupSearch, object{"groupIds": unknownID}},
		"workspaces, too many":    {orgPath + "/workspaces", object{"limit": 1000}},
		"a made-up cursor":        {groupSearch, object{"cursor": "2"}},
		"no body":                 {groupSearch, nil},
		"a query parameter":       {groupSearch + "?limit=5", object{}},
		"a condition of two":      {orgPath + "/workspaces", object{"query": object{"searchWorkspaces": "x", "features": []string{}}}},
		"a condition of none":     {orgPath + "/workspaces", object{"query": object{}}},
		"a cursor as a number":    {orgPath + "/workspaces", object{"cursor": 1}},
		"an unknown condition":    {orgPath + "/workspaces", object{"query": object{"name": "x"}}},
		"a wrong type below":      {orgPath + "/workspaces", object{"query": object{"and": []object{{"searchWorkspaces": 1}}}}},
		"a query that is a text":  {orgPath + "/workspaces", object{"query": "x"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := with(t, bitbuckettest.OrganizationSwitches{})
			var body any
			if row.body != nil {
				body = row.body
			}
			s.call(http.StatusBadRequest, "POST", row.path, body)
			if got := s.Violations(); len(got) != 1 {
				t.Errorf("violations %q, want one", got)
			}
		})
	}
}

func TestCursors(t *testing.T) {
	for _, row := range []struct {
		cursor              string
		users, sites, roles bool // is a URL
	}{{"", false, true, false}, {"token", false, false, false}, {"url", true, true, true}} {
		s := with(t, bitbuckettest.OrganizationSwitches{Cursor: row.cursor})
		s.AddMember("linked", "eve@acme.test", "Writers")
		s.Move("linked")
		s.walk(userSearch, object{"limit": 3, "resourceIds": []string{s.ari("acme"), s.ari("linked")}}, 4, row.users)
		s.walk(orgPath+"/workspaces", object{"limit": 1}, 3, row.sites)
		group := s.group("Developers")
		s.call(http.StatusOK, "POST", s.directory()+"/groups/"+group+"/role-assignments/assign", object{"resourceId": s.ari("linked"), "roleId": "atlassian/user"})
		path := anyDirectory + "/groups/" + group + "/role-assignments"
		first := s.call(http.StatusOK, "GET", path+"?limit=1&roleIds=atlassian%2Fuser", nil)
		rest := s.call(http.StatusOK, "GET", path+"?cursor="+url.QueryEscape(s.cursorOf(first, row.roles))+"&limit=50", nil)
		if diff := cmp.Diff([]string{s.ari("acme"), s.ari("linked")}, append(values(first, "resourceId"), values(rest, "resourceId")...)); diff != "" {
			t.Errorf("%s: roles (-want +got):\n%s", row.cursor, diff)
		}
		s.clean()
	}
}

// cursorOf gives the cursor of a page, which is a URL or a token.
func (s *orgSite) cursorOf(page reply, isURL bool) string {
	s.Helper()
	next, _ := at(page.json, "links.next").(string)
	if strings.HasPrefix(next, "http") != isURL || next == "" {
		s.Fatalf("next is %q, want a URL: %v", next, isURL)
	}
	parsed, err := url.Parse(next)
	if err != nil {
		s.Fatal(err)
	}
	if isURL {
		return parsed.Query().Get("cursor")
	}
	return next
}

// walk goes through a search by its cursors, which stand for all of it.
func (s *orgSite) walk(path string, body object, want int, isURL bool) {
	s.Helper()
	page := s.call(http.StatusOK, "POST", path, body)
	count, _ := at(page.json, "data.#").(int)
	for at(page.json, "links.next") != nil {
		cursor := s.cursorOf(page, isURL)
		page = s.call(http.StatusOK, "POST", path, object{"cursor": cursor})
		more, _ := at(page.json, "data.#").(int)
		count += more
	}
	if count != want {
		s.Errorf("%s: %d in all pages, want %d", path, count, want)
	}
}

func TestCursorStandsAlone(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	for i, path := range []string{userSearch, orgPath + "/workspaces"} {
		page := s.call(http.StatusOK, "POST", path, object{"limit": 1})
		s.call(http.StatusBadRequest, "POST", path, object{"limit": 1, "cursor": s.cursorOf(page, i == 1)})
	}
	page := s.call(http.StatusOK, "POST", userSearch, object{"limit": 1})
	got := s.call(http.StatusBadRequest, "POST", groupSearch, object{"cursor": s.cursorOf(page, false)}) // of another list
	if code := at(got.json, "errors.0.code"); code != "ADMIN-400-1" {
		t.Errorf("code %v, want that of a bad cursor", code)
	}
	if len(s.Violations()) != 3 {
		t.Errorf("violations %q, want three", s.Violations())
	}
}

func TestLastCursor(t *testing.T) {
	for value, want := range map[string]any{"": nil, "absent": "absent", "empty": ""} {
		s := with(t, bitbuckettest.OrganizationSwitches{LastCursor: value})
		got := s.call(http.StatusOK, "POST", userSearch, object{})
		if next := at(got.json, "links.next"); next != want {
			t.Errorf("%s: next is %v, want %v", value, next, want)
		}
	}
}

func TestUsualPages(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	for i := range 60 {
		s.AddGroup("acme", fmt.Sprintf("Group %02d", i))
		s.AddMember("acme", fmt.Sprintf("p%02d@acme.test", i))
	}
	for path, want := range map[string]int{userSearch: 50, groupSearch: 20} {
		if n := at(s.call(http.StatusOK, "POST", path, object{}).json, "data.#"); n != want {
			t.Errorf("%s: %v on a page, want %d", path, n, want)
		}
	}
}

func TestWorkspacesOfAnOrganization(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.SetSeats("acme", 25)
	const path = orgPath + "/workspaces"
	got := s.call(http.StatusOK, "POST", path, object{"limit": 100, "sort": []object{}})
	check(t, exchange{status: 200, want: map[string]any{
		"data.#": 3, "data.0.attributes.typeKey": "confluence", "data.0.attributes.usage": nil, "data.0.attributes.capacity": nil,
		"data.1.id": s.ari("acme"), "data.1.attributes.typeKey": "bitbucket", "data.1.attributes.type": "Bitbucket",
		"data.1.attributes.name": "Acme Ltd", "data.1.attributes.hostUrl": "https://bitbucket.org/acme/", "data.1.attributes.status": "online",
		"data.1.attributes.usage": 3, "data.1.attributes.capacity": 25, "data.1.attributes.createdAt": nil,
		"data.2.attributes.hostUrl": "https://bitbucket.org/linked/", "data.2.attributes.usage": 1, "data.2.attributes.capacity": nil,
	}}, got)
	if id := s.ari("acme"); !strings.HasPrefix(id, "ari:cloud:bitbucket::workspace/") || strings.Contains(id, "{") {
		t.Errorf("id %q, want an ARI without braces", id)
	}
	key := object{"field": object{"name": "typeKey", "values": []string{"bitbucket"}}}
	for name, row := range map[string]struct {
		query object
		want  int
	}{
		"text, of the name":   {object{"searchWorkspaces": "LTD"}, 1},
		"text, of all":        {object{"searchWorkspaces": "acme"}, 2},
		"field":               {key, 2},
		"field of nothing":    {object{"field": object{"name": "typeKey", "values": []string{}}}, 3},
		"and":                 {object{"and": []object{key, {"searchWorkspaces": "linked"}}}, 1},
		"or":                  {object{"or": []object{{"searchWorkspaces": "ltd"}, {"searchWorkspaces": "linked"}}}, 2},
		"or of nothing":       {object{"or": []object{}}, 3},
		"nor":                 {object{"nor": []object{key}}, 1},
		"features":            {object{"features": []string{"x"}}, 0},
		"policies of nothing": {object{"policies": []string{}}, 3},
	} {
		if n := at(s.call(http.StatusOK, "POST", path, object{"query": row.query}).json, "data.#"); n != row.want {
			t.Errorf("%s: %v, want %d", name, n, row.want)
		}
	}
	s.clean()
	hidden := with(t, bitbuckettest.OrganizationSwitches{NoUsage: true})
	got = hidden.call(http.StatusOK, "POST", path, object{})
	if usage := at(got.json, "data.1.attributes.usage"); usage != nil {
		t.Errorf("usage %v, want null", usage)
	}
}

func TestDirectories(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	const path = orgPath + "/directories"
	id := s.directory()[len(path)+1:]
	for query, want := range map[string]int{
		"": 1, "?limit=5": 1, "?searchTerm=acme": 1, "?searchTerm=x": 0, "?directoryIds=" + unknownID + "&directoryIds=" + id: 1,
		"?directoryIds=" + unknownID: 0, "?accountId=" + url.QueryEscape(s.account("bob@acme.test")): 1, "?accountId=x": 0,
	} {
		if n := at(s.call(http.StatusOK, "GET", path+query, nil).json, "data.#"); n != want {
			t.Errorf("%s: %v directories, want %d", query, n, want)
		}
	}
	s.clean()
	for _, query := range []string{"?x=1", "?limit=a", "?limit=1&limit=2", "?cursor=1", "?x=%zz"} {
		s.call(http.StatusBadRequest, "GET", path+query, nil)
	}
	if len(s.Violations()) != 5 {
		t.Errorf("violations %q, want five", s.Violations())
	}
}
