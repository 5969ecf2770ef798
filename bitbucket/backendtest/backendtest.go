// Package backendtest holds the contract of a backend: what each must do, whoever administers the workspace.
package backendtest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

// Workspace is the slug of the workspace that Run sets up.
const Workspace = "acme"

// Backend is what a backend must be.
type Backend interface {
	reconcile.Observer
	apply.Executor
}

// Site is a workspace in an emulator, and the backend under test that works on it.
type Site struct {
	Server  *bitbuckettest.Server
	Backend Backend
}

// Run checks the contract. connect makes a backend, as an administrator, for the workspace of a server that is running.
func Run(t *testing.T, connect func(t *testing.T, s *bitbuckettest.Server) Backend) {
	for name, check := range map[string]func(*testing.T, Site){
		"members are found by address":                     findsMembers,
		"who was learnt costs no look-up":                  usesWhatWasLearnt,
		"unknown people cost one look-up per 90":           looksUpInBatches,
		"groups are found by name, by slug, in any case":   findsGroups,
		"a missing target is trouble, not an error":        namesTroubles,
		"an invitation sends one mail and is pending":      invites,
		"a repository invites":                             invitesToRepository,
		"a join sends no mail, and twice is harmless":      joins,
		"grants of people and groups, and twice":           grants,
		"owners are known":                                 knowsOwners,
		"a group is made, with the slug that steps need":   makesGroup,
		"an invitation is taken back and sent again":       reinvites,
		"an invitation is taken back":                      cancels,
		"a refused person is the person's problem":         tellsPersonFromWorkspace,
		"a step it does not know is refused, not executed": refusesUnknown,
	} {
		t.Run(name, func(t *testing.T) {
			server := start(t)
			check(t, Site{Server: server, Backend: connect(t, server)})
			if violations := server.Violations(); len(violations) > 0 {
				t.Errorf("requests that the API does not document:\n%s", strings.Join(violations, "\n"))
			}
		})
	}
}

