package plan_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/sync/access"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/why"
)

var (
	now   = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)         //nolint:gochecknoglobals // a constant of the tests
	dev   = access.Target{Kind: access.Group, Name: "dev"}      //nolint:gochecknoglobals // see above
	ops   = access.Target{Kind: access.Group, Name: "ops"}      //nolint:gochecknoglobals // see above
	web   = access.Target{Kind: access.Repository, Name: "web"} //nolint:gochecknoglobals // see above
	store = access.Target{Kind: access.Project, Name: "STORE"}  //nolint:gochecknoglobals // see above
)

func want(email access.Email, rights ...access.Right) mapping.Wants {
	w := mapping.Wants{Email: email}
	for _, right := range rights {
		w.Rights = append(w.Rights, mapping.Wanted{Right: right, Rule: "r"})
	}
	return w
}

func on(target access.Target, p ...access.Permission) access.Right {
	right := access.Right{Target: target}
	if len(p) > 0 {
		right.Permission = p[0]
	}
	return right
}

// workspace has the groups dev and ops, with Ana in dev, Bo with a seat and read on web, and Own the owner.
func workspace() access.State {
	account := func(name string) access.Account { return access.Account{ID: "id-" + name, UUID: "{" + name + "}"} }
	return access.State{
		Accounts: map[access.Email]access.Account{"ana@x.test": account("ana"), "bo@x.test": account("bo"), "own@x.test": account("own")},
		Pending:  map[access.Email]access.Invitation{"pia@x.test": {Email: "pia@x.test", SentAt: now.Add(-time.Hour)}},
		Groups: map[string]access.GroupState{
			"dev": {Slug: "dev-slug", Members: map[string]bool{"id-ana": true}},
			"ops": {Slug: "ops-slug", Members: map[string]bool{}},
		},
		People:   map[access.Target]map[string]access.Permission{web: {"id-bo": access.Read}, store: {}},
		GroupsOn: map[access.Target]map[string]access.Permission{web: {"dev": access.Read}, store: {"ops": access.Admin}},
		Owners:   map[string]bool{"id-own": true},
	}
}

// lines gives a plan in short: "op subject target permission reason" and "held … : reason".
func lines(p plan.Plan) []string {
	short := func(a plan.Action) string {
		return fmt.Sprintf("%s %s %s %s %s", a.Op, a.Subject(), a.On(), a.Permission, a.Reason)
	}
	var result []string
	for _, a := range p.Steps {
		result = append(result, short(a))
	}
	for _, h := range p.Held {
		result = append(result, fmt.Sprintf("held %s: %s", short(h.Action), h.Reason))
	}
	return result
}

// makeCase is what is wanted and remembered, how the workspace differs, and the plan.
type makeCase struct {
	people []mapping.Wants
	groups []mapping.GroupWant
	memory plan.Memory
	policy plan.Policy
	limits plan.Limits
	spoil  func(*access.State)
	want   []string
}

func (tc makeCase) check(t *testing.T) {
	have := workspace()
	if tc.spoil != nil {
		tc.spoil(&have)
	}
	got := plan.Make(plan.Input{
		Workspace: "acme", Now: now, Have: have, Memory: tc.memory, Policy: tc.policy, Limits: tc.limits,
		Want: mapping.Desired{People: tc.people, Groups: tc.groups},
	})
	if diff := cmp.Diff(tc.want, lines(got)); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
}

func TestMembersAndGroups(t *testing.T) {
	for name, tc := range map[string]makeCase{
		"all as it should be": {
			people: []mapping.Wants{want("ana@x.test", on(dev)), want("bo@x.test", on(web, access.Read))},
			groups: []mapping.GroupWant{{Group: "dev", Right: on(web, access.Read)}},
		},
		"a member is joined without a mail": {
			people: []mapping.Wants{want("bo@x.test", on(dev))},
			want:   []string{"join bo@x.test group dev  not-in-group"},
		},
		"a member is granted, and raised": {
			people: []mapping.Wants{want("ana@x.test", on(web, access.Write)), want("bo@x.test", on(web, access.Write))},
			want: []string{
				"grant ana@x.test repository web write no-grant", "grant bo@x.test repository web write grant-too-low",
			},
		},
		"what is higher already is not lowered": {
			people: []mapping.Wants{want("bo@x.test", on(web, access.Read))},
			groups: []mapping.GroupWant{{Group: "ops", Right: on(store, access.Write)}},
		},
		"an owner needs no grant": {people: []mapping.Wants{want("own@x.test", on(store, access.Write))}},
		"groups are granted first": {
			people: []mapping.Wants{want("new@x.test", on(dev)), want("bo@x.test", on(dev))},
			groups: []mapping.GroupWant{{Group: "dev", Right: on(web, access.Write)}},
			want: []string{
				"grant group dev repository web write grant-too-low", "join bo@x.test group dev  not-in-group",
				"invite new@x.test group dev  not-in-workspace",
			},
		},
	} {
		t.Run(name, tc.check)
	}
}

