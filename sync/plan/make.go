package plan

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"bitroster/sync/access"
	"bitroster/sync/mapping"
)

// maker collects the steps of one plan by their kind, because the quick ones go before the slow, limited ones.
type maker struct {
	Input
	grants  []Action // of groups
	joins   []Action
	people  []Action // grants of people
	invites []Action
	held    []Held
}

// Make plans. Groups get their grants first, then members are put into groups and get theirs, then people are invited:
// whoever accepts finds the door open.
func Make(in Input) Plan {
	m := maker{Input: in}
	for _, want := range in.Want.Groups {
		m.group(want)
	}
	for _, wants := range in.Want.People {
		m.person(wants)
	}
	slices.SortFunc(m.grants, compareActions)
	slices.SortFunc(m.joins, compareActions)
	slices.SortFunc(m.people, compareActions)
	slices.SortStableFunc(m.held, func(a, b Held) int { return compareActions(a.Action, b.Action) })
	return Plan{
		Workspace: in.Workspace,
		MadeAt:    in.Now,
		Steps:     slices.Concat(m.grants, m.joins, m.people, m.invites),
		Held:      m.held,
	}
}

func compareActions(a, b Action) int {
	return cmp.Or(cmp.Compare(a.Email, b.Email), cmp.Compare(a.Group, b.Group), access.CompareTargets(a.On(), b.On()))
}

// group plans one grant of a group.
func (m *maker) group(want mapping.GroupWant) {
	action := m.action(want.Right, Grant)
	action.Group = want.Group
	action.Rule = "groups"
	have := m.Have.GroupsOn[want.Right.Target][want.Group]
	if have.Covers(want.Right.Permission) {
		return
	}
	action.Reason = grantReason(have)
	asked := access.Target{Kind: access.Group, Name: want.Group}
	if m.troubled(action, want.Right.Target) || m.troubled(action, asked) {
		return
	}
	action.Slug = m.Have.Groups[want.Group].Slug
	m.do(&m.grants, action)
}

// person plans all that one person wants.
func (m *maker) person(wants mapping.Wants) {
	account, member := m.Have.Accounts[wants.Email]
	_, pending := m.Have.Pending[wants.Email]
	switch {
	case member:
		m.member(wants, account)
	case wants.Disabled:
		m.holdAll(wants, AccountDisabled, "a directory has the account as disabled")
	case pending:
		m.holdAll(wants, InvitationPending, m.pendingDetail(wants.Email))
	default:
		m.absent(wants)
	}
}

// member plans the joins and grants of someone who has a seat.
func (m *maker) member(wants mapping.Wants, account access.Account) {
	for _, wanted := range wants.Rights {
		op := Grant
		if wanted.Right.Target.Kind == access.Group {
			op = Join
		}
		action := m.personal(wants.Email, wanted, op)
		action.AccountID, action.UUID = account.ID, account.UUID
		if reason, lacks := m.lacks(account, wanted.Right); lacks {
			action.Reason = reason
			m.seat(wants, action)
		}
	}
}

// seat puts a missing right of a member into its list, or holds it.
func (m *maker) seat(wants mapping.Wants, action Action) {
	if wants.Disabled {
		m.hold(action, AccountDisabled, "a directory has the account as disabled")
		return
	}
	if m.troubled(action, action.On()) {
		return
	}
	if action.Op == Join {
		m.do(&m.joins, action)
		return
	}
	m.do(&m.people, action)
}

// lacks reports whether the account has less than the right, and why it is to be given.
func (m *maker) lacks(account access.Account, right access.Right) (Reason, bool) {
	if right.Target.Kind == access.Group {
		return NotInGroup, !m.Have.Groups[right.Target.Name].Members[account.ID]
	}
	have := m.Have.People[right.Target][account.ID]
	if have.Covers(right.Permission) || m.Have.Owners[account.ID] {
		return "", false
	}
	return grantReason(have), true
}

func grantReason(have access.Permission) Reason {
	if have == access.None {
		return NoGrant
	}
	return GrantTooLow
}