// start starts a furnished emulator that ends with the test.
func start(t *testing.T) *bitbuckettest.Server {
	t.Helper()
	server := bitbuckettest.New(bitbuckettest.Options{})
	furnish(server)
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// furnish makes a workspace with two groups, a project and a repository; Bo is in Developers, Dan in no group.
func furnish(s *bitbuckettest.Server) {
	s.AddWorkspace(bitbuckettest.Workspace{Slug: Workspace, Name: "Acme", Owner: bitbuckettest.Person{Email: "ada@acme.test", Name: "Ada"}})
	s.AddGroup(Workspace, "Developers")
	s.AddGroup(Workspace, "All Staff")
	s.AddMember(Workspace, "bo@acme.test", "Developers")
	s.AddMember(Workspace, "dan@acme.test")
	s.AddProject(Workspace, "WEB", "Web")
	s.AddRepository(Workspace, "shop", "WEB", true)
}

func shop() access.Target { return access.Target{Kind: access.Repository, Name: "shop"} }
func web() access.Target  { return access.Target{Kind: access.Project, Name: "WEB"} }

func (s Site) observe(t *testing.T, scope access.Scope) access.State {
	t.Helper()
	state, err := s.Backend.Observe(t.Context(), scope)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func (s Site) execute(t *testing.T, a plan.Action) {
	t.Helper()
	if err := s.Backend.Execute(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}

// account looks somebody up.
func (s Site) account(t *testing.T, email access.Email) access.Account {
	t.Helper()
	account, found := s.observe(t, access.Scope{Emails: []access.Email{email}}).Accounts[email]
	if !found {
		t.Fatalf("%s is not a member", email)
	}
	return account
}

func findsMembers(t *testing.T, s Site) {
	state := s.observe(t, access.Scope{Emails: []access.Email{"bo@acme.test", "dan@acme.test", "new@acme.test"}})
	if diff := cmp.Diff([]access.Email{"bo@acme.test", "dan@acme.test"}, slices.Sorted(maps.Keys(state.Accounts))); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	for email, account := range state.Accounts {
		if account.ID == "" || account.UUID == "" {
			t.Errorf("%s: account %+v has no id or no UUID", email, account)
		}
	}
}

func usesWhatWasLearnt(t *testing.T, s Site) {
	scope := access.Scope{Emails: []access.Email{"bo@acme.test"}}
	scope.Known = s.observe(t, scope).Accounts
	s.Server.ResetRecord()
	state := s.observe(t, scope)
	if n := s.Server.RequestCount(lookUp); n != 0 || len(state.Accounts) != 1 {
		t.Errorf("%d look-ups, %d accounts; want none and one", n, len(state.Accounts))
	}
}

func lookUp(r bitbuckettest.Request) bool {
	return strings.HasSuffix(r.Route, "/members") && strings.Contains(r.Query, "user.email")
}

func looksUpInBatches(t *testing.T, s Site) {
	var scope access.Scope
	for i := range 181 {
		scope.Emails = append(scope.Emails, access.Email(fmt.Sprintf("p%03d+x@acme.test", i)))
	}
	s.observe(t, scope)
	if n := s.Server.RequestCount(lookUp); n != 3 {
		t.Errorf("%d look-ups for 181 people, want 3", n)
	}
}

func findsGroups(t *testing.T, s Site) {
	bo := s.account(t, "bo@acme.test")
	state := s.observe(t, access.Scope{Groups: []string{"ALL STAFF", "Developers", "all-staff"}})
	want := map[string]access.GroupState{
		"ALL STAFF": {Slug: "all-staff", Members: map[string]bool{}}, "all-staff": {Slug: "all-staff", Members: map[string]bool{}},
		"Developers": {Slug: "developers", Members: map[string]bool{bo.ID: true}},
	}
	if diff := cmp.Diff(want, state.Groups); diff != "" {
		t.Errorf("groups (-want +got):\n%s", diff)
	}
}

func namesTroubles(t *testing.T, s Site) {
	gone := access.Target{Kind: access.Repository, Name: "gone"}
	nowhere := access.Target{Kind: access.Project, Name: "NOWHERE"}
	state := s.observe(t, access.Scope{
		Groups: []string{"Develpers"}, PersonGrants: []access.Target{gone, web()}, GroupGrants: []access.Target{nowhere, shop()},
	})
	for _, target := range []access.Target{gone, nowhere, {Kind: access.Group, Name: "Develpers"}} {
		if trouble := state.Troubles[target]; !trouble.Missing || trouble.Detail == "" {
			t.Errorf("%s: trouble %+v, want that it is missing, and what to do", target, trouble)
		}
	}
	if len(state.Troubles) != 3 {
		t.Errorf("troubles %v, want three", state.Troubles)
	}
	if detail := state.Troubles[access.Target{Kind: access.Group, Name: "Develpers"}].Detail; !strings.Contains(detail, `"Developers"`) {
		t.Errorf("detail %q does not name the nearest group", detail)
	}
}

func invites(t *testing.T, s Site) {
	s.execute(t, plan.Action{Op: plan.Invite, Workspace: Workspace, Email: "new+1@acme.test", Kind: access.Group, Target: "Developers", Slug: "developers"})
	s.wantMails(t, "group developers new+1@acme.test")
	invitation, pending := s.observe(t, access.Scope{}).Pending["new+1@acme.test"]
	if !pending || invitation.SentAt.IsZero() || !slices.Equal(invitation.Groups, []string{"developers"}) {
		t.Errorf("pending %v, %+v; want it pending, with the time it was sent and the group", pending, invitation)
	}
}

func invitesToRepository(t *testing.T, s Site) {
	s.execute(t, plan.Action{
		Op: plan.Invite, Workspace: Workspace, Email: "new@acme.test", Kind: access.Repository, Target: "shop", Permission: access.Write,
	})
	s.wantMails(t, "repository shop new@acme.test")
	if err := s.Server.Accept(Workspace, "new@acme.test"); err != nil {
		t.Fatal(err)
	}
	id := s.account(t, "new@acme.test").ID
	if got := s.observe(t, access.Scope{PersonGrants: []access.Target{shop()}}).People[shop()][id]; got != access.Write {
		t.Errorf("permission %q after accepting, want write", got)
	}
}

func makesGroup(t *testing.T, s Site) {
	s.execute(t, plan.Action{Op: plan.CreateGroup, Workspace: Workspace, Kind: access.Group, Target: "Release Team"})
	group, made := s.observe(t, access.Scope{Groups: []string{"Release Team"}}).Groups["Release Team"]
	if !made || group.Slug == "" {
		t.Fatalf("group %+v, made %v; want it with a slug", group, made)
	}
	s.execute(t, plan.Action{
		Op: plan.Invite, Workspace: Workspace, Email: "new@acme.test", Kind: access.Group, Target: "Release Team", Slug: group.Slug,
	})
	s.wantMails(t, "group "+group.Slug+" new@acme.test")
}

// reinvites wants one more mail, and a person who can accept: two pending invitations would block each other.
func reinvites(t *testing.T, s Site) {
	invite := plan.Action{Op: plan.Invite, Workspace: Workspace, Email: "new@acme.test", Kind: access.Group, Target: "Developers", Slug: "developers"}
	again := invite
	again.Op, again.Target, again.Slug = plan.Reinvite, "All Staff", "all-staff"
	s.execute(t, invite)
	s.execute(t, again)
	s.wantMails(t, "group developers new@acme.test", "group all-staff new@acme.test")
	if err := s.Server.Accept(Workspace, "new@acme.test"); err != nil {
		t.Errorf("the person cannot accept: %v", err)
	}
}

func cancels(t *testing.T, s Site) {
	invite := plan.Action{Op: plan.Invite, Workspace: Workspace, Email: "new@acme.test", Kind: access.Group, Target: "Developers", Slug: "developers"}
	cancel := invite
	cancel.Op = plan.Cancel
	s.execute(t, invite)
	for range 2 {
		s.execute(t, cancel)
	}
	if pending := s.observe(t, access.Scope{}).Pending; len(pending) != 0 {
		t.Errorf("pending %v, want none", pending)
	}
	s.wantMails(t, "group developers new@acme.test")
}

func joins(t *testing.T, s Site) {
	dan := s.account(t, "dan@acme.test")
	for range 2 {
		s.execute(t, plan.Action{
			Op: plan.Join, Workspace: Workspace, Email: "dan@acme.test", AccountID: dan.ID, UUID: dan.UUID,
			Kind: access.Group, Target: "All Staff", Slug: "all-staff",
		})
	}
	if !s.observe(t, access.Scope{Groups: []string{"All Staff"}}).Groups["All Staff"].Members[dan.ID] {
		t.Error("he is not in the group")
	}
	s.wantMails(t)
}

func grants(t *testing.T, s Site) {
	dan := s.account(t, "dan@acme.test")
	for _, target := range []access.Target{shop(), web()} {
		person := plan.Action{Op: plan.Grant, Workspace: Workspace, Email: "dan@acme.test", AccountID: dan.ID, UUID: dan.UUID, Kind: target.Kind, Target: target.Name, Permission: access.Write}
		group := plan.Action{Op: plan.Grant, Workspace: Workspace, Group: "All Staff", Slug: "all-staff", Kind: target.Kind, Target: target.Name, Permission: access.Read}
		for _, a := range []plan.Action{person, group, person, group} {
			s.execute(t, a)
		}
	}
	both := []access.Target{web(), shop()}
	state := s.observe(t, access.Scope{Groups: []string{"All Staff"}, PersonGrants: both, GroupGrants: both})
	for _, target := range both {
		if got := state.People[target][dan.ID]; got != access.Write {
			t.Errorf("%s: he has %q, want write", target, got)
		}
		if got := state.GroupsOn[target]["All Staff"]; got != access.Read {
			t.Errorf("%s: the group has %q, want read", target, got)
		}
	}
	s.wantMails(t)
}

func knowsOwners(t *testing.T, s Site) {
	ada := s.account(t, "ada@acme.test")
	state := s.observe(t, access.Scope{PersonGrants: []access.Target{web()}})
	if diff := cmp.Diff(map[string]bool{ada.ID: true}, state.Owners); diff != "" {
		t.Errorf("owners (-want +got):\n%s", diff)
	}
}

func tellsPersonFromWorkspace(t *testing.T, s Site) {
	invite := plan.Action{Op: plan.Invite, Workspace: Workspace, Email: "new@acme.test", Kind: access.Group, Target: "Developers", Slug: "developers"}
	wrong := invite
	wrong.Email = "no-address"
	err := s.Backend.Execute(t.Context(), wrong)
	if err == nil || ability(err).Systemic() || ability(err).MaybeDone() || ability(err).NotSent() {
		t.Errorf("a wrong address: error %v, want a refusal of this one step", err)
	}
	s.Server.SetSeats(Workspace, 1)
	err = s.Backend.Execute(t.Context(), invite)
	if err == nil || !ability(err).Systemic() {
		t.Errorf("no seat: error %v, want a refusal of the whole workspace", err)
	}
	s.wantMails(t)
}

// abilities are what an error can tell sync/apply.
type abilities interface {
	Systemic() bool
	MaybeDone() bool
	NotSent() bool
}

func ability(err error) abilities { return err.(abilities) } //nolint:errorlint,errcheck // the contract: no wrapper hides it

func refusesUnknown(t *testing.T, s Site) {
	s.Server.ResetRecord()
	if err := s.Backend.Execute(t.Context(), plan.Action{Op: "dance", Kind: access.Group}); err == nil {
		t.Error("no error for a step that nobody knows")
	}
	if n := s.Server.RequestCount(); n != 0 {
		t.Errorf("%d requests, want none", n)
	}
}

func (s Site) wantMails(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, mail := range s.Server.Mails() {
		got = append(got, strings.Join([]string{mail.Kind, mail.Target, mail.Email}, " "))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}
