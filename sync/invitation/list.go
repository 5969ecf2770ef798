package invitation

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"bitroster/sync/access"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
	"bitroster/sync/why"
)

// State is what became of an invitation. Its text is part of the output that scripts read: never renamed, only added to.
type State string

// The states.
const (
	Pending   State = "pending"    // not accepted yet
	Accepted  State = "accepted"   // a member now
	Member    State = "member"     // a member now, but not by an invitation of ours
	Sent      State = "sent"       // to a repository: no list shows whether such an invitation is still open
	MaybeSent State = "maybe-sent" // begun without a known end, and not on the list of what is open
	Refused   State = "refused"    // Bitbucket refused it
	Cancelled State = "cancelled"  // taken back, here or in Bitbucket, or accepted with another address
	Removed   State = "removed"    // was a member after it, and is none
	Gone      State = "gone"       // sent, and neither open nor accepted
)

// Row is one person's invitation.
type Row struct {
	Email access.Email `json:"email"`
	State State        `json:"state"`
	// Kind, Target and Rule are what the last invitation of ours was to and which rule wanted it. Of somebody else's
	// invitation the groups are known, by slug, and no rule.
	Kind   access.Kind `json:"kind,omitempty"`
	Target string      `json:"target,omitempty"`
	Rule   string      `json:"rule,omitempty"`
	// Since is when the state began, as far as is known: when it was sent, when the person was first seen as a member.
	Since time.Time `json:"since,omitzero"`
	// Mails is how many mails we sent or may have sent.
	Mails int `json:"mails"`
	// Again is when the person is mailed again by itself: at that time or in the next pass after it. Zero is never.
	Again time.Time `json:"again,omitzero"`
	// Held and Detail say why the person is not mailed now.
	Held   why.Reason `json:"held,omitempty"`
	Detail string     `json:"detail,omitempty"`
}

// List is every open invitation of a workspace, and everybody whom we ever invited.
type List struct {
	Workspace string    `json:"workspace"`
	At        time.Time `json:"at"`
	// Rows have what is open first, the oldest first.
	Rows []Row `json:"invitations"`
	// Report tells how the sources were read. Where it is not whole, a person may seem to be wanted by no rule.
	Report reconcile.Report `json:"-"`
}

// Pending is the list of what is open alone.
func (l List) Pending() List {
	l.Rows = slices.DeleteFunc(slices.Clone(l.Rows), func(r Row) bool { return r.State != Pending })
	return l
}

// List lists. It costs the requests of a pass that has nothing to do.
func (o Office) List(ctx context.Context) (List, error) {
	survey, err := o.Surveyor.Survey(ctx)
	list := List{Workspace: survey.Workspace, At: survey.Plan.MadeAt, Rows: []Row{}, Report: survey.Report}
	if err != nil {
		return list, err
	}
	b := book{Survey: survey, policy: o.Policy, wanted: map[access.Email]mapping.Wants{}, planned: planned(survey.Plan)}
	for _, wants := range survey.Want.People {
		b.wanted[wants.Email] = wants
	}
	for email := range survey.Have.Pending {
		list.Rows = append(list.Rows, b.row(email))
	}
	for email := range survey.Memories.Invitations {
		if _, listed := survey.Have.Pending[email]; !listed {
			list.Rows = append(list.Rows, b.row(email))
		}
	}
	slices.SortFunc(list.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(rank(a.State), rank(b.State)), a.Since.Compare(b.Since), cmp.Compare(a.Email, b.Email))
	})
	return list, nil
}

// rank orders the states: what waits, what needs a look, what is settled.
func rank(s State) int {
	return slices.Index([]State{Pending, MaybeSent, Refused, Gone, Sent, Removed, Cancelled, Accepted, Member}, s)
}

// intent is what a plan has for a person: a mail now, or a reason why not.
type intent struct {
	now  bool
	held plan.Held
}

// planned finds what a plan has for each person. The hold of the invitation itself says more than those of other rights.
func planned(p plan.Plan) map[access.Email]intent {
	intents := map[access.Email]intent{}
	for _, h := range p.Held {
		email := h.Action.Email
		if _, known := intents[email]; !known || h.Action.Op.Mails() {
			intents[email] = intent{held: h}
		}
	}
	for _, step := range p.Steps {
		if step.Op.Mails() {
			intents[step.Email] = intent{now: true}
		}
	}
	return intents
}

// book has what the rows of a list are made of.
type book struct {
	reconcile.Survey
	policy  plan.Policy
	wanted  map[access.Email]mapping.Wants
	planned map[access.Email]intent
}

func (b book) row(email access.Email) Row {
	last := b.Memories.Invitations[email]
	row := Row{Email: email, Mails: last.Sent, Kind: last.Kind, Target: last.Target, Rule: last.Rule}
	row.State, row.Since = b.state(email, last)
	if row.State == Accepted || row.State == Member {
		return row
	}
	if row.State == Pending && !last.Mailed() {
		row.Kind, row.Target, row.Rule = "", "", "" // it is somebody else's
		if groups := b.Have.Pending[email].Groups; len(groups) > 0 {
			row.Kind, row.Target = access.Group, strings.Join(groups, ", ")
		}
	}
	wants, wanted := b.wanted[email]
	intent := b.planned[email]
	row.Held, row.Detail = intent.held.Reason, intent.held.Detail
	switch {
	case !wanted:
		row.Detail = "no rule wants this person"
	case intent.now, intent.held.Reason.Limit():
		row.Again = b.Plan.MadeAt
	default:
		row.Again = b.again(row, last, wants)
	}
	return row
}

// state judges an invitation by what is seen now and what was recorded.
func (b book) state(email access.Email, last plan.Attempt) (State, time.Time) {
	seat := b.Memories.Seats[email]
	seen := !seat.Since.Before(last.At)
	if _, member := b.Have.Accounts[email]; member {
		since := b.Plan.MadeAt
		if seat.State == plan.Member && seen {
			since = seat.Since
		}
		if last.Sent == 0 {
			return Member, since
		}
		return Accepted, since
	}
	if open, pending := b.Have.Pending[email]; pending {
		return Pending, latest(open, last)
	}
	switch {
	case last.Op == plan.Cancel && last.Outcome != plan.Failed, seat.State == plan.Pending && seen:
		return Cancelled, last.At
	case seat.State == plan.Member && seen:
		return Removed, last.At
	case last.Outcome == plan.Failed:
		return Refused, last.At
	case last.Outcome == plan.Maybe:
		return MaybeSent, last.At
	case last.Kind == access.Repository:
		return Sent, last.At
	}
	return Gone, last.At
}

// again is when a person is mailed again who is not mailed now.
func (b book) again(row Row, last plan.Attempt, wants mapping.Wants) time.Time {
	switch {
	case row.State == Pending && last.Mailed() && !wants.Disabled:
		due := b.policy.Due(last, row.Since)
		if !due.After(b.Plan.MadeAt) || !slices.ContainsFunc(wants.Rights, opens) {
			return time.Time{} // it is time, and yet the plan does not: there is no group to send it to
		}
		return due
	case row.Held == why.InvitedEarlier, row.Held == why.MaybeSent:
		return b.policy.Due(last, last.At)
	case row.Held == why.RefusedEarlier:
		return last.At.Add(b.policy.RetryAfter)
	}
	return time.Time{}
}

// opens reports whether a pending invitation can be sent again to what is wanted.
func opens(w mapping.Wanted) bool { return w.Right.Target.Kind == access.Group }
