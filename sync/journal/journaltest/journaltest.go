// Package journaltest holds the contract of a journal: what every store must do.
package journaltest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
	"bitroster/sync/why"
)

// Store is a journal.
type Store interface {
	reconcile.Memory
	reconcile.Ledger
	Lock(ctx context.Context, workspace string) (release func(), err error)
	Close() error
}

// Harness opens one journal again and again, as processes would, with a clock that the test sets.
type Harness struct {
	Open func(t *testing.T) Store
	// Now sets the clock.
	Now func(time.Time)
	// Locked is the error of a lock that somebody else holds.
	Locked error
}

// Run checks the contract. open makes a new, empty journal for each sub-test.
func Run(t *testing.T, open func(t *testing.T) Harness) {
	for name, check := range map[string]func(*testing.T, Harness){
		"a new journal remembers nothing":                     remembersNothing,
		"an invitation is remembered with its outcome":        remembersInvitations,
		"the last try counts, but for what was not sent":      lastTryCounts,
		"a begun step without an end is maybe, and unsettled": begunIsMaybe,
		"the invitations of a day are counted":                countsADay,
		"mails are counted, and what was taken back":          countsMails,
		"how people were last seen is kept":                   keepsSeats,
		"a refused step is remembered until it succeeds":      remembersRefusals,
		"workspaces do not share steps":                       workspacesAreApart,
		"a clock that was far ahead blocks no day":            forgivesTheClock,
		"accounts and counts are kept and replaced":           keepsLessons,
		"an account has one address":                          accountsMove,
		"what Bitbucket says wins over what a file says":      importsGiveWay,
		"a finished run takes its report":                     finishes,
		"only one holds a workspace":                          locks,
	} {
		t.Run(name, func(t *testing.T) { check(t, open(t)) })
	}
}

const ws = "acme"

func start() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }

func invite(email access.Email) plan.Action {
	return plan.Action{
		Op: plan.Invite, Workspace: ws, Email: email, Kind: access.Group, Target: "dev", Slug: "dev", Rule: "r", Reason: why.NotInWorkspace,
	}
}