// absent plans the one invitation of someone who is not in the workspace. Pending invitations to several targets block
// each other, so all other rights wait until the seat is taken.
func (m *maker) absent(wants mapping.Wants) {
	door := slices.IndexFunc(wants.Rights, m.opens)
	if door < 0 {
		m.shut(wants)
		return
	}
	invite := m.personal(wants.Email, wants.Rights[door], Invite)
	invite.Reason = NotInWorkspace
	reason, detail := m.holdsInvitation(wants.Email)
	if reason != "" {
		m.hold(invite, reason, detail)
	} else {
		m.invites = append(m.invites, invite)
		reason, detail = InvitationPending, ""
	}
	for i, wanted := range wants.Rights {
		if i != door {
			m.holdRight(wants.Email, wanted, reason, detail)
		}
	}
}

// opens reports whether a person can be invited by a right: groups and repositories can invite, where they are usable.
func (m *maker) opens(wanted mapping.Wanted) bool {
	_, troubled := m.trouble(wanted.Right.Target)
	return wanted.Right.Target.Kind != access.Project && !troubled
}

// shut holds all rights of someone whom nothing can invite.
func (m *maker) shut(wants mapping.Wants) {
	for _, wanted := range wants.Rights {
		if trouble, troubled := m.trouble(wanted.Right.Target); troubled {
			m.holdRight(wants.Email, wanted, troubleReason(trouble), trouble.Detail)
			continue
		}
		m.holdRight(wants.Email, wanted, NoWayIn, "a project cannot invite: let a rule name a group or a repository, too")
	}
}

// holdsInvitation gives the reason why someone absent is not invited now; "" when they are.
func (m *maker) holdsInvitation(email access.Email) (Reason, string) {
	if reason, detail := m.remembered(m.Memory.Invitations[email]); reason != "" {
		return reason, detail
	}
	if domains := m.Policy.AllowedDomains; len(domains) > 0 && !slices.Contains(domains, email.Domain()) {
		return DomainNotAllowed, "invitations.allowed_domains has only " + strings.Join(domains, ", ")
	}
	if most := m.Limits.InvitationsPerPass; most > 0 && len(m.invites) >= most {
		return LimitPerPass, fmt.Sprintf("limits.invitations_per_pass is %d", most)
	}
	if most := m.Limits.InvitationsPerDay; most > 0 && len(m.invites)+m.Memory.SentLastDay >= most {
		return LimitPerDay, fmt.Sprintf("limits.invitations_per_day is %d, sent in the last 24 hours: %d", most, m.Memory.SentLastDay)
	}
	return "", ""
}

// remembered judges the last invitation of someone who is neither a member nor pending. One to a group that may have been
// sent was not, if the backend lists what is pending and does not list it; the lists do not show those to repositories.
func (m *maker) remembered(last Attempt) (Reason, string) {
	reason, what := InvitedEarlier, "invited "
	switch {
	case last.Outcome == "":
		return "", ""
	case last.Outcome == Failed:
		return m.refused(last)
	case last.Outcome == Maybe && last.Kind == access.Group && m.Have.Pending != nil:
		return "", ""
	case last.Outcome == Maybe:
		reason, what = MaybeSent, "perhaps invited "
	}
	since := what + last.At.UTC().Format(time.RFC3339) + ", neither pending nor a member"
	if m.Policy.ReinviteAfter == 0 {
		return reason, since + "; invitations.reinvite_after is never"
	}
	again := last.At.Add(m.Policy.ReinviteAfter)
	if m.Now.Before(again) {
		return reason, since + "; may be invited again from " + again.UTC().Format(time.RFC3339)
	}
	return "", ""
}

// refused judges a step that Bitbucket refused.
func (m *maker) refused(last Attempt) (Reason, string) {
	again := last.At.Add(m.Policy.RetryAfter)
	if last.Outcome != Failed || !m.Now.Before(again) {
		return "", ""
	}
	return RefusedEarlier, fmt.Sprintf("%s; tried again from %s", last.Detail, again.UTC().Format(time.RFC3339))
}

// do puts a step into its list, unless it was refused a short while ago.
func (m *maker) do(list *[]Action, action Action) {
	if reason, detail := m.refused(m.Memory.Refused[action.Key()]); reason != "" {
		m.hold(action, reason, detail)
		return
	}
	*list = append(*list, action)
}

func (m *maker) pendingDetail(email access.Email) string {
	if sent := m.Have.Pending[email].SentAt; !sent.IsZero() {
		return "invited " + sent.UTC().Format(time.RFC3339)
	}
	return ""
}
