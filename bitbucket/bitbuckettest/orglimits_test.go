package bitbuckettest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

func TestOrganizationKeys(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.AddOrganizationKey(otherID, "other-key")
	s.AddOrganizationKey(organizationID, "workspaces-key", "read:workspaces:admin")
	s.AddOrganizationKey(organizationID, "all-scopes", "read:workspaces:admin", "read:directories:admin", "read:groups:admin")
	roles := anyDirectory + "/groups/" + s.group("Developers") + "/role-assignments"
	for name, row := range map[string]struct {
		as, method, path string
		status           int
		shape, code      string
	}{
		"no key":                 {"none", "GET", orgPath + "/directories", 401, "code message", ""},
		"a wrong key":            {"bearer x", "GET", orgPath + "/directories", 401, "code message", ""},
		"an API token":           {"", "GET", orgPath + "/directories", 401, "code message", ""},
		"an OAuth token":         {"bearer oauth-token", "GET", orgPath + "/directories", 401, "code message", ""},
		"another organization":   {"bearer other-key", "GET", orgPath + "/directories", 403, "errors", "ADMIN-403-3"},
		"no organization":        {"bearer org-key", "GET", "/admin/v2/orgs/" + unknownID + "/directories", 404, "errors", "ADMIN-404-2"},
		"no directory":           {"bearer org-key", "POST", orgPath + "/directories/" + unknownID + "/users/search", 404, "errors", "ADMIN-404-1"},
		"another scope":          {"bearer workspaces-key", "GET", orgPath + "/directories", 403, "error message path requestId status timestamp", ""},
		"the scope":              {"bearer workspaces-key", "POST", orgPath + "/workspaces", 200, "data links", ""},
		"all scopes, a read":     {"bearer all-scopes", "GET", roles, 200, "data links", ""},
		"all scopes, a search":   {"bearer all-scopes", "POST", userSearch, 403, "error message path requestId status timestamp", ""},
		"all scopes, a change":   {"bearer all-scopes", "POST", s.directory() + "/groups", 403, "error message path requestId status timestamp", ""},
		"all scopes, invitation": {"bearer all-scopes", "POST", invitePath, 403, "error message path requestId status timestamp", ""},
		"the wrong method":       {"bearer org-key", "PUT", invitePath, 405, "errors", "ADMIN-405-1"},
		"nothing there":          {"bearer org-key", "GET", orgPath + "/users", 404, "errors", "ADMIN-404-1"},
		"a key at Bitbucket":     {"bearer org-key", "GET", "/2.0/user", 401, "error type", ""},
	} {
		a := ask{as: row.as, method: row.method, path: row.path}
		if row.method == "POST" {
			a.body = "{}"
		}
		got := must(t, s.Server, row.status, a)
		if shape := names(got.json); shape != row.shape {
			t.Errorf("%s: properties %s, want %s", name, shape, row.shape)
		}
		if code := at(got.json, "errors.0.code"); row.code != "" && code != row.code {
			t.Errorf("%s: code %v, want %s", name, code, row.code)
		}
	}
	s.clean()
	known := func(r bitbuckettest.Request) bool { return r.Path == "/2.0/user" && r.Credential != "" }
	if s.RequestCount(known) != 0 {
		t.Error("Bitbucket knew the key")
	}
}

