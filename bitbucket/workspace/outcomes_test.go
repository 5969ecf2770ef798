package workspace

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"bitroster/bitbucket/bitbuckettest"
	"bitroster/sync/access"
	"bitroster/sync/plan"
)

// How a step may end, by the abilities of its error: systemic is the workspace's refusal, refused this one step's.
const (
	done     = "done"
	systemic = "systemic"
	maybe    = "maybe"
	notSent  = "not sent"
	refused  = "refused"
)

// situation is what a step meets.
type situation struct {
	name string
	// invited is who is invited, person who is put into a group or granted something, group which group is.
	invited, person, group string
	// gone has the step name things that are not there.
	gone bool
	// taken has a new group's slug taken by another group.
	taken bool
	// limit sets a rate limit that the client has come to, deadline ends the wait for it.
	limit    func(*bitbuckettest.Options)
	deadline time.Duration
	// fault spoils the step's main request.
	fault *bitbuckettest.Fault
	moved bool
	// full says that all seats are taken, overfull that more are.
	full, overfull bool
}

func situations() []situation {
	perHour := func(o *bitbuckettest.Options) { o.RequestsPerHour = 1 }
	perMinute := func(o *bitbuckettest.Options) { o.InvitationsPerMinute = 1 }
	list := []situation{
		{name: "new"},
		{name: "already so", invited: "pia@acme.test", person: "bo@acme.test", group: "developers"},
		{name: "a member is invited", invited: "dan@acme.test"},
		{name: "not an address, not a member", invited: "no-address", person: "zoe@acme.test"},
		{name: "not there", gone: true},
		{name: "slug taken", taken: true},
		{name: "full", full: true},
		{name: "overfull", full: true, overfull: true},
		{name: "moved", moved: true},
		{name: "hour used up", limit: perHour},
		{name: "minute used up", limit: perMinute},
		{name: "hour used up, told to stop", limit: perHour, deadline: time.Second / 2},
		{name: "reset after the effect", fault: &bitbuckettest.Fault{Reset: true, AfterEffect: true}},
		{name: "502 after the effect", fault: &bitbuckettest.Fault{Status: http.StatusBadGateway, Body: "text", AfterEffect: true}},
		{name: "reset before the effect", fault: &bitbuckettest.Fault{Reset: true}},
		{name: "reset before the effect, invited", invited: "pia@acme.test", fault: &bitbuckettest.Fault{Reset: true}},
		{name: "refused by a proxy", fault: &bitbuckettest.Fault{Status: http.StatusFound, Body: "empty"}},
	}
	for i := range list {
		s := &list[i]
		s.invited, s.person, s.group = cmp.Or(s.invited, "new@acme.test"), cmp.Or(s.person, "dan@acme.test"), cmp.Or(s.group, "all-staff")
	}
	return list
}

// operation is one thing that a backend does.
type operation struct {
	// route is the emulator's name of its main request.
	route  string
	action func(*site) plan.Action
	// effect does to a world what the operation should.
	effect func(*site, *world, plan.Action)
	// mails: it sends a mail. old: it is of API 1.0.
	mails, old bool
}

func operations() map[string]operation {
	const inviteRoute, shopRoute = "PUT /1.0/users/{workspace}/invitations", "POST /1.0/invitations/{workspace}/{repo_slug}"
	const config = "/permissions-config/"
	const shop, web = "PUT /2.0/repositories/{workspace}/{repo_slug}" + config, "PUT /2.0/workspaces/{workspace}/projects/{project_key}" + config
	return map[string]operation{
		"invite to group": {inviteRoute, func(s *site) plan.Action {
			return s.subject(plan.Action{Op: plan.Invite, Kind: access.Group, Target: "Developers", Slug: s.there("developers")}, s.invited)
		}, invited("group developers"), true, true},
		"invite to repository": {shopRoute, func(s *site) plan.Action {
			return s.subject(plan.Action{Op: plan.Invite, Kind: access.Repository, Target: s.there("shop"), Permission: access.Write}, s.invited)
		}, invited("repository shop"), true, true},
		"reinvite": {inviteRoute, func(s *site) plan.Action {
			return s.subject(plan.Action{Op: plan.Reinvite, Kind: access.Group, Target: "Developers", Slug: s.there("developers")}, s.invited)
		}, func(s *site, w *world, a plan.Action) { cancelled(s, w, a); invited("group developers")(s, w, a) }, true, true},
		"cancel": {"DELETE /1.0/users/{workspace}/invitations/{email}", func(s *site) plan.Action {
			return s.subject(plan.Action{Op: plan.Cancel, Kind: access.Group}, s.invited)
		}, cancelled, false, true},
		"create group": {"POST /1.0/groups/{workspace}", func(s *site) plan.Action {
			return plan.Action{Op: plan.CreateGroup, Kind: access.Group, Target: s.newGroup()}
		}, created, false, true},
		"join": {"PUT /1.0/groups/{workspace}/{group_slug}/members/{member}", func(s *site) plan.Action {
			group := s.there(map[bool]string{true: "developers", false: "all-staff"}[s.person == "bo@acme.test"])
			return s.subject(plan.Action{Op: plan.Join, Kind: access.Group, Slug: group}, s.person)
		}, joined, false, true},
		"grant person on repository": {shop + "users/{selected_user_id}", grant(access.Repository, "shop", false), granted, false, false},
		"grant person on project":    {web + "users/{selected_user_id}", grant(access.Project, "WEB", false), granted, false, false},
		"grant group on repository":  {shop + "groups/{group_slug}", grant(access.Repository, "shop", true), granted, false, false},
		"grant group on project":     {web + "groups/{group_slug}", grant(access.Project, "WEB", true), granted, false, false},
	}
}

