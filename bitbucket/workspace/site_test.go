package workspace

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket"
	"bitroster/bitbucket/bitbuckettest"
	"bitroster/internal/settings"
	"bitroster/sync/access"
	"bitroster/sync/plan"
)

const slug = "acme"

// site is a workspace in an emulator, reached without a network, and a backend for it.
type site struct {
	*testing.T
	server  *bitbuckettest.Server
	backend *Backend
	chosen  choice
	situation
	second     bool
	name       string // of the operation
	uuids, ids map[string]string
	looks      int
}

// newSite furnishes a workspace: Bo is in Developers and has grants, as has that group; Dan is in no group, has none and,
// but for that, nothing; Pia is invited to Developers and to the shop; Zoe has an account and no seat.
func newSite(t *testing.T, chosen choice, now situation, second bool) *site {
	t.Helper()
	o := bitbuckettest.Options{Switches: chosen.Switches, Now: time.Now}
	if now.limit != nil {
		now.limit(&o)
	}
	s := &site{T: t, server: bitbuckettest.New(o), chosen: chosen, situation: now, second: second, uuids: map[string]string{}, ids: map[string]string{}}
	s.server.AddWorkspace(bitbuckettest.Workspace{Slug: slug, Name: "Acme", Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
	s.server.AddGroup(slug, "Developers")
	s.server.AddGroup(slug, "All Staff")
	s.server.AddProject(slug, "WEB", "Web")
	s.server.AddRepository(slug, "shop", "WEB", true)
	s.server.AddMember(slug, "bo@acme.test", "Developers")
	s.server.AddMember(slug, "dan@acme.test")
	for _, email := range []string{"bo@acme.test", "dan@acme.test", "zoe@acme.test"} {
		s.uuids[email], s.ids[email] = s.server.AddUser(email, "")
	}
	s.server.AddAPIToken("ada@acme.test", "token", "read:workspace:bitbucket", "read:repository:bitbucket", "read:project:bitbucket",
		"admin:repository:bitbucket", "admin:project:bitbucket", "write:permission:bitbucket")
	s.server.AddAccessToken("consumer", "oauth:"+slug, "account:write", "repository:admin", "project:admin")
	s.backend = New(s.connect(), slug)
	s.prepare()
	return s
}

// connect makes a client with an API token and, if asked for, a token as a consumer has it.
func (s *site) connect() *bitbucket.Client {
	credentials := []bitbucket.Credential{{Kind: "api_token", Email: "ada@acme.test", Token: "env:token"}}
	if s.second {
		credentials = append(credentials, bitbucket.Credential{Kind: "access_token", Token: "env:consumer"})
	}
	var keys []bitbucket.Key
	for _, credential := range credentials {
		key, err := credential.Open(settings.Secrets{Getenv: func(name string) string { return name }})
		if err != nil {
			s.Fatal(err)
		}
		keys = append(keys, key)
	}
	client, err := bitbucket.New(bitbucket.Options{URL: "https://bitbucket.test", Keys: keys, Transport: wire{s.server.Handler()}})
	if err != nil {
		s.Fatal(err)
	}
	return client
}

// what says what was done, for messages.
func (s *site) what() string {
	return fmt.Sprintf("%s, %s, second credential %t", s.name, s.situation.name, s.second)
}

// prepare brings the situation about.
func (s *site) prepare() {
	for _, path := range []string{"repositories/acme/shop", "workspaces/acme/projects/WEB"} {
		s.ask("api_token", http.MethodPut, "/2.0/"+path+"/permissions-config/groups/developers", `{"permission":"write"}`)
		s.ask("api_token", http.MethodPut, "/2.0/"+path+"/permissions-config/users/"+s.ids["bo@acme.test"], `{"permission":"write"}`)
	}
	s.ask("oauth", http.MethodPost, "/1.0/invitations/acme/shop", `{"email":"pia@acme.test","permission":"write"}`)
	s.ask("oauth", http.MethodPut, "/1.0/users/acme/invitations", `{"email":"pia@acme.test","group_slug":"developers"}`)
	if s.limit != nil {
		// The client itself comes to the limit.
		_, _ = s.backend.client.Groups(s.Context(), slug)
		_ = s.backend.client.InviteToGroup(s.Context(), slug, "developers", "first@acme.test")
	}
	if s.moved {
		s.server.Move(slug)
	}
	if s.full {
		s.server.SetSeats(slug, s.seats())
	}
	s.server.ResetRecord()
}

// seats gives the number of seats of a workspace that is full: who is invited takes one, too, unless that is free.
func (s *site) seats() int {
	seats := len(s.server.Members(slug))
	if !s.chosen.FreeInvitations {
		seats += len(s.server.Pending(slug))
	}
	if s.overfull {
		seats--
	}
	return seats
}

// ask sends a request that is none of the backend's with a credential of its own, so that no limit is met: an API token
// of an administrator for what only that may do, else a consumer's.
func (s *site) ask(kind, method, path, body string) []byte {
	s.looks++
	token := fmt.Sprint("look ", s.looks)
	req := httptest.NewRequestWithContext(s.Context(), method, path, strings.NewReader(body))
	if kind == "api_token" {
		email := fmt.Sprintf("admin%d@acme.test", s.looks)
		s.server.AddAdmin(slug, email)
		s.server.AddAPIToken(email, token, "admin:repository:bitbucket", "admin:project:bitbucket", "write:permission:bitbucket")
		req.SetBasicAuth(email, token)
	} else {
		s.server.AddAccessToken(token, "oauth:"+slug, "account:write", "repository:admin", "project:admin")
		req.Header.Set("Authorization", "Bearer "+token)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	res := httptest.NewRecorder()
	s.server.Handler().ServeHTTP(res, req)
	if res.Code != http.StatusOK {
		s.Fatalf("%s: %s %s: %d %s", s.what(), method, path, res.Code, res.Body)
	}
	return res.Body.Bytes()
}

// wire hands requests to a handler.
type wire struct{ http.Handler }

func (w wire) RoundTrip(req *http.Request) (res *http.Response, err error) {
	asked := httptest.NewRequestWithContext(req.Context(), req.Method, req.URL.String(), req.Body)
	asked.Header = req.Header.Clone()
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	recorder := httptest.NewRecorder()
	defer func() {
		if broken := recover(); broken != nil {
			if broken != http.ErrAbortHandler { //nolint:errorlint // net/http compares so, too
				panic(broken)
			}
			res, err = nil, io.ErrUnexpectedEOF
		}
	}()
	w.ServeHTTP(recorder, asked)
	return recorder.Result(), nil
}

// world is what a workspace grants and has granted.
type world struct {
	Members []string
	Groups  map[string][]string // UUIDs by slug
	Pending map[string][]string
	Shop    map[string]string
	Web     map[string]string
}

func (s *site) look() world {
	var groups []struct {
		Slug    string
		Members []struct{ UUID string }
	}
	if err := json.Unmarshal(s.ask("oauth", http.MethodGet, "/1.0/groups/"+slug, ""), &groups); err != nil {
		s.Fatal(err)
	}
	w := world{
		Members: s.server.Members(slug), Groups: map[string][]string{}, Pending: s.server.Pending(slug),
		Shop: s.server.Grants(slug, "repository", "shop"), Web: s.server.Grants(slug, "project", "WEB"),
	}
	for _, group := range groups {
		w.Groups[group.Slug] = []string{}
		for _, member := range group.Members {
			w.Groups[group.Slug] = append(w.Groups[group.Slug], member.UUID)
		}
		slices.Sort(w.Groups[group.Slug])
	}
	for _, targets := range w.Pending {
		slices.Sort(targets)
	}
	return w
}

// outcomeOf names what an error tells sync/apply.
func outcomeOf(err error) string {
	var able interface {
		MaybeDone() bool
		NotSent() bool
		Systemic() bool
	}
	switch {
	case err == nil:
		return done
	case !errors.As(err, &able):
		return "an error without abilities"
	case able.MaybeDone():
		return maybe
	case able.NotSent():
		return notSent
	case able.Systemic():
		return systemic
	}
	return refused
}

// run carries out one operation and compares its outcome, its mails and the world with what is expected.
func (s *site) run(act operation) {
	action := act.action(s)
	before := s.look()
	if s.fault != nil {
		fault := *s.fault
		fault.Route = act.route
		s.server.AddFaults(fault)
	}
	ctx := s.Context()
	if s.deadline > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.deadline)
		defer cancel()
	}
	err := s.backend.Execute(ctx, action)
	want := s.expect(act)
	if got := outcomeOf(err); got != want.outcome {
		s.Errorf("%s: %s, want %s: %v", s.what(), got, want.outcome, err)
	}
	if err != nil && strings.Contains(err.Error(), string(action.Email)) && action.Email != "" {
		s.Errorf("%s: the error repeats the address: %v", s.what(), err)
	}
	if got := len(s.server.Mails()); got != want.mails {
		s.Errorf("%s: %d mails, want %d", s.what(), got, want.mails)
	}
	if violations := s.server.Violations(); len(violations) > 0 {
		s.Errorf("%s: violations: %v", s.what(), violations)
	}
	after := s.look()
	if want.cancels {
		cancelled(s, &before, action)
	}
	if want.effect {
		act.effect(s, &before, action)
	}
	if diff := cmp.Diff(before, after); diff != "" {
		s.Errorf("%s: the workspace afterwards (-want +got):\n%s", s.what(), diff)
	}
}

// observe looks at everything and compares it with what the emulator holds.
func (s *site) observe() {
	shop, web := access.Target{Kind: access.Repository, Name: "shop"}, access.Target{Kind: access.Project, Name: "WEB"}
	both := []access.Target{web, shop}
	state, err := s.backend.Observe(s.Context(), access.Scope{
		Emails: []access.Email{"bo@acme.test", "dan@acme.test", "pia@acme.test", "zoe@acme.test"},
		Groups: []string{"All Staff", "Developers"}, PersonGrants: both, GroupGrants: both,
	})
	if violations := s.server.Violations(); len(violations) > 0 {
		s.Errorf("%s: violations: %v", s.what(), violations)
	}
	if s.moved {
		if outcomeOf(err) != systemic {
			s.Errorf("%s: error %v, want that the workspace was moved", s.what(), err)
		}
		return
	}
	if err != nil {
		s.Errorf("%s: %v", s.what(), err)
		return
	}
	s.checkState(state, both)
}

func (s *site) checkState(state access.State, both []access.Target) {
	want, got := slices.Sorted(maps.Keys(s.server.Pending(slug))), []string{}
	for email := range state.Pending {
		got = append(got, string(email))
	}
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		s.Errorf("%s: pending (-want +got):\n%s", s.what(), diff)
	}
	bo, dan := s.ids["bo@acme.test"], s.ids["dan@acme.test"]
	accounts := map[access.Email]string{}
	for email, account := range state.Accounts {
		accounts[email] = account.ID
	}
	if diff := cmp.Diff(map[access.Email]string{"bo@acme.test": bo, "dan@acme.test": dan}, accounts); diff != "" {
		s.Errorf("%s: accounts (-want +got):\n%s", s.what(), diff)
	}
	groups := map[string]access.GroupState{
		"Developers": {Slug: "developers", Members: map[string]bool{bo: true}}, "All Staff": {Slug: "all-staff", Members: map[string]bool{}},
	}
	if diff := cmp.Diff(groups, state.Groups); diff != "" {
		s.Errorf("%s: groups (-want +got):\n%s", s.what(), diff)
	}
	for _, target := range both {
		if state.People[target][bo] != access.Write || state.GroupsOn[target]["Developers"] != access.Write || len(state.People[target]) != 1 {
			s.Errorf("%s: on %s people %v, groups %v; want Bo and Developers to write", s.what(), target, state.People[target], state.GroupsOn[target])
		}
	}
	if len(state.Troubles) != 0 {
		s.Errorf("%s: troubles %v, want none", s.what(), state.Troubles)
	}
}

// subject gives an action its person.
func (s *site) subject(a plan.Action, email string) plan.Action {
	a.Email, a.UUID, a.AccountID = access.Email(email), s.uuids[email], s.ids[email]
	return a
}