func TestOrganizationRequestsAreRecorded(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	s.call(http.StatusOK, "POST", userSearch, object{})
	want := bitbuckettest.Request{
		At: s.clock.now, Method: "POST", Path: userSearch, Status: 200, Credential: "organization_key " + organizationID,
		Route: "POST /admin/v2/orgs/{orgId}/directories/{directoryId}/users/search",
	}
	if diff := cmp.Diff([]bitbuckettest.Request{want}, s.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestShapesOfErrors(t *testing.T) {
	const a, d = "errors", "error message path requestId status timestamp"
	for value, row := range map[string]struct{ unauthorized, forbidden, group, invite, code string }{
		"":  {"code message", d, a, a, "ADMIN-UAM-404-3"},
		"A": {a, a, a, a, "ADMIN-404-10"},
		"B": {a, a, a, a, "ADMIN-UAM-404-3"},
		"C": {"code message", "code message", "code message", "code message", "absent"},
		"D": {d, d, d, d, "absent"},
	} {
		s := with(t, bitbuckettest.OrganizationSwitches{ErrorShape: value})
		s.AddOrganizationKey(organizationID, "scoped", "read:groups:admin")
		directory := s.directory()
		invite := s.call(404, "POST", invitePath, object{"emails": []string{"eve@acme.test"}, "additionalGroups": []string{unknownID}})
		got := []string{
			names(must(t, s.Server, 401, keyed("x", "GET", orgPath+"/directories", nil)).json),
			names(must(t, s.Server, 403, keyed("scoped", "GET", orgPath+"/directories", nil)).json),
			names(s.call(404, "POST", directory+"/groups/"+unknownID+"/memberships", object{"accountId": "x"}).json),
			names(invite.json),
		}
		if diff := cmp.Diff([]string{row.unauthorized, row.forbidden, row.group, row.invite}, got); diff != "" {
			t.Errorf("%q: shapes (-want +got):\n%s", value, diff)
		}
		if code := at(invite.json, "errors.0.code"); code != row.code {
			t.Errorf("%q: code %v, want %s", value, code, row.code)
		}
	}
}

func TestShapesInFull(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	got := s.call(404, "POST", s.directory()+"/groups/"+unknownID+"/memberships", object{"accountId": "x"})
	if fields := names(at(got.json, "errors.0")); fields != "code detail id status title" || at(got.json, "errors.0.status") != "404" {
		t.Errorf("error %s, want the status as a text", got.text)
	}
	s = with(t, bitbuckettest.OrganizationSwitches{ErrorShape: "D"})
	got = must(t, s.Server, 401, keyed("x", "GET", orgPath+"/directories", nil))
	check(t, exchange{status: 401, want: map[string]any{
		"timestamp": "2026-11-23T09:30:00Z", "path": "/api" + orgPath + "/directories", "status": 401, "error": "Unauthorized",
	}}, got)
}

func TestRemovedCallsOfVersion1(t *testing.T) {
	for value, status := range map[int]int{0: 410, 404: 404} {
		s := with(t, bitbuckettest.OrganizationSwitches{RemovedCalls: value})
		for _, path := range []string{"/users/invite", "/users/search", "/groups/search", "/directory/groups"} {
			s.call(status, "POST", "/admin/v1/orgs/"+organizationID+path, object{})
		}
		if got := s.Violations(); len(got) != 4 {
			t.Errorf("violations %q, want four", got)
		}
	}
}

func TestLimitOfAKey(t *testing.T) {
	for reset, want := range map[string]string{
		"": "2026-11-23T09:31Z", "rfc3339": "2026-11-23T09:31:00.000000000Z", "epoch": "1795426260", "none": "",
	} {
		s := newOrgSite(t, bitbuckettest.Options{OrganizationPerMinute: 2, Organization: bitbuckettest.OrganizationSwitches{Reset: reset}})
		s.AddOrganizationKey(organizationID, "second")
		s.clock.now = s.clock.now.Add(12 * time.Second)
		headers := func(left string) map[string]string {
			all := map[string]string{"X-RateLimit-Limit": "2", "X-RateLimit-Remaining": left, "X-RateLimit-Reset": want}
			if want == "" {
				delete(all, "X-RateLimit-Reset")
			}
			return all
		}
		first := s.call(http.StatusOK, "POST", userSearch, object{})
		s.call(http.StatusOK, "POST", userSearch, object{})
		refused := s.call(http.StatusTooManyRequests, "POST", userSearch, object{})
		if diff := cmp.Diff([]map[string]string{headers("1"), headers("0")}, []map[string]string{headersOf(first), headersOf(refused)}); diff != "" {
			t.Errorf("%q: headers (-want +got):\n%s", reset, diff)
		}
		s.call(http.StatusOK, "POST", groupSearch, object{}) // each call has a limit of its own
		must(t, s.Server, http.StatusOK, keyed("second", "POST", userSearch, object{}))
		s.clock.now = s.clock.now.Add(48 * time.Second)
		s.call(http.StatusOK, "POST", userSearch, object{})
	}
}

func TestRefusalsByLimit(t *testing.T) {
	for _, row := range []struct{ shape, retry, header, body string }{
		{"", "", "", "code message"},
		{"A", "seconds", "48", "errors"},
		{"text", "date", "Mon, 23 Nov 2026 09:31:00 GMT", "no object: <nil>"},
	} {
		s := newOrgSite(t, bitbuckettest.Options{
			OrganizationPerMinute: 1, Organization: bitbuckettest.OrganizationSwitches{RateLimitShape: row.shape, RetryAfter: row.retry},
		})
		s.clock.now = s.clock.now.Add(12 * time.Second)
		s.call(http.StatusOK, "POST", userSearch, object{})
		got := s.call(http.StatusTooManyRequests, "POST", userSearch, object{})
		if header := got.header.Get("Retry-After"); header != row.header {
			t.Errorf("%q: Retry-After %q, want %q", row.retry, header, row.header)
		}
		if body := names(got.json); body != row.body {
			t.Errorf("%q: properties %s, want %s", row.shape, body, row.body)
		}
	}
}

func TestFaultsOfTheOrganizationAPI(t *testing.T) {
	s := with(t, bitbuckettest.OrganizationSwitches{})
	const route = "POST /admin/v2/orgs/{orgId}/users/invite"
	body := s.invite("eve@acme.test")
	s.AddFaults(bitbuckettest.Fault{Route: route, Status: 500}, bitbuckettest.Fault{Route: route, Status: 503, AfterEffect: true})
	got := s.call(http.StatusInternalServerError, "POST", invitePath, body)
	if code := at(got.json, "errors.0.code"); code != "ADMIN-UAM-500-1" || len(s.Mails()) != 0 {
		t.Errorf("code %v, mails %v", code, s.Mails())
	}
	s.call(http.StatusServiceUnavailable, "POST", invitePath, body)
	if len(s.Mails()) != 1 {
		t.Errorf("mails %v, want one", s.Mails())
	}
}
