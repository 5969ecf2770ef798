package bitbuckettest_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

const pendingPath = "/1.0/users/acme/invitations"

func toGroup(email, slug string) ask {
	return ask{method: "PUT", path: pendingPath, body: `{"email":"` + email + `","group_slug":"` + slug + `"}`}
}

func toRepository(email, permission string) ask {
	return ask{method: "POST", path: "/1.0/invitations/acme/web", body: `{"email":"` + email + `","permission":"` + permission + `"}`}
}

func TestGroupInvitations(t *testing.T) {
	invited := func(s *bitbuckettest.Server) {
		s.Handler().ServeHTTP(discard(), toGroup("Eve+x@acme.test", "developers").request("http://x"))
	}
	runAll(t, invited, []exchange{
		{
			name: "list", ask: ask{method: "GET", path: pendingPath}, status: 200,
			want: map[string]any{
				"#": 1, "0.email": "Eve+x@acme.test", "0.groups.#": 1, "0.groups.0": "acme/developers",
				"0.utc_sent_on": "2026-11-23 09:30:00+00:00", "0.invited_by.display_name": "Ada Ames",
			},
		},
		{name: "list of a plain member", ask: ask{as: "dan", method: "GET", path: pendingPath}, status: 403},
		{
			name: "one", ask: ask{method: "GET", path: pendingPath + "/eve%2Bx@acme.test"}, status: 200,
			want: map[string]any{"email": "Eve+x@acme.test", "groups.0": "acme/developers"},
		},
		{name: "none", ask: ask{method: "GET", path: pendingPath + "/fay@acme.test"}, status: 404},
		{
			name: "invite", ask: toGroup("fay@acme.test", "all-staff"), status: 200,
			want: map[string]any{"email": "fay@acme.test", "groups.0": "acme/all-staff"},
		},
		{name: "invite to no group", ask: toGroup("fay@acme.test", "sales"), status: 404},
		{name: "invite no address", ask: toGroup("fay", "developers"), status: 400},
		{name: "cancel", ask: ask{method: "DELETE", path: pendingPath + "/eve%2Bx@acme.test"}, status: 204},
		{name: "cancel none", ask: ask{method: "DELETE", path: pendingPath + "/fay@acme.test"}, status: 404},
		{name: "cancel one group", ask: ask{method: "DELETE", path: pendingPath + "/eve+x@acme.test/acme/developers"}, status: 204},
		{name: "cancel another group", ask: ask{method: "DELETE", path: pendingPath + "/eve+x@acme.test/acme/all-staff"}, status: 404},
		{name: "cancel of another owner", ask: ask{method: "DELETE", path: pendingPath + "/eve+x@acme.test/other/developers"}, status: 404},
	})
}

func TestRepositoryInvitations(t *testing.T) {
	invited := func(s *bitbuckettest.Server) {
		s.Handler().ServeHTTP(discard(), toRepository("eve@acme.test", "read").request("http://x"))
	}
	const form = "/1.0/invitations/acme/web"
	runAll(t, invited, []exchange{
		{
			name: "as JSON", ask: toRepository("fay@acme.test", "write"), status: 200,
			want: map[string]any{
				"sent_on": "2026-11-23 09:30:00", "permission": "write", "email": "fay@acme.test", "repository.slug": "web",
				"repository.owner": "acme", "repository.is_private": true, "invited_by.nickname": "Ada Ames",
			},
		},
		{name: "as a form", ask: ask{method: "POST", path: form, body: "email=fay%40acme.test&permission=admin"}, status: 200},
		{name: "by path", ask: ask{method: "POST", path: form + "/fay@acme.test", body: "permission=read"}, status: 200},
		{name: "a second time", ask: toRepository("EVE@acme.test", "write"), status: 409},
		{name: "no address", ask: toRepository("fay", "read"), status: 400},
		{name: "no permission", ask: toRepository("fay@acme.test", "none"), status: 400, text: "none is not a valid permission"},
		{
			name: "read on a public repository", status: 400,
			ask: ask{method: "POST", path: "/1.0/invitations/acme/open", body: "email=fay%40acme.test&permission=read"},
		},
		{name: "no repository", ask: ask{method: "POST", path: "/1.0/invitations/acme/gone", body: "email=a%40b.test&permission=read"}, status: 404},
		{name: "not an administrator", ask: ask{as: "dan", method: "POST", path: form, body: "email=a%40b.test&permission=read"}, status: 401},
		{name: "is not in the pending list", ask: ask{method: "GET", path: pendingPath}, status: 200, text: "[]"},
		{name: "nor alone", ask: ask{method: "GET", path: pendingPath + "/eve@acme.test"}, status: 404},
	})
}

