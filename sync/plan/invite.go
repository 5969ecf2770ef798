package plan

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"bitroster/sync/access"
	"bitroster/sync/mapping"
	"bitroster/sync/why"
)

// holdsInvitation gives the reason why someone absent is not invited now; "" when they are.
func (m *maker) holdsInvitation(email access.Email) (why.Reason, string) {
	if reason, detail := m.remembered(email); reason != "" {
		return reason, detail
	}
	if domains := m.Policy.AllowedDomains; len(domains) > 0 && !slices.Contains(domains, email.Domain()) {
		return why.DomainNotAllowed, "invitations.allowed_domains has only " + strings.Join(domains, ", ")
	}
	return m.limited()
}

// limited gives the limit that one more mail would break.
func (m *maker) limited() (why.Reason, string) {
	if most := m.Limits.InvitationsPerPass; most > 0 && len(m.invites)+m.Memory.SentThisPass >= most {
		return why.LimitPerPass, fmt.Sprintf("limits.invitations_per_pass is %d", most)
	}
	if most := m.Limits.InvitationsPerDay; most > 0 && len(m.invites)+m.Memory.SentLastDay >= most {
		return why.LimitPerDay, fmt.Sprintf("limits.invitations_per_day is %d, sent in the last 24 hours: %d", most, m.Memory.SentLastDay)
	}
	return "", ""
}

// maxDoubts is how many mails may have been sent to a person before one that may have been, and that no list shows, counts
// as sent. A server that sends mails and answers with errors would get them mailed in each pass; one that fails for some
// addresses would be met by the same ones first in each pass, and the others would never have their turn.
const maxDoubts = 5

// remembered judges the past of someone who is neither a member nor pending. What was done by hand since the last mail
// stands. An invitation to a group that may have been sent was not, if the backend lists what is pending and does not list
// it, which is believed a few times; the lists do not show those to repositories.
func (m *maker) remembered(email access.Email) (why.Reason, string) {
	last, seat := m.Memory.Invitations[email], m.Memory.Seats[email]
	switch {
	case last.Op == Cancel && last.Outcome != Failed:
		return why.CancelledByHand, "taken back " + day(last.At) + "; bitroster invitations resend mails again"
	case seat.State == Member && !seat.Since.Before(last.At):
		return why.RemovedByHand, "was a member, seen since " + day(seat.Since) + ", and is none; bitroster invitations resend mails again"
	case seat.State == Pending && !seat.Since.Before(last.At):
		return why.CancelledByHand, "was pending, seen since " + day(seat.Since) + ", and is neither that nor a member: taken back, " +
			"or accepted with another address; bitroster invitations resend mails again"
	case last.Outcome == Failed:
		return m.refused(last)
	case last.Outcome == Maybe && last.Kind == access.Group && m.Have.Pending != nil && last.Sent < maxDoubts, last.Outcome == "":
		return "", ""
	case last.Outcome == Maybe:
		return m.again(last, why.MaybeSent)
	}
	return m.again(last, why.InvitedEarlier)
}

// again gives the reason why a person who was mailed is not mailed again yet; "" when it is time.
func (m *maker) again(last Attempt, reason why.Reason) (why.Reason, string) {
	since := "invited " + day(last.At) + ", not accepted"
	switch due := m.Policy.Due(last, last.At); {
	case m.Policy.ReinviteAfter == 0:
		return reason, since + "; invitations.reinvite_after is never"
	case due.IsZero():
		return reason, fmt.Sprintf("%s; mailed %d times, which is invitations.reinvite_max", since, last.Sent)
	case m.Now.Before(due):
		return reason, since + "; mailed again from " + day(due)
	}
	return "", ""
}

// Due is when a person who was mailed and has not accepted is mailed again; zero is never. The pause doubles with each mail.
func (p Policy) Due(last Attempt, sent time.Time) time.Time {
	if p.ReinviteAfter == 0 || last.Sent >= max(p.ReinviteMax, 1) {
		return time.Time{}
	}
	pause := p.ReinviteAfter
	for n := 1; n < last.Sent && pause < math.MaxInt64/2; n++ {
		pause *= 2
	}
	return sent.Add(pause)
}

// pending plans for someone who has not accepted yet: all waits, and after a long time the mail is sent again. Invitations
// that others sent are left alone.
func (m *maker) pending(wants mapping.Wants) {
	door := slices.IndexFunc(wants.Rights, func(w mapping.Wanted) bool {
		return w.Right.Target.Kind == access.Group && m.opens(w)
	})
	last, sent := m.Memory.Invitations[wants.Email], m.Have.Pending[wants.Email].SentAt
	if last.At.After(sent) {
		sent = last.At
	}
	due := m.Policy.Due(last, sent)
	if door < 0 || !last.Mailed() || due.IsZero() || m.Now.Before(due) {
		for _, wanted := range wants.Rights {
			m.holdPending(wants.Email, wanted)
		}
		return
	}
	action := m.personal(wants.Email, wants.Rights[door], Reinvite)
	action.Reason = why.NotAccepted
	if reason, detail := m.limited(); reason != "" {
		m.hold(action, reason, detail)
	} else {
		m.invites = append(m.invites, action)
	}
	for i, wanted := range wants.Rights {
		if i != door {
			m.holdPending(wants.Email, wanted)
		}
	}
}

// holdPending holds a right of someone who is invited: for what stands against its target, which no acceptance mends, or
// until they accept.
func (m *maker) holdPending(email access.Email, wanted mapping.Wanted) {
	if trouble, troubled := m.trouble(wanted.Right.Target); troubled {
		m.holdRight(email, wanted, m.troubleReason(wanted.Right.Target, trouble), trouble.Detail)
		return
	}
	detail := ""
	if sent := m.Have.Pending[email].SentAt; !sent.IsZero() {
		detail = "invited " + day(sent)
	}
	m.holdRight(email, wanted, why.InvitationPending, detail)
}

// refused judges a step that Bitbucket refused.
func (m *maker) refused(last Attempt) (why.Reason, string) {
	again := last.At.Add(m.Policy.RetryAfter)
	if last.Outcome != Failed || !m.Now.Before(again) {
		return "", ""
	}
	return why.RefusedEarlier, fmt.Sprintf("%s; tried again from %s", last.Detail, day(again))
}

// day writes a moment for people.
func day(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// Observe says what a pass has learnt of how people are seen: only what differs from what is remembered. The memory was
// recalled before the look at the workspace, and the look began at a time: so it is newer than the mails that are
// remembered, also where the clock was set back since, and older than those that somebody sent meanwhile.
func Observe(memory Memory, have access.State, began time.Time) map[access.Email]Seat {
	changed := map[access.Email]Seat{}
	note := func(email access.Email, state string) {
		known, mailed := memory.Seats[email], memory.Invitations[email].At
		if known.State == state && !known.Since.Before(mailed) {
			return
		}
		since := began
		if mailed.After(began) {
			since = mailed
		}
		changed[email] = Seat{State: state, Since: since}
	}
	for email := range have.Pending {
		note(email, Pending)
	}
	for email := range have.Accounts {
		note(email, Member)
	}
	return changed
}
