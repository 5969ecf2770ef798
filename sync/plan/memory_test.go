package plan_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/sync/access"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
)

// TestADoubtIsNotMailedForEver has invitations to a group end as maybe again and again, and on no list: a server that
// mails and answers with an error, or one that fails for this address. After some, they count as sent.
func TestADoubtIsNotMailedForEver(t *testing.T) {
	doubted := func(sent int) plan.Memory {
		return plan.Memory{Invitations: map[access.Email]plan.Attempt{
			"new@x.test": {At: now.Add(-time.Hour), Op: plan.Invite, Kind: access.Group, Target: "dev", Outcome: plan.Maybe, Sent: sent},
		}}
	}
	people := []mapping.Wants{want("new@x.test", on(dev))}
	invited, held := "invite new@x.test group dev  not-in-workspace", "held invite new@x.test group dev  not-in-workspace: maybe-sent"
	for name, tc := range map[string]makeCase{
		"four times":               {people: people, memory: doubted(4), want: []string{invited}},
		"five times":               {people: people, memory: doubted(5), want: []string{held}},
		"five times, and long ago": {people: people, memory: doubted(5), policy: plan.Policy{ReinviteAfter: time.Minute, ReinviteMax: 9}, want: []string{invited}},
	} {
		t.Run(name, tc.check)
	}
}

// TestALimitOfThePassCountsItsEarlierRounds leaves to a round what the rounds before it have left of the limit.
func TestALimitOfThePassCountsItsEarlierRounds(t *testing.T) {
	makeCase{
		people: []mapping.Wants{want("ana2@x.test", on(dev)), want("new@x.test", on(dev))},
		memory: plan.Memory{SentThisPass: 2}, limits: plan.Limits{InvitationsPerPass: 3},
		want: []string{
			"invite ana2@x.test group dev  not-in-workspace", "held invite new@x.test group dev  not-in-workspace: limit-per-pass",
		},
	}.check(t)
}

// TestWhatIsSeenAfterAMailIsNewerThanTheMail holds also where the clock was set back in between.
func TestWhatIsSeenAfterAMailIsNewerThanTheMail(t *testing.T) {
	later := now.Add(time.Hour)
	memory := plan.Memory{
		Invitations: map[access.Email]plan.Attempt{"pia@x.test": {At: later, Op: plan.Invite, Kind: access.Group, Outcome: plan.Done, Sent: 1}},
		Seats:       map[access.Email]plan.Seat{"ana@x.test": {State: plan.Member, Since: now}, "bo@x.test": {State: plan.Member}, "own@x.test": {State: plan.Member}},
	}
	seen := plan.Observe(memory, workspace(), now)
	expected := map[access.Email]plan.Seat{"pia@x.test": {State: plan.Pending, Since: later}}
	if diff := cmp.Diff(expected, seen); diff != "" {
		t.Fatalf("seen (-want +got):\n%s", diff)
	}
	memory.Seats = seen
	makeCase{
		people: []mapping.Wants{want("pia@x.test", on(dev))}, memory: memory,
		spoil: func(s *access.State) { delete(s.Pending, "pia@x.test") },
		want:  []string{"held invite pia@x.test group dev  not-in-workspace: cancelled-by-hand"},
	}.check(t)
}

// TestPausesDoNotOverflow wants each mail to be due after the one before it, whatever the config and the count.
func TestPausesDoNotOverflow(t *testing.T) {
	for _, after := range []time.Duration{time.Second, 30 * 24 * time.Hour, 100 * 365 * 24 * time.Hour, math.MaxInt64} {
		policy := plan.Policy{ReinviteAfter: after, ReinviteMax: 1000}
		for sent := range 100 {
			if due := policy.Due(plan.Attempt{Sent: sent}, now); !due.After(now) || due.Sub(now) < min(after, 200*365*24*time.Hour) {
				t.Fatalf("every %v, %d mails: due %v, want it %v later or more", after, sent, due, after)
			}
		}
	}
}