func TestShapesOfInvitations(t *testing.T) {
	s := newSite(bitbuckettest.Options{Switches: bitbuckettest.Switches{ListRepositoryInvitations: true}})
	invitation := do(t, s, toRepository("eve@acme.test", "read")).json
	pending := at(do(t, s, ask{method: "GET", path: pendingPath}).json, "0")
	got := []string{names(invitation), names(at(invitation, "repository")), names(pending)}
	want := []string{
		"email invited_by permission repository sent_on",
		"created_on deleted description email_mailinglist email_writers fork_of has_issues has_wiki is_fork is_mq is_private " +
			"language last_updated mq_of name no_public_forks owner read_only size slug website",
		"email groups invited_by utc_sent_on",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("properties of invitation, repository, pending (-want +got):\n%s", diff)
	}
}

func TestEveryCallSendsOneMail(t *testing.T) {
	clock := newClock()
	s := newSite(bitbuckettest.Options{Now: clock.Now})
	must(t, s, http.StatusOK, toGroup("Eve@acme.test", "developers"))
	must(t, s, http.StatusOK, toGroup("eve@acme.test", "all-staff"))
	must(t, s, http.StatusOK, toRepository("fay@acme.test", "read"))
	must(t, s, http.StatusConflict, toRepository("fay@acme.test", "read"))
	must(t, s, http.StatusNotFound, toGroup("eve@acme.test", "sales"))
	mail := func(email, kind, target string) bitbuckettest.Mail {
		return bitbuckettest.Mail{Workspace: "acme", Email: email, Kind: kind, Target: target, At: clock.now}
	}
	want := []bitbuckettest.Mail{
		mail("Eve@acme.test", "group", "developers"), mail("eve@acme.test", "group", "all-staff"), mail("fay@acme.test", "repository", "web"),
	}
	if diff := cmp.Diff(want, s.Mails()); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
	pending := map[string][]string{"eve@acme.test": {"group developers", "group all-staff"}, "fay@acme.test": {"repository web"}}
	if diff := cmp.Diff(pending, s.Pending("acme")); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
}

func TestRepeatedInvitations(t *testing.T) {
	for _, row := range []struct {
		value         string
		status, mails int
	}{{"", 200, 1}, {"200-and-mail", 200, 1}, {"200-no-mail", 200, 0}, {"409", 409, 0}, {"400", 400, 0}} {
		for name, repeat := range map[string]ask{
			"pending in the group":   toGroup("eve@acme.test", "developers"),
			"member of the group":    toGroup("bob@acme.test", "developers"),
			"repository of a member": toRepository("bob@acme.test", "read"),
		} {
			t.Run(row.value+" "+name, func(t *testing.T) { checkRepeat(t, row.value, repeat, row.status, row.mails) })
		}
	}
}

func checkRepeat(t *testing.T, value string, repeat ask, status, mails int) {
	t.Helper()
	s := newSite(bitbuckettest.Options{Switches: bitbuckettest.Switches{RepeatInvite: value}})
	must(t, s, http.StatusOK, toGroup("eve@acme.test", "developers"))
	before := s.Pending("acme")
	s.ResetRecord()
	must(t, s, status, repeat)
	if got := len(s.Mails()); got != mails {
		t.Errorf("%d mails, want %d", got, mails)
	}
	if diff := cmp.Diff(before, s.Pending("acme")); diff != "" {
		t.Errorf("pending changed (-before +after):\n%s", diff)
	}
}