// step journals one step of a new run; an empty outcome leaves it without an end.
func step(t *testing.T, s Store, workspace string, a plan.Action, outcome plan.Outcome) {
	t.Helper()
	run, err := s.Start(t.Context(), workspace)
	if err != nil {
		t.Fatal(err)
	}
	id, err := run.Begin(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	if outcome == "" {
		return
	}
	if err := run.End(t.Context(), id, outcome, "detail of "+string(outcome)); err != nil {
		t.Fatal(err)
	}
}

// recall closes the journal and remembers in another process.
func recall(t *testing.T, h Harness, s Store) reconcile.Memories {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := h.Open(t)
	defer again.Close() //nolint:errcheck // only read
	m, err := again.Recall(t.Context(), ws)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func remembersNothing(t *testing.T, h Harness) {
	m := recall(t, h, h.Open(t))
	if len(m.Invitations)+len(m.Refused)+len(m.Accounts)+len(m.Counts)+m.SentLastDay != 0 || !m.Unsettled.IsZero() {
		t.Errorf("remembers %+v, want nothing", m)
	}
}

func remembersInvitations(t *testing.T, h Harness) {
	h.Now(start())
	s := h.Open(t)
	step(t, s, ws, invite("done@x.test"), plan.Done)
	step(t, s, ws, invite("failed@x.test"), plan.Failed)
	repository := invite("maybe@x.test")
	repository.Kind, repository.Target = access.Repository, "web"
	step(t, s, ws, repository, plan.Maybe)
	want := map[access.Email]plan.Attempt{
		"done@x.test":   {Sent: 1, Outcome: plan.Done},
		"failed@x.test": {Outcome: plan.Failed},
		"maybe@x.test":  {Sent: 1, Outcome: plan.Maybe},
	}
	for email, attempt := range want {
		attempt.At, attempt.Op, attempt.Rule, attempt.Detail = start(), plan.Invite, "r", "detail of "+string(attempt.Outcome)
		attempt.Kind, attempt.Target = access.Group, "dev"
		if email == repository.Email {
			attempt.Kind, attempt.Target = access.Repository, "web"
		}
		want[email] = attempt
	}
	if diff := cmp.Diff(want, recall(t, h, s).Invitations); diff != "" {
		t.Errorf("invitations (-want +got):\n%s", diff)
	}
}

func lastTryCounts(t *testing.T, h Harness) {
	s := h.Open(t)
	for i, outcome := range []plan.Outcome{plan.Failed, plan.Done, apply.NotSent} {
		h.Now(start().Add(time.Duration(i) * time.Hour))
		step(t, s, ws, invite("ana@x.test"), outcome)
	}
	got := recall(t, h, s).Invitations["ana@x.test"]
	if got.Outcome != plan.Done || !got.At.Equal(start().Add(time.Hour)) {
		t.Errorf("remembers %+v, want the one that was sent, an hour in", got)
	}
}

func begunIsMaybe(t *testing.T, h Harness) {
	s := h.Open(t)
	h.Now(start())
	step(t, s, ws, invite("ana@x.test"), "")
	// Its process may have sent the request long after the record, just before it died: it counts from when it is found.
	for i, want := range []time.Duration{0, time.Hour, time.Hour} {
		m := recall(t, h, s)
		if got := m.Invitations["ana@x.test"]; got.Outcome != plan.Maybe || !got.At.Equal(start()) {
			t.Errorf("after %d runs, a step without an end is %q of %v, want %q of %v", i, got.Outcome, got.At, plan.Maybe, start())
		}
		if !m.Unsettled.Equal(start().Add(want)) {
			t.Errorf("after %d runs, unsettled since %v, want %v", i, m.Unsettled, start().Add(want))
		}
		s = h.Open(t)
		h.Now(start().Add(time.Duration(i+1) * time.Hour))
		step(t, s, ws, invite("bo@x.test"), plan.Done)
	}
	recall(t, h, s)
}

func countsMails(t *testing.T, h Harness) {
	s := h.Open(t)
	again, cancel := invite("ana@x.test"), invite("ana@x.test")
	again.Op, cancel.Op = plan.Reinvite, plan.Cancel
	for i, try := range []struct {
		action  plan.Action
		outcome plan.Outcome
		want    plan.Attempt
	}{
		{invite("ana@x.test"), plan.Done, plan.Attempt{Op: plan.Invite, Sent: 1}},
		{again, plan.Failed, plan.Attempt{Op: plan.Reinvite, Sent: 1}},
		{again, plan.Maybe, plan.Attempt{Op: plan.Reinvite, Sent: 2}},
		{cancel, plan.Done, plan.Attempt{Op: plan.Cancel, Sent: 2}},
	} {
		h.Now(start().Add(time.Duration(i) * time.Hour))
		step(t, s, ws, try.action, try.outcome)
		m := recall(t, h, s)
		got := m.Invitations["ana@x.test"]
		if got.Op != try.want.Op || got.Sent != try.want.Sent || got.Outcome != try.outcome {
			t.Errorf("after %s %s: %+v, want %d mails", try.action.Op, try.outcome, got, try.want.Sent)
		}
		s = h.Open(t)
	}
	if m := recall(t, h, s); m.SentLastDay != 2 {
		t.Errorf("%d sent in the last day, want 2", m.SentLastDay)
	}
}

func keepsSeats(t *testing.T, h Harness) {
	s := h.Open(t)
	for i, state := range []string{plan.Pending, plan.Member} {
		seats := map[access.Email]plan.Seat{"ana@x.test": {State: state, Since: start().Add(time.Duration(i) * time.Hour)}}
		if err := s.Keep(t.Context(), ws, reconcile.Lessons{Seats: seats}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Keep(t.Context(), "other", reconcile.Lessons{Seats: map[access.Email]plan.Seat{"bo@x.test": {State: plan.Member, Since: start()}}}); err != nil {
		t.Fatal(err)
	}
	want := map[access.Email]plan.Seat{"ana@x.test": {State: plan.Member, Since: start().Add(time.Hour)}}
	if diff := cmp.Diff(want, recall(t, h, s).Seats); diff != "" {
		t.Errorf("seats (-want +got):\n%s", diff)
	}
}

func countsADay(t *testing.T, h Harness) {
	s := h.Open(t)
	h.Now(start())
	step(t, s, ws, invite("old@x.test"), plan.Done)
	h.Now(start().Add(23 * time.Hour))
	step(t, s, ws, invite("done@x.test"), plan.Done)
	step(t, s, ws, invite("open@x.test"), "")
	step(t, s, ws, invite("failed@x.test"), plan.Failed)
	step(t, s, ws, invite("unsent@x.test"), apply.NotSent)
	h.Now(start().Add(24 * time.Hour))
	if got := recall(t, h, s).SentLastDay; got != 2 {
		t.Errorf("%d sent in the last day, want 2: the one that was, and the one that may have been", got)
	}
}

// forgivesTheClock: what was sent by a clock that was a little ahead counts, lest a limit be broken; what was sent by one
// that was years ahead does not count for years.
func forgivesTheClock(t *testing.T, h Harness) {
	s := h.Open(t)
	for _, ahead := range []time.Duration{time.Hour, 10 * 365 * 24 * time.Hour} {
		h.Now(start().Add(ahead))
		step(t, s, ws, invite("ana@x.test"), plan.Done)
	}
	h.Now(start())
	if got := recall(t, h, s).SentLastDay; got != 1 {
		t.Errorf("%d sent in the last day, want 1: the one of an hour ahead", got)
	}
}

func remembersRefusals(t *testing.T, h Harness) {
	h.Now(start())
	s := h.Open(t)
	join := plan.Action{Op: plan.Join, Email: "ana@x.test", Kind: access.Group, Target: "dev"}
	grant := plan.Action{Op: plan.Grant, Group: "dev", Kind: access.Repository, Target: "web", Permission: access.Read}
	step(t, s, ws, join, plan.Failed)
	step(t, s, ws, grant, plan.Failed)
	step(t, s, ws, join, plan.Done)
	want := map[plan.StepKey]plan.Attempt{grant.Key(): {At: start(), Outcome: plan.Failed, Detail: "detail of failed"}}
	got := recall(t, h, s).Refused
	for key, attempt := range got {
		attempt.Kind = ""
		got[key] = attempt
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
}

func workspacesAreApart(t *testing.T, h Harness) {
	s := h.Open(t)
	step(t, s, "other", invite("ana@x.test"), "")
	m := recall(t, h, s)
	if len(m.Invitations) != 0 || m.SentLastDay != 0 || !m.Unsettled.IsZero() {
		t.Errorf("remembers %+v of another workspace", m)
	}
}

func keepsLessons(t *testing.T, h Harness) {
	s := h.Open(t)
	ana := access.Account{ID: "1", UUID: "{1}", Name: "Ana"}
	moved := access.Account{ID: "2", UUID: "{2}", Name: "Ana Abel"}
	for _, lessons := range []reconcile.Lessons{
		{Accounts: map[access.Email]access.Account{"ana@x.test": ana}, Counts: map[string]map[string]int{"hr": {"": 10, "dev": 3}}},
		{Accounts: map[access.Email]access.Account{"ana@x.test": moved}, Counts: map[string]map[string]int{"hr": {"": 12}}},
	} {
		if err := s.Keep(t.Context(), ws, lessons); err != nil {
			t.Fatal(err)
		}
	}
	m := recall(t, h, s)
	if diff := cmp.Diff(map[access.Email]access.Account{"ana@x.test": moved}, m.Accounts); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]map[string]int{"hr": {"": 12, "dev": 3}}, m.Counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// accountsMove: an address that Bitbucket finds an account under ends what was learnt of another address of that account,
// which may be somebody else's by now. What a file says stays: it may name an address that Bitbucket does not know.
func accountsMove(t *testing.T, h Harness) {
	s := h.Open(t)
	ana := access.Account{ID: "1", UUID: "{1}"}
	for _, lessons := range []reconcile.Lessons{
		{Accounts: map[access.Email]access.Account{"ana@x.test": ana}},
		{Imported: map[access.Email]access.Account{"alias@x.test": {ID: "1"}}},
		{Accounts: map[access.Email]access.Account{"ana@x.test": ana, "alias@x.test": ana}}, // as seen in a group
		{Accounts: map[access.Email]access.Account{"abel@x.test": ana, "ana@x.test": ana, "alias@x.test": ana}},
	} {
		if err := s.Keep(t.Context(), ws, lessons); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(map[access.Email]access.Account{"abel@x.test": ana, "alias@x.test": ana}, recall(t, h, s).Accounts); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
}

// importsGiveWay: an imported pair is corrected by a later file, and replaced by what Bitbucket says, for good.
func importsGiveWay(t *testing.T, h Harness) {
	s := h.Open(t)
	file := func(id string) reconcile.Lessons {
		accounts := map[access.Email]access.Account{}
		for _, email := range []access.Email{"ana@x.test", "bo@x.test", "cy@x.test"} {
			accounts[email] = access.Account{ID: id}
		}
		return reconcile.Lessons{Imported: accounts}
	}
	said := func(email access.Email, id string) reconcile.Lessons {
		return reconcile.Lessons{Accounts: map[access.Email]access.Account{email: {ID: id, UUID: "{" + id + "}"}}}
	}
	// Ana was known from Bitbucket before; Bo is seen under the imported id; of Cy Bitbucket says otherwise.
	for _, lessons := range []reconcile.Lessons{said("ana@x.test", "7"), file("1"), said("bo@x.test", "1"), said("cy@x.test", "9"), file("2")} {
		if err := s.Keep(t.Context(), ws, lessons); err != nil {
			t.Fatal(err)
		}
	}
	m := recall(t, h, s)
	want := map[access.Email]access.Account{
		"ana@x.test": {ID: "7", UUID: "{7}"}, "bo@x.test": {ID: "2"}, "cy@x.test": {ID: "9", UUID: "{9}"},
	}
	if diff := cmp.Diff(want, m.Accounts); diff != "" {
		t.Errorf("accounts (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[access.Email]bool{"bo@x.test": true}, m.Imported); diff != "" {
		t.Errorf("imported (-want +got):\n%s", diff)
	}
}

func finishes(t *testing.T, h Harness) {
	s := h.Open(t)
	defer s.Close() //nolint:errcheck // the test is over
	run, err := s.Start(t.Context(), ws)
	if err != nil {
		t.Fatal(err)
	}
	report := reconcile.Report{Workspace: ws, Failure: "none"}
	for i := range 3 {
		action := invite(access.Email(fmt.Sprintf("p%d@x.test", i)))
		report.Plan.Held = append(report.Plan.Held, plan.Held{Action: action, Reason: why.LimitPerDay})
	}
	if err := run.Finish(t.Context(), report); err != nil {
		t.Error(err)
	}
}

func locks(t *testing.T, h Harness) {
	first, second := h.Open(t), h.Open(t)
	defer first.Close()  //nolint:errcheck // the test is over
	defer second.Close() //nolint:errcheck // see above
	release, err := first.Lock(t.Context(), ws)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := second.Lock(t.Context(), ws); !errors.Is(err, h.Locked) {
		t.Errorf("second lock: %v, want %v", err, h.Locked)
	}
	other, err := second.Lock(t.Context(), "other")
	if err != nil {
		t.Errorf("another workspace: %v", err)
	} else {
		other()
	}
	release()
	again, err := second.Lock(t.Context(), ws)
	if err != nil {
		t.Fatalf("after the release: %v", err)
	}
	again()
}
