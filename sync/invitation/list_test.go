package invitation_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"bitroster/sync/access"
	"bitroster/sync/invitation"
	"bitroster/sync/plan"
	"bitroster/sync/why"
)

const ana access.Email = "ana@x.test"

// TestStates has one person in each state, whom a rule wants in dev.
func TestStates(t *testing.T) {
	row := func(state invitation.State, days int, again time.Time, held why.Reason) invitation.Row {
		return invitation.Row{
			Email: ana, State: state, Kind: access.Group, Target: "dev", Rule: "dev", Since: ago(days), Mails: 1, Again: again, Held: held,
		}
	}
	never := time.Time{}
	for name, tc := range map[string]struct {
		set  func(*desk)
		want invitation.Row
	}{
		"pending": {
			func(d *desk) { d.invited(ana, 4); d.pending(ana, 4) }, row(invitation.Pending, 4, ago(-6), why.InvitationPending),
		},
		"pending for long": {
			func(d *desk) { d.invited(ana, 11); d.pending(ana, 11) }, row(invitation.Pending, 11, now(), ""),
		},
		"accepted": {func(d *desk) {
			d.invited(ana, 5)
			d.have.Accounts[ana] = access.Account{ID: "1"}
			d.memories.Seats[ana] = plan.Seat{State: plan.Member, Since: ago(2)}
		}, row(invitation.Accepted, 2, never, "")},
		"accepted and seen for the first time": {
			func(d *desk) { d.invited(ana, 5); d.have.Accounts[ana] = access.Account{ID: "1"} }, row(invitation.Accepted, 0, never, ""),
		},
		"neither": {func(d *desk) { d.invited(ana, 4) }, row(invitation.Gone, 4, ago(-6), why.InvitedEarlier)},
		"taken back in Bitbucket": {func(d *desk) {
			d.invited(ana, 4)
			d.memories.Seats[ana] = plan.Seat{State: plan.Pending, Since: ago(3)}
		}, row(invitation.Cancelled, 4, never, why.CancelledByHand)},
		"taken back here": {func(d *desk) {
			last := d.invited(ana, 4)
			last.Op = plan.Cancel
			d.memories.Invitations[ana] = last
		}, row(invitation.Cancelled, 4, never, why.CancelledByHand)},
		"removed": {func(d *desk) {
			d.invited(ana, 4)
			d.memories.Seats[ana] = plan.Seat{State: plan.Member, Since: ago(3)}
		}, row(invitation.Removed, 4, never, why.RemovedByHand)},
		"invited again since it was seen": {func(d *desk) {
			d.invited(ana, 4)
			d.memories.Seats[ana] = plan.Seat{State: plan.Member, Since: ago(5)}
		}, row(invitation.Gone, 4, ago(-6), why.InvitedEarlier)},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			d.wants(ana, group("dev"))
			tc.set(d)
			list, err := d.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]invitation.Row{tc.want}, list.Rows, cmpopts.IgnoreFields(invitation.Row{}, "Detail")); diff != "" {
				t.Errorf("rows (-want +got):\n%s", diff)
			}
		})
	}
}

// TestOutcomesOfAnInvitation that left no trace in the workspace.
func TestOutcomesOfAnInvitation(t *testing.T) {
	for name, tc := range map[string]struct {
		outcome plan.Outcome
		target  access.Target
		state   invitation.State
		again   time.Time
	}{
		"refused":                      {plan.Failed, group("dev"), invitation.Refused, now()},
		"maybe sent, and not listed":   {plan.Maybe, group("dev"), invitation.MaybeSent, now()},
		"sent to a repository":         {plan.Done, access.Target{Kind: access.Repository, Name: "web"}, invitation.Sent, ago(-8)},
		"maybe sent to a repository":   {plan.Maybe, access.Target{Kind: access.Repository, Name: "web"}, invitation.MaybeSent, ago(-8)},
		"sent to a group, not pending": {plan.Done, group("dev"), invitation.Gone, ago(-8)},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			d.wants(ana, tc.target)
			last := d.invited(ana, 2)
			last.Outcome, last.Kind, last.Target = tc.outcome, tc.target.Kind, tc.target.Name
			d.memories.Invitations[ana] = last
			list, err := d.List(t.Context())
			if err != nil || len(list.Rows) != 1 {
				t.Fatalf("error %v, rows %v", err, list.Rows)
			}
			if got := list.Rows[0]; got.State != tc.state || !got.Again.Equal(tc.again) {
				t.Errorf("%s, again %v; want %s, again %v", got.State, got.Again, tc.state, tc.again)
			}
		})
	}
}

