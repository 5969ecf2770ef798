package show

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"bitroster/sync/access"
	"bitroster/sync/accounts"
	"bitroster/sync/apply"
	"bitroster/sync/invitation"
	"bitroster/sync/plan"
	"bitroster/sync/why"
)

func TestInvitationsGolden(t *testing.T) {
	for name, write := range map[string]func(io.Writer){
		"invitations":      func(w io.Writer) { Invitations(w, invitations()) },
		"invitations-open": func(w io.Writer) { Invitations(w, invitations().Pending()) },
		"invitations-none": func(w io.Writer) { Invitations(w, invitation.List{Workspace: "acme"}) },
		"asked":            func(w io.Writer) { Asked(w, asked()) },
		"imported": func(w io.Writer) {
			Imported(w, "export.csv", accounts.Result{New: 1, Changed: 2, Known: 3, Rejects: rejected()})
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			write(&got)
			golden(t, name+".txt", got.String())
		})
	}
}

func TestInvitationsCommandNoTerminal(t *testing.T) {
	evil := "a\x1b[2Jb\r\nc"
	list, outcome := invitations(), asked()
	list.Rows[0].Target, list.Rows[0].Rule, list.Rows[0].Detail = evil, evil, evil
	outcome.Results[1].Detail, outcome.Refusals[0].Why, outcome.Stopped[0].Detail = evil, evil, evil
	var out bytes.Buffer
	Invitations(&out, list)
	Asked(&out, outcome)
	Imported(&out, evil, accounts.Result{Rejects: []accounts.Reject{{Line: 2, Why: evil}}})
	if strings.ContainsAny(out.String(), "\x1b\r") {
		t.Errorf("control characters reach the terminal: %q", out.String())
	}
}

func TestAge(t *testing.T) {
	now := time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC)
	for ago, want := range map[time.Duration]string{
		-time.Minute:     "2026-03-20 (0 minutes)", // Bitbucket's clock is ahead
		20 * time.Second: "2026-03-20 (0 minutes)",
		time.Minute:      "2026-03-20 (1 minute)",
		time.Hour:        "2026-03-20 (1 hour)",
		8 * time.Hour:    "2026-03-20 (8 hours)",
		24 * time.Hour:   "2026-03-19 (1 day)",
		49 * time.Hour:   "2026-03-18 (2 days)",
	} {
		if got := age(now, now.Add(-ago)); got != want {
			t.Errorf("%s ago: got %q, want %q", ago, got, want)
		}
	}
}

func invitations() invitation.List {
	now := time.Date(2026, 3, 20, 9, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	const day = 24 * time.Hour
	return invitation.List{Workspace: "acme", At: now, Rows: []invitation.Row{
		{
			Email: "ana@x.test", State: invitation.Pending, Kind: access.Group, Target: "Developers", Rule: "developers",
			Since: ago(12 * day), Mails: 1, Again: now.Add(2 * day), Held: why.InvitationPending, Detail: "invited 2026-03-08T09:00:00Z",
		},
		{Email: "bo@x.test", State: invitation.Pending, Kind: access.Group, Target: "Staff", Rule: "staff", Since: ago(15 * day), Mails: 2, Again: now},
		{Email: "theirs@x.test", State: invitation.Pending, Since: ago(25 * time.Hour), Detail: "no rule wants this person"},
		{Email: "undated@x.test", State: invitation.Pending},
		{
			Email: "gone@x.test", State: invitation.Cancelled, Kind: access.Group, Target: "Staff", Rule: "staff",
			Since: ago(90 * time.Minute), Mails: 1, Held: why.CancelledByHand,
		},
		{Email: "in@x.test", State: invitation.Accepted, Kind: access.Repository, Target: "web", Rule: "web", Since: ago(time.Hour), Mails: 1},
	}}
}

func asked() invitation.Outcome {
	step := plan.Action{Op: plan.Reinvite, Email: "ana@x.test", Kind: access.Group, Target: "Developers"}
	cancel := plan.Action{Op: plan.Cancel, Email: "bo@x.test", Kind: access.Group}
	return invitation.Outcome{
		Results: []apply.Result{
			{Action: step, Outcome: plan.Done},
			{Action: cancel, Outcome: plan.Failed, Detail: "400 Bad Request"},
		},
		Stopped:  []plan.Held{{Action: step, Reason: why.Stopped, Detail: "the process was told to stop"}},
		Refusals: []invitation.Refusal{{Email: "cy@x.test", Why: "is a member of the workspace"}},
	}
}

func rejected() []accounts.Reject {
	var list []accounts.Reject
	for i := range most + 2 {
		list = append(list, accounts.Reject{Line: i + 2, Why: "not an e-mail address: it has no @"})
	}
	return list
}
