package bitbuckettest_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

func TestRoutesAreServed(t *testing.T) {
	names := bitbuckettest.Routes()
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		t.Errorf("routes are not sorted, or not each once: %v", names)
	}
	pattern := regexp.MustCompile(`^(GET|PUT|POST|DELETE) (/site/oauth2/access_token|/(1\.0|2\.0|admin/v2)(/[a-z-]+|/\{[a-zA-Z_]+\})+)$`)
	fill := strings.NewReplacer("{workspace}", "acme", "{repo_slug}", "web", "{project_key}", "WEB", "{group_slug}", "developers",
		"{group_owner}", "acme", "{email}", "eve@acme.test", "{member}", "bob@acme.test", "{selected_user_id}", "nobody",
		"{orgId}", organizationID, "{directoryId}", "-", "{groupId}", "x", "{accountId}", "x")
	for _, name := range names {
		parts := pattern.FindStringSubmatch(name)
		if parts == nil {
			t.Errorf("%s: not a method and a path", name)
			continue
		}
		s := newSite(bitbuckettest.Options{})
		for _, slash := range []string{"", "/"} {
			path := fill.Replace(parts[2]) + slash
			if strings.Contains(path, "{") {
				t.Fatalf("%s: a parameter that the test does not know", name)
			}
			do(t, s, ask{method: parts[1], path: path})
		}
		for _, request := range s.Requests() {
			if request.Route != name || request.Status == http.StatusMethodNotAllowed {
				t.Errorf("%s: %s answered %d as route %q", name, request.Path, request.Status, request.Route)
			}
		}
	}
}

func TestRecord(t *testing.T) {
	clock := newClock()
	s := newSite(bitbuckettest.Options{Now: clock.Now})
	do(t, s, ask{method: "GET", path: "/2.0/user/workspaces?sort=slug"})
	do(t, s, toGroup("eve@acme.test", "developers"))
	do(t, s, ask{as: "none", method: "GET", path: "/3.0"})
	want := []bitbuckettest.Request{
		{
			At: clock.now, Method: "GET", Path: "/2.0/user/workspaces", Query: "sort=slug", Route: "GET /2.0/user/workspaces",
			Status: 200, Credential: "api_token ada@acme.test",
		},
		{
			At: clock.now, Method: "PUT", Path: pendingPath, Route: "PUT /1.0/users/{workspace}/invitations",
			Status: 200, Credential: "api_token ada@acme.test",
		},
		{At: clock.now, Method: "GET", Path: "/3.0", Status: 404},
	}
	if diff := cmp.Diff(want, s.Requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(want[1:2], s.Writes()); diff != "" {
		t.Errorf("writes (-want +got):\n%s", diff)
	}
	refused := func(r bitbuckettest.Request) bool { return r.Status >= 400 }
	if all, bad := s.RequestCount(), s.RequestCount(refused); all != 3 || bad != 1 {
		t.Errorf("%d requests, %d refused; want 3 and 1", all, bad)
	}
	s.ResetRecord()
	if len(s.Requests())+len(s.Mails())+len(s.Violations()) != 0 {
		t.Error("a reset left something")
	}
	if diff := cmp.Diff(map[string][]string{"eve@acme.test": {"group developers"}}, s.Pending("acme")); diff != "" {
		t.Errorf("pending after a reset (-want +got):\n%s", diff)
	}
}

func TestIdentifiersAreStable(t *testing.T) {
	firstUUID, firstID := newSite(bitbuckettest.Options{}).AddUser("zoe@acme.test", "Zoe")
	uuid, id := newSite(bitbuckettest.Options{}).AddUser("Zoe@acme.test", "Another")
	if uuid != firstUUID || id != firstID {
		t.Errorf("identifiers %s %s, then %s %s", firstUUID, firstID, uuid, id)
	}
	if !regexp.MustCompile(`^\{[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}\}$`).MatchString(uuid) {
		t.Errorf("uuid %q, want one in braces", uuid)
	}
}

func TestStartAndClose(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	if s.URL() != "" {
		t.Errorf("URL %q before the start", s.URL())
	}
	for range 2 { // can be started again
		if err := s.Start(); err != nil {
			t.Fatal(err)
		}
		if err := s.Start(); err == nil {
			t.Error("started twice")
		}
		if !strings.HasPrefix(s.URL(), "http://127.0.0.1:") {
			t.Errorf("URL %q, want the loopback address", s.URL())
		}
		if status, _, err := send(t, s, ask{method: "GET", path: "/2.0/user"}); status != http.StatusOK || err != nil {
			t.Errorf("status %d, error %v", status, err)
		}
		for range 2 {
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

func TestTenThousandPeople(t *testing.T) {
	const many = 10_000
	s := newSite(bitbuckettest.Options{RequestsPerHour: 5 * many, InvitationsPerMinute: 5 * many})
	s.SetSeats("acme", 3*many)
	for i := range many {
		s.AddMember("acme", fmt.Sprintf("p%05d@acme.test", i), "Developers")
		must(t, s, http.StatusOK, toGroup(fmt.Sprintf("n%05d@acme.test", i), "developers"))
	}
	group := must(t, s, http.StatusOK, ask{method: "GET", path: "/1.0/groups/acme/developers"})
	pending := must(t, s, http.StatusOK, ask{method: "GET", path: pendingPath})
	if a, b := at(group.json, "members.#"), at(pending.json, "#"); a != many+1 || b != many {
		t.Errorf("%v members and %v pending, want %d and %d", a, b, many+1, many)
	}
	if len(s.Mails()) != many || s.RequestCount() != many+2 {
		t.Errorf("%d mails, %d requests", len(s.Mails()), s.RequestCount())
	}
}

func TestManyAtOnce(t *testing.T) {
	s := started(t, bitbuckettest.Options{InvitationsPerMinute: 30})
	var group sync.WaitGroup
	for i := range 40 {
		group.Go(func() {
			client := http.Client{}
			response, err := client.Do(toGroup(fmt.Sprintf("p%d@acme.test", i), "developers").request(s.URL()))
			if err != nil {
				t.Error(err)
				return
			}
			_ = response.Body.Close()
			// Of those who are refused, nobody is invited.
			_ = s.Accept("acme", fmt.Sprintf("p%d@acme.test", i))
		})
	}
	group.Wait()
	if mails, members := len(s.Mails()), len(s.GroupMembers("acme", "developers")); mails != 30 || members != 31 {
		t.Errorf("%d mails, %d in the group; want 30 and 31", mails, members)
	}
}