// TestPendingIsNotMailedAgain to what cannot take its place.
func TestPendingIsNotMailedAgain(t *testing.T) {
	web := access.Target{Kind: access.Repository, Name: "web"}
	for name, set := range map[string]func(*desk){
		"a repository alone, early":  func(d *desk) { d.wants(ana, web); d.invited(ana, 1); d.pending(ana, 1) },
		"a repository alone, late":   func(d *desk) { d.wants(ana, web); d.invited(ana, 11); d.pending(ana, 11) },
		"a group that is gone, late": func(d *desk) { d.wants(ana, group("gone")); d.invited(ana, 11); d.pending(ana, 11) },
		"disabled": func(d *desk) {
			d.wants(ana, group("dev"))
			d.want.People[0].Disabled = true
			d.invited(ana, 1)
			d.pending(ana, 1)
		},
		"somebody else's": func(d *desk) { d.wants(ana, group("dev")); d.pending(ana, 1) },
		"never by policy": func(d *desk) {
			d.Policy.ReinviteAfter = 0
			d.wants(ana, group("dev"))
			d.invited(ana, 1)
			d.pending(ana, 1)
		},
	} {
		d := newDesk()
		set(d)
		list, err := d.List(t.Context())
		if err != nil || len(list.Rows) != 1 || !list.Rows[0].Again.IsZero() {
			t.Errorf("%s: error %v, rows %+v; want one that is never mailed again", name, err, list.Rows)
		}
	}
}

// TestListHasWhatOthersSent and whom no rule wants any more, in the order of what to look at.
func TestListHasWhatOthersSent(t *testing.T) {
	d := newDesk()
	d.pending("theirs@x.test", 3)
	d.invited("old@x.test", 50)
	d.pending("old@x.test", 50)
	d.invited("gone@x.test", 7)
	d.memories.Invitations["never@x.test"] = plan.Attempt{At: ago(1), Op: plan.Invite, Kind: access.Group, Target: "dev", Outcome: plan.Failed}
	d.have.Accounts["never@x.test"] = access.Account{ID: "2"}
	list, err := d.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	const unwanted = "no rule wants this person"
	want := []invitation.Row{
		{Email: "old@x.test", State: invitation.Pending, Kind: access.Group, Target: "dev", Rule: "dev", Since: ago(50), Mails: 1, Detail: unwanted},
		{Email: "theirs@x.test", State: invitation.Pending, Since: ago(3), Detail: unwanted},
		{Email: "gone@x.test", State: invitation.Gone, Kind: access.Group, Target: "dev", Rule: "dev", Since: ago(7), Mails: 1, Detail: unwanted},
		{Email: "never@x.test", State: invitation.Member, Kind: access.Group, Target: "dev", Since: now()},
	}
	if diff := cmp.Diff(want, list.Rows); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
	if pending := list.Pending(); len(pending.Rows) != 2 || len(list.Rows) != 4 {
		t.Errorf("%d pending of %d, want 2 of 4", len(pending.Rows), len(list.Rows))
	}
}

// TestHeldByALimitIsMailedInTheNextPass that has room.
func TestHeldByALimitIsMailedInTheNextPass(t *testing.T) {
	d := newDesk()
	d.limits.InvitationsPerDay, d.memories.SentLastDay = 1, 1
	d.wants(ana, group("dev"))
	d.invited(ana, 11)
	d.pending(ana, 11)
	list, err := d.List(t.Context())
	if err != nil || len(list.Rows) != 1 {
		t.Fatalf("error %v, rows %v", err, list.Rows)
	}
	if got := list.Rows[0]; !got.Again.Equal(now()) || got.Held != why.LimitPerDay {
		t.Errorf("again %v, held %q; want %v and %q", got.Again, got.Held, now(), why.LimitPerDay)
	}
}

func TestListGivesTheLooksError(t *testing.T) {
	d := newDesk()
	d.lookErr = errors.New("401")
	if _, err := d.List(t.Context()); !errors.Is(err, d.lookErr) {
		t.Errorf("error %v, want %v", err, d.lookErr)
	}
}