func TestAbsentPeople(t *testing.T) {
	for name, tc := range map[string]makeCase{
		"one invitation to the first group, the rest waits": {
			people: []mapping.Wants{want("new@x.test", on(store, access.Read), on(ops), on(dev), on(web, access.Read))},
			want: []string{
				"invite new@x.test group ops  not-in-workspace", "held join new@x.test group dev  not-in-group: invitation-pending",
				"held grant new@x.test project STORE read no-grant: invitation-pending",
				"held grant new@x.test repository web read no-grant: invitation-pending",
			},
		},
		"a repository invites who wants no group": {
			people: []mapping.Wants{want("new@x.test", on(web, access.Write))},
			want:   []string{"invite new@x.test repository web write not-in-workspace"},
		},
		"a project cannot invite": {
			people: []mapping.Wants{want("new@x.test", on(store, access.Read))},
			want:   []string{"held grant new@x.test project STORE read no-grant: no-way-in"},
		},
		"pending people wait": {
			people: []mapping.Wants{want("pia@x.test", on(dev), on(web, access.Read))},
			want: []string{
				"held join pia@x.test group dev  not-in-group: invitation-pending",
				"held grant pia@x.test repository web read no-grant: invitation-pending",
			},
		},
	} {
		t.Run(name, tc.check)
	}
}

func disabled(w mapping.Wants) mapping.Wants {
	w.Disabled = true
	return w
}

func TestWhatIsHeld(t *testing.T) {
	for name, tc := range map[string]makeCase{
		"what is missing is told before the person accepts": {
			people: []mapping.Wants{want("pia@x.test", on(dev), on(access.Target{Kind: access.Group, Name: "gone"}))},
			want: []string{
				"held join pia@x.test group dev  not-in-group: invitation-pending",
				"held join pia@x.test group gone  not-in-group: target-missing",
			},
		},
		"a missing group does not stop the others": {
			people: []mapping.Wants{want("new@x.test", on(access.Target{Kind: access.Group, Name: "gone"}), on(dev)), want("bo@x.test", on(ops))},
			want: []string{
				"join bo@x.test group ops  not-in-group", "invite new@x.test group dev  not-in-workspace",
				"held join new@x.test group gone  not-in-group: invitation-pending",
			},
		},
		"a closed repository holds its grants": {
			people: []mapping.Wants{want("bo@x.test", on(web, access.Write))},
			groups: []mapping.GroupWant{{Group: "dev", Right: on(web, access.Write)}},
			spoil: func(s *access.State) {
				s.Troubles = map[access.Target]access.Trouble{web: {Detail: "403"}}
			},
			want: []string{
				"held grant group dev repository web write grant-too-low: target-unusable",
				"held grant bo@x.test repository web write grant-too-low: target-unusable",
			},
		},
		"the disabled get nothing": {
			people: []mapping.Wants{disabled(want("new@x.test", on(dev))), disabled(want("bo@x.test", on(dev)))},
			want: []string{
				"held join bo@x.test group dev  not-in-group: disabled", "held join new@x.test group dev  not-in-group: disabled",
			},
		},
		"other domains are not invited, but served once they are in": {
			people: []mapping.Wants{want("new@y.test", on(dev)), want("bo@x.test", on(dev))},
			policy: plan.Policy{AllowedDomains: []string{"z.test"}},
			want: []string{
				"join bo@x.test group dev  not-in-group", "held invite new@y.test group dev  not-in-workspace: domain-not-allowed",
			},
		},
		"limit per pass": {
			people: []mapping.Wants{want("n1@x.test", on(dev)), want("n2@x.test", on(dev), on(ops))},
			limits: plan.Limits{InvitationsPerPass: 1},
			want: []string{
				"invite n1@x.test group dev  not-in-workspace", "held invite n2@x.test group dev  not-in-workspace: limit-per-pass",
				"held join n2@x.test group ops  not-in-group: limit-per-pass",
			},
		},
		"limit per day counts what was sent": {
			people: []mapping.Wants{want("n1@x.test", on(dev)), want("n2@x.test", on(dev))},
			limits: plan.Limits{InvitationsPerDay: 5}, memory: plan.Memory{SentLastDay: 4},
			want: []string{
				"invite n1@x.test group dev  not-in-workspace", "held invite n2@x.test group dev  not-in-workspace: limit-per-day",
			},
		},
	} {
		t.Run(name, tc.check)
	}
}