func TestAccept(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	must(t, s, http.StatusOK, toGroup("eve@acme.test", "developers"))
	must(t, s, http.StatusOK, toRepository("eve@acme.test", "write"))
	if err := s.Accept("acme", "Eve@acme.test"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"bob@acme.test", "eve@acme.test"}, s.GroupMembers("acme", "developers")); diff != "" {
		t.Errorf("group (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]string{"eve@acme.test": "write"}, s.Grants("acme", "repository", "web")); diff != "" {
		t.Errorf("grants (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string][]string{}, s.Pending("acme")); diff != "" {
		t.Errorf("pending (-want +got):\n%s", diff)
	}
	if err := s.Accept("acme", "eve@acme.test"); !errors.Is(err, bitbuckettest.ErrNotInvited) {
		t.Errorf("accepting twice: %v, want ErrNotInvited", err)
	}
}

func TestAcceptAsAnother(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	must(t, s, http.StatusOK, toGroup("eve@acme.test", "developers"))
	if err := s.AcceptAs("acme", "eve@acme.test", "eve@home.test"); err != nil {
		t.Fatal(err)
	}
	want := []string{"ada@acme.test", "bob@acme.test", "dan@acme.test", "eve@home.test"}
	if diff := cmp.Diff(want, s.Members("acme")); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
}

func TestInvitationsToTwoGroupsBlockEachOther(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	must(t, s, http.StatusOK, toGroup("eve@acme.test", "developers"))
	must(t, s, http.StatusOK, toGroup("eve@acme.test", "all-staff"))
	if err := s.Accept("acme", "eve@acme.test"); !errors.Is(err, bitbuckettest.ErrBlocked) {
		t.Fatalf("accepting one of two: %v, want ErrBlocked", err)
	}
	must(t, s, http.StatusNoContent, ask{method: "DELETE", path: pendingPath + "/eve@acme.test/acme/all-staff"})
	if err := s.Accept("acme", "eve@acme.test"); err != nil {
		t.Errorf("accepting after a cancel: %v", err)
	}
}

func TestMoved(t *testing.T) {
	runAll(t, func(s *bitbuckettest.Server) { s.Move("acme") }, []exchange{
		{name: "groups can be read", ask: ask{method: "GET", path: "/1.0/groups/acme"}, status: 200},
		{name: "not made", ask: ask{method: "POST", path: "/1.0/groups/acme", body: "name=Sales"}, status: 405, text: "None"},
		{name: "not joined", ask: ask{method: "PUT", path: "/1.0/groups/acme/developers/members/carol@acme.test", body: "{}"}, status: 405, text: "None"},
		{name: "invitation", ask: toGroup("eve@acme.test", "developers"), status: 400, text: "You don't have access to view this workspace."},
		{name: "list of invitations", ask: ask{method: "GET", path: pendingPath}, status: 400},
		{name: "invitation to a repository", ask: toRepository("eve@acme.test", "read"), status: 400},
		{
			name: "no added_on", ask: ask{method: "GET", path: "/2.0/workspaces/acme/permissions"}, status: 200,
			want: map[string]any{"values.0.added_on": "absent", "values.0.last_accessed": "absent", "values.0.permission": "owner"},
		},
	})
	for _, status := range []int{404, 405, 410} {
		s := newSite(bitbuckettest.Options{Switches: bitbuckettest.Switches{MovedInvitations: status}})
		s.Move("acme")
		must(t, s, status, toGroup("eve@acme.test", "developers"))
		if mails := s.Mails(); len(mails) != 0 {
			t.Errorf("mails %v, want none", mails)
		}
	}
}

func TestSeats(t *testing.T) {
	s := newSite(bitbuckettest.Options{}) // three members
	s.SetSeats("acme", 4)
	must(t, s, http.StatusOK, toGroup("eve@acme.test", "developers"))
	for name, a := range map[string]ask{
		"group": toGroup("fay@acme.test", "developers"), "repository": toRepository("fay@acme.test", "read"),
		"member": {method: "PUT", path: "/1.0/groups/acme/developers/members/carol@acme.test", body: "{}"},
	} {
		t.Run(name, func(t *testing.T) { must(t, s, http.StatusPaymentRequired, a) })
	}
	must(t, s, http.StatusOK, toRepository("eve@acme.test", "read")) // has a seat reserved
	must(t, s, http.StatusOK, ask{method: "PUT", path: "/1.0/groups/acme/all-staff/members/dan@acme.test", body: "{}"})
	must(t, s, http.StatusNoContent, ask{method: "DELETE", path: "/1.0/groups/acme/developers/members/bob@acme.test"})
	must(t, s, http.StatusOK, toGroup("fay@acme.test", "developers"))
}

func TestFreeInvitations(t *testing.T) {
	s := newSite(bitbuckettest.Options{Switches: bitbuckettest.Switches{FreeInvitations: true}})
	s.SetSeats("acme", 3)
	must(t, s, http.StatusOK, toGroup("fay@acme.test", "developers"))
	must(t, s, http.StatusPaymentRequired, ask{method: "PUT", path: "/1.0/groups/acme/developers/members/carol@acme.test", body: "{}"})
}

func TestInvitationsEndWithTheirGroup(t *testing.T) {
	for name, end := range map[string]ask{
		"the person joins":     {method: "PUT", path: "/1.0/groups/acme/developers/members/carol@acme.test", body: "{}"},
		"the group is deleted": {method: "DELETE", path: "/1.0/groups/acme/developers"},
		"all are cancelled":    {method: "DELETE", path: pendingPath + "/carol@acme.test"},
		"it is cancelled":      {method: "DELETE", path: pendingPath + "/carol@acme.test/acme/developers"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSite(bitbuckettest.Options{})
			s.AddMember("acme", "ada@acme.test", "Developers") // the owner stays when the group goes
			s.SetSeats("acme", 4)
			must(t, s, http.StatusOK, toGroup("carol@acme.test", "developers"))
			do(t, s, end)
			if diff := cmp.Diff(map[string][]string{}, s.Pending("acme")); diff != "" {
				t.Errorf("pending (-want +got):\n%s", diff)
			}
			want := http.StatusOK // the seat is free again
			if name == "the person joins" {
				want = http.StatusPaymentRequired
			}
			must(t, s, want, toGroup("fay@acme.test", "all-staff"))
			must(t, s, http.StatusOK, ask{method: "GET", path: "/2.0/user/workspaces/acme/permission"})
		})
	}
}

func TestSeatsOfPendingMembersCountOnce(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	s.SetSeats("acme", 4)
	must(t, s, http.StatusOK, toGroup("dan@acme.test", "developers")) // a member: no further seat
	must(t, s, http.StatusOK, toGroup("eve@acme.test", "developers"))
	must(t, s, http.StatusPaymentRequired, toGroup("fay@acme.test", "developers"))
}
