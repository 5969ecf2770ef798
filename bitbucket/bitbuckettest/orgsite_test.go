package bitbuckettest_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

const (
	organizationID = "0a1b2c3d-0000-4000-a000-000000000001"
	otherID        = "0a1b2c3d-0000-4000-a000-000000000002"
	orgPath        = "/admin/v2/orgs/" + organizationID
	anyDirectory   = orgPath + "/directories/-"
	unknownID      = "0a1b2c3d-0000-4000-a000-00000000ffff"
)

// orgSite is the workspace acme of newSite, moved to an organization that has a key, "org-key", and a second one, linked,
// that is still administered in Bitbucket.
type orgSite struct {
	*testing.T
	*bitbuckettest.Server
	clock *clock
}

func newOrgSite(t *testing.T, options bitbuckettest.Options) *orgSite {
	t.Helper()
	clock := newClock()
	options.Now = clock.Now
	s := newSite(options)
	s.AddOrganization(organizationID, "Acme Organization")
	s.AddOrganization(otherID, "Another")
	s.AddOrganizationKey(organizationID, "org-key")
	s.AddWorkspace(bitbuckettest.Workspace{Slug: "linked", Name: "Linked", Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
	s.Link("linked", organizationID)
	s.Move("acme")
	return &orgSite{t, s, clock}
}

// with is a site under some switches.
func with(t *testing.T, w bitbuckettest.OrganizationSwitches) *orgSite {
	t.Helper()
	return newOrgSite(t, bitbuckettest.Options{Organization: w})
}

// call sends one request with the key, and wants a status. The body is anything that makes JSON; nil is none.
func (s *orgSite) call(status int, method, path string, body any) reply {
	s.Helper()
	return must(s.T, s.Server, status, keyed("org-key", method, path, body))
}

func keyed(key, method, path string, body any) ask {
	a := ask{as: "bearer " + key, method: method, path: path}
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			panic(err) // a mistake in the test's own table
		}
		a.body = string(text)
	}
	return a
}

type object map[string]any

// clean wants no violation so far.
func (s *orgSite) clean() {
	s.Helper()
	if diff := cmp.Diff([]string(nil), s.Violations()); diff != "" {
		s.Errorf("violations (-want +got):\n%s", diff)
	}
}

// directory gives the path of the organization's directory.
func (s *orgSite) directory() string {
	s.Helper()
	got := s.call(http.StatusOK, "GET", orgPath+"/directories", nil)
	id, _ := at(got.json, "data.0.directoryId").(string)
	return orgPath + "/directories/" + id
}

// ari gives the id of a workspace.
func (s *orgSite) ari(slug string) string {
	s.Helper()
	got := s.call(http.StatusOK, "POST", orgPath+"/workspaces", object{"query": object{"searchWorkspaces": "/" + slug + "/"}})
	id, _ := at(got.json, "data.0.id").(string)
	return id
}

// group gives the id of a group.
func (s *orgSite) group(name string) string {
	s.Helper()
	got := s.call(http.StatusOK, "POST", anyDirectory+"/groups/search", object{"groupNames": []string{name}})
	id, _ := at(got.json, "data.0.id").(string)
	return id
}

// account gives the Atlassian account id of an address.
func (s *orgSite) account(email string) string {
	_, id := s.AddUser(email, "")
	return id
}

// people gives the addresses that a search finds, sorted.
func (s *orgSite) people(body object) []string {
	s.Helper()
	got := s.call(http.StatusOK, "POST", anyDirectory+"/users/search", body)
	return values(got, "email")
}

// values gives one property of all that a page has, sorted.
func values(page reply, name string) []string {
	found := []string{}
	data, _ := at(page.json, "data").([]any)
	for _, item := range data {
		value, _ := at(item, name).(string)
		found = append(found, value)
	}
	slices.Sort(found)
	return found
}

// invite is a body that invites to the workspace acme as a user, and mails.
func (s *orgSite) invite(emails ...string) object {
	s.Helper()
	return object{
		"emails": emails, "sendNotification": true,
		"permissionRules": []object{{"resource": s.ari("acme"), "role": "atlassian/user"}},
	}
}

// wantMembers compares the members of acme as Bitbucket shows them, beside those of newSite.
func (s *orgSite) wantMembers(more ...string) {
	s.Helper()
	want := slices.Concat([]string{"ada@acme.test", "bob@acme.test", "dan@acme.test"}, more)
	slices.Sort(want)
	if diff := cmp.Diff(want, s.Members("acme")); diff != "" {
		s.Errorf("members (-want +got):\n%s", diff)
	}
}

// wantGroup compares the members of a group as Bitbucket shows them.
func (s *orgSite) wantGroup(slug string, want ...string) {
	s.Helper()
	if diff := cmp.Diff(want, s.GroupMembers("acme", slug)); diff != "" {
		s.Errorf("group %s (-want +got):\n%s", slug, diff)
	}
}