// there gives a name, or in the situation where it is not there another.
func (s *site) there(name string) string {
	if s.gone {
		return "gone"
	}
	return name
}

func grant(kind access.Kind, target string, group bool) func(*site) plan.Action {
	return func(s *site) plan.Action {
		a := plan.Action{Op: plan.Grant, Kind: kind, Target: s.there(target), Permission: access.Write}
		if group {
			a.Group, a.Slug = "Group", s.group
			return a
		}
		return s.subject(a, s.person)
	}
}

func invited(to string) func(*site, *world, plan.Action) {
	return func(_ *site, w *world, a plan.Action) {
		list := append(slices.Clone(w.Pending[string(a.Email)]), to)
		slices.Sort(list)
		w.Pending[string(a.Email)] = slices.Compact(list)
	}
}

// cancelled takes back the invitations that the list shows.
func cancelled(s *site, w *world, a plan.Action) {
	left := slices.DeleteFunc(slices.Clone(w.Pending[string(a.Email)]), func(to string) bool {
		return strings.HasPrefix(to, "group ") || s.chosen.ListRepositoryInvitations
	})
	w.Pending[string(a.Email)] = left
	if len(left) == 0 {
		delete(w.Pending, string(a.Email))
	}
}

// newGroup names the group that is created.
func (s *site) newGroup() string {
	switch {
	case s.group == "developers":
		return "Developers"
	case s.taken:
		return "ALL STAFF"
	}
	return "New Team"
}

func created(s *site, w *world, _ plan.Action) {
	if s.taken {
		w.Groups["all-staff-1"] = []string{}
		return
	}
	w.Groups["new-team"] = []string{}
}

func joined(_ *site, w *world, a plan.Action) {
	w.Groups[a.Slug] = append(w.Groups[a.Slug], a.UUID)
	slices.Sort(w.Groups[a.Slug])
	w.Groups[a.Slug] = slices.Compact(w.Groups[a.Slug])
	if !slices.Contains(w.Members, string(a.Email)) {
		w.Members = append(w.Members, string(a.Email))
		slices.Sort(w.Members)
	}
}

func granted(_ *site, w *world, a plan.Action) {
	who := string(a.Email)
	if a.Group != "" {
		who = "group " + a.Slug
	}
	grants := w.Shop
	if a.Kind == access.Project {
		grants = w.Web
	}
	grants[who] = string(a.Permission)
}

// expected is how a step should end, how many mails it sends, and whether it does what it is to do, or only takes back the
// invitation that it is to send anew.
type expected struct {
	outcome string
	mails   int
	effect  bool
	cancels bool
}

// expect says what a step comes to in a situation under a setting.
func (s *site) expect(o operation) expected {
	want := s.expectUndisturbed(o)
	switch {
	case s.deadline > 0:
		return expected{outcome: notSent}
	case s.fault == nil, s.name == "reinvite" && want.outcome == systemic: // then it ends before its main request
		return want
	case !s.fault.AfterEffect && s.fault.Reset:
		return expected{outcome: maybe, cancels: s.name == "reinvite" && want.effect}
	case !s.fault.AfterEffect:
		return expected{outcome: refused, cancels: s.name == "reinvite" && want.effect}
	}
	// The fault hides the answer to the first credential, so the second is never asked.
	if o.old && s.chosen.NoAPITokenWrites1 && !s.priorSecond() {
		want = expected{}
	}
	want.outcome = maybe
	return want
}

// priorSecond says whether the step's main request went out with the second credential: it does where an earlier request
// of the step has found out that the first is refused.
func (s *site) priorSecond() bool { return s.second && s.name == "reinvite" }

func (s *site) expectUndisturbed(o operation) expected {
	ok := expected{outcome: done, effect: true}
	if o.mails {
		ok.mails = 1
	}
	switch {
	case !o.old:
		return s.expectGrant(ok)
	case s.chosen.NoAPITokenWrites1 && !s.second:
		return expected{outcome: systemic}
	case s.moved:
		return expected{outcome: systemic}
	case o.mails:
		return s.expectInvitation(ok)
	case s.name == "create group" && s.group == "developers":
		return expected{outcome: done} // it is there already
	case s.name == "join" && s.gone, s.name == "create group" && s.taken && s.chosen.SlugCollision == "":
		return expected{outcome: refused}
	case s.name == "join" && s.person == "zoe@acme.test" && s.full:
		return expected{outcome: systemic}
	}
	return ok
}

func (s *site) expectGrant(ok expected) expected {
	already := s.person == "bo@acme.test"
	switch {
	case s.gone, s.person == "zoe@acme.test" && strings.HasPrefix(s.name, "grant person"):
		return expected{outcome: refused}
	case s.overfull && !already, s.full && s.chosen.RefuseGrantsWhenFull && !already:
		return expected{outcome: systemic}
	}
	return ok
}

func (s *site) expectInvitation(ok expected) expected {
	toRepository := s.name == "invite to repository"
	already := s.invited == "pia@acme.test" && s.name != "reinvite"
	switch {
	case s.gone, s.invited == "no-address":
		return expected{outcome: refused}
	case already && toRepository:
		return expected{outcome: done}
	case already, s.invited == "dan@acme.test" && toRepository:
		return map[string]expected{
			"": {outcome: done, mails: 1}, "200-no-mail": {outcome: done}, "409": {outcome: done}, "400": {outcome: refused},
		}[s.chosen.RepeatInvite]
	case s.full && !s.chosen.FreeInvitations:
		return expected{outcome: systemic}
	}
	return ok
}