// TestMemoryOfInvitations says when somebody who is neither a member nor pending is mailed, by what is remembered.
func TestMemoryOfInvitations(t *testing.T) {
	const again = 10 * 24 * time.Hour
	attempt := func(kind access.Kind, outcome plan.Outcome, ago time.Duration) plan.Attempt {
		return plan.Attempt{At: now.Add(-ago), Kind: kind, Outcome: outcome, Detail: "400 no"}
	}
	for name, tc := range map[string]struct {
		last     plan.Attempt
		reinvite time.Duration
		noList   bool
		want     why.Reason
	}{
		"never invited":                                  {},
		"sent, never again":                              {last: attempt(access.Group, plan.Done, 1000*24*time.Hour), want: why.InvitedEarlier},
		"sent, too early":                                {last: attempt(access.Group, plan.Done, again-time.Second), reinvite: again, want: why.InvitedEarlier},
		"sent, time has come":                            {last: attempt(access.Group, plan.Done, again), reinvite: again},
		"maybe sent, but the list has it not":            {last: attempt(access.Group, plan.Maybe, time.Minute)},
		"maybe sent, no list to ask":                     {last: attempt(access.Group, plan.Maybe, time.Minute), noList: true, want: why.MaybeSent},
		"maybe sent, to a repository: no list has those": {last: attempt(access.Repository, plan.Maybe, time.Minute), want: why.MaybeSent},
		"refused a short while ago":                      {last: attempt(access.Group, plan.Failed, time.Hour), want: why.RefusedEarlier},
		"refused long ago":                               {last: attempt(access.Group, plan.Failed, 24*time.Hour)},
	} {
		t.Run(name, func(t *testing.T) {
			have := workspace()
			if tc.noList {
				have.Pending = nil
			}
			got := plan.Make(plan.Input{
				Now: now, Have: have, Want: mapping.Desired{People: []mapping.Wants{want("new@x.test", on(dev))}},
				Memory: plan.Memory{Invitations: map[access.Email]plan.Attempt{"new@x.test": tc.last}},
				Policy: plan.Policy{ReinviteAfter: tc.reinvite, RetryAfter: 24 * time.Hour},
			})
			wanted := []string{"invite new@x.test group dev  not-in-workspace"}
			if tc.want != "" {
				wanted = []string{"held invite new@x.test group dev  not-in-workspace: " + string(tc.want)}
			}
			if diff := cmp.Diff(wanted, lines(got)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// TestWhatWasDoneByHandStands never mails again who was removed, or whose invitation was taken back, since the last mail.
func TestWhatWasDoneByHandStands(t *testing.T) {
	mailed := plan.Attempt{At: now.Add(-time.Hour), Op: plan.Invite, Kind: access.Group, Outcome: plan.Done, Sent: 1}
	maybe := mailed
	maybe.Outcome = plan.Maybe
	seat := func(state string, ago time.Duration) plan.Seat { return plan.Seat{State: state, Since: now.Add(-ago)} }
	for name, tc := range map[string]struct {
		last plan.Attempt
		seat plan.Seat
		want why.Reason
	}{
		"was pending since":                       {mailed, seat(plan.Pending, time.Minute), why.CancelledByHand},
		"was pending, though it was not clear":    {maybe, seat(plan.Pending, time.Minute), why.CancelledByHand},
		"was pending before the last mail":        {maybe, seat(plan.Pending, 2*time.Hour), ""},
		"was a member since":                      {mailed, seat(plan.Member, time.Minute), why.RemovedByHand},
		"was a member, never mailed by us":        {plan.Attempt{}, seat(plan.Member, time.Minute), why.RemovedByHand},
		"was a member, then mailed on request":    {mailed, seat(plan.Member, 2*time.Hour), why.InvitedEarlier},
		"was taken back on request":               {plan.Attempt{At: now, Op: plan.Cancel, Outcome: plan.Done}, seat(plan.Pending, time.Hour), why.CancelledByHand},
		"taking it back was refused, and no list": {plan.Attempt{At: now, Op: plan.Cancel, Outcome: plan.Failed}, plan.Seat{}, why.RefusedEarlier},
	} {
		t.Run(name, func(t *testing.T) {
			got := plan.Make(plan.Input{
				Now: now, Have: workspace(), Want: mapping.Desired{People: []mapping.Wants{want("new@x.test", on(dev))}},
				Memory: plan.Memory{
					Invitations: map[access.Email]plan.Attempt{"new@x.test": tc.last}, Seats: map[access.Email]plan.Seat{"new@x.test": tc.seat},
				},
				Policy: plan.Policy{RetryAfter: time.Hour},
			})
			wanted := []string{"invite new@x.test group dev  not-in-workspace"}
			if tc.want != "" {
				wanted = []string{"held invite new@x.test group dev  not-in-workspace: " + string(tc.want)}
			}
			if diff := cmp.Diff(wanted, lines(got)); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPendingIsMailedAgain with pauses that double, up to the number of mails that is allowed.
func TestPendingIsMailedAgain(t *testing.T) {
	const pause = 24 * time.Hour
	for name, tc := range map[string]struct {
		ago   time.Duration
		sent  int
		never bool
		again bool
	}{
		"too early":                    {ago: pause - time.Second, sent: 1},
		"after the first pause":        {ago: pause, sent: 1, again: true},
		"not yet after the second":     {ago: pause, sent: 2},
		"after the second":             {ago: 2 * pause, sent: 2, again: true},
		"never more than the maximum":  {ago: 100 * pause, sent: 3},
		"never at all":                 {ago: 100 * pause, sent: 1, never: true},
		"not what others have invited": {ago: 100 * pause, sent: 0},
	} {
		t.Run(name, func(t *testing.T) {
			have := workspace()
			have.Pending["pia@x.test"] = access.Invitation{Email: "pia@x.test", SentAt: now.Add(-tc.ago)}
			input := plan.Input{
				Now: now, Have: have, Want: mapping.Desired{People: []mapping.Wants{want("pia@x.test", on(dev), on(ops))}},
				Policy: plan.Policy{ReinviteAfter: pause, ReinviteMax: 3},
			}
			if tc.never {
				input.Policy.ReinviteAfter = 0
			}
			if tc.sent > 0 {
				input.Memory.Invitations = map[access.Email]plan.Attempt{"pia@x.test": {
					At: now.Add(-tc.ago), Op: plan.Invite, Kind: access.Group, Outcome: plan.Done, Sent: tc.sent,
				}}
			}
			wanted := []string{
				"held join pia@x.test group dev  not-in-group: invitation-pending", "held join pia@x.test group ops  not-in-group: invitation-pending",
			}
			if tc.again {
				wanted[0] = "reinvite pia@x.test group dev  not-accepted"
			}
			if diff := cmp.Diff(wanted, lines(plan.Make(input))); diff != "" {
				t.Errorf("plan (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHowLongItTakes(t *testing.T) {
	for name, tc := range map[string]struct {
		joins, invites int
		limits         plan.Limits
		want           time.Duration
	}{
		"nothing":                      {0, 0, plan.Limits{InvitationsPerMinute: 90, RequestsPerHour: 900}, 0},
		"no limits":                    {5000, 5000, plan.Limits{}, 0},
		"one window":                   {0, 90, plan.Limits{InvitationsPerMinute: 90, RequestsPerHour: 900}, 0},
		"the minute bounds":            {0, 181, plan.Limits{InvitationsPerMinute: 90, RequestsPerHour: 900}, 2 * time.Minute},
		"the hour bounds":              {0, 10_000, plan.Limits{InvitationsPerMinute: 90, RequestsPerHour: 900}, 11 * time.Hour},
		"steps without mails count":    {1801, 0, plan.Limits{InvitationsPerMinute: 90, RequestsPerHour: 900}, 2 * time.Hour},
		"only the minute has a limit":  {5000, 10, plan.Limits{InvitationsPerMinute: 5}, time.Minute},
		"both, the hour is the longer": {900, 1, plan.Limits{InvitationsPerMinute: 1, RequestsPerHour: 900}, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			input := plan.Input{Now: now, Have: workspace(), Limits: tc.limits}
			for i := range tc.joins {
				email := access.Email(fmt.Sprintf("m%d@x.test", i))
				input.Have.Accounts[email] = access.Account{ID: string(email)}
				input.Want.People = append(input.Want.People, want(email, on(dev)))
			}
			for i := range tc.invites {
				input.Want.People = append(input.Want.People, want(access.Email(fmt.Sprintf("p%d@x.test", i)), on(dev)))
			}
			made := plan.Make(input)
			if got := time.Duration(made.TakesSeconds) * time.Second; got != tc.want || len(made.Steps) != tc.joins+tc.invites {
				t.Errorf("%d steps take %v, want %v", len(made.Steps), got, tc.want)
			}
		})
	}
}

func TestGroupsAreCreated(t *testing.T) {
	gone := access.Target{Kind: access.Group, Name: "gone"}
	input := plan.Input{
		Workspace: "acme", Now: now, Have: workspace(), Policy: plan.Policy{CreateGroups: true, RetryAfter: time.Hour},
		Want: mapping.Desired{
			Groups: []mapping.GroupWant{{Group: "gone", Right: on(web, access.Read)}},
			People: []mapping.Wants{want("bo@x.test", on(gone)), want("new@x.test", on(gone), on(dev))},
		},
	}
	created := []string{
		"create-group  group gone  no-such-group",
		"held grant group gone repository web read no-grant: group-to-be-created",
		"held join bo@x.test group gone  not-in-group: group-to-be-created",
		"held join new@x.test group dev  not-in-group: group-to-be-created",
		"held join new@x.test group gone  not-in-group: group-to-be-created",
	}
	if diff := cmp.Diff(created, lines(plan.Make(input))); diff != "" {
		t.Errorf("plan (-want +got):\n%s", diff)
	}
	// Where it could not be made, nobody waits for it.
	step := plan.Make(input).Steps[0]
	input.Memory.Refused = map[plan.StepKey]plan.Attempt{step.Key(): {At: now, Outcome: plan.Failed, Detail: "400"}}
	refused := []string{
		"invite new@x.test group dev  not-in-workspace",
		"held create-group  group gone  no-such-group: refused-earlier",
		"held grant group gone repository web read no-grant: target-missing",
		"held join bo@x.test group gone  not-in-group: target-missing",
		"held join new@x.test group gone  not-in-group: invitation-pending",
	}
	if diff := cmp.Diff(refused, lines(plan.Make(input))); diff != "" {
		t.Errorf("plan after a refusal (-want +got):\n%s", diff)
	}
}

func TestRefusedStepWaits(t *testing.T) {
	input := plan.Input{
		Now: now, Have: workspace(), Policy: plan.Policy{RetryAfter: time.Hour},
		Want: mapping.Desired{People: []mapping.Wants{want("bo@x.test", on(dev))}},
	}
	step := plan.Make(input).Steps[0]
	for ago, want := range map[time.Duration]string{
		time.Minute: "held join bo@x.test group dev  not-in-group: refused-earlier",
		time.Hour:   "join bo@x.test group dev  not-in-group",
	} {
		input.Memory.Refused = map[plan.StepKey]plan.Attempt{step.Key(): {At: now.Add(-ago), Outcome: plan.Failed}}
		if diff := cmp.Diff([]string{want}, lines(plan.Make(input))); diff != "" {
			t.Errorf("refused %v ago (-want +got):\n%s", ago, diff)
		}
	}
}
