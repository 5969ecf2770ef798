package plan

import (
	"cmp"
	"slices"
	"time"

	"bitroster/sync/access"
	"bitroster/sync/mapping"
	"bitroster/sync/why"
)

// maker collects the steps of one plan by their kind, because the quick ones go before the slow, limited ones.
type maker struct {
	Input
	creates []Action
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
	m.createGroups()
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
	steps := slices.Concat(m.creates, m.grants, m.joins, m.people, m.invites)
	return Plan{
		Workspace: in.Workspace, MadeAt: in.Now, Steps: steps, Held: m.held,
		TakesSeconds: int(in.Limits.takes(len(steps), len(m.invites)).Seconds()),
	}
}

// takes is how long so many steps take, each a request, of which so many send a mail: a full window passes at once, and
// then one must wait for the next.
func (l Limits) takes(steps, mails int) time.Duration {
	return max(windows(steps, l.RequestsPerHour)*time.Hour, windows(mails, l.InvitationsPerMinute)*time.Minute)
}

// windows is how often a window of so many must pass before n have.
func windows(n, most int) time.Duration {
	if most == 0 || n == 0 {
		return 0
	}
	return time.Duration((n - 1) / most)
}

func compareActions(a, b Action) int {
	return cmp.Or(cmp.Compare(a.Email, b.Email), cmp.Compare(a.Group, b.Group), access.CompareTargets(a.On(), b.On()))
}

// group plans one grant of a group.
func (m *maker) group(want mapping.GroupWant) {
	action := m.action(want.Right, Grant)
	action.Group = want.Group
	action.Rule = groupsRule
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
		m.holdAll(wants, why.AccountDisabled, "a directory has the account as disabled")
	case pending:
		m.pending(wants)
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
		m.hold(action, why.AccountDisabled, "a directory has the account as disabled")
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
func (m *maker) lacks(account access.Account, right access.Right) (why.Reason, bool) {
	if right.Target.Kind == access.Group {
		return why.NotInGroup, !m.Have.Groups[right.Target.Name].Members[account.ID]
	}
	have := m.Have.People[right.Target][account.ID]
	if have.Covers(right.Permission) || m.Have.Owners[account.ID] {
		return "", false
	}
	return grantReason(have), true
}

func grantReason(have access.Permission) why.Reason {
	if have == access.None {
		return why.NoGrant
	}
	return why.GrantTooLow
}

// absent plans the one invitation of someone who is not in the workspace. Pending invitations to several targets block
// each other, so all other rights wait until the seat is taken.
func (m *maker) absent(wants mapping.Wants) {
	door := slices.IndexFunc(wants.Rights, func(w mapping.Wanted) bool { return m.opens(w) || m.creatable(w.Right.Target) })
	if door < 0 {
		m.shut(wants)
		return
	}
	if !m.opens(wants.Rights[door]) {
		m.holdAll(wants, why.GroupToBeCreated, wants.Rights[door].Right.Target.String()+" is made first")
		return
	}
	invite := m.personal(wants.Email, wants.Rights[door], Invite)
	invite.Reason = why.NotInWorkspace
	reason, detail := m.holdsInvitation(wants.Email)
	if reason != "" {
		m.hold(invite, reason, detail)
	} else {
		m.invites = append(m.invites, invite)
		reason, detail = why.InvitationPending, ""
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
			m.holdRight(wants.Email, wanted, m.troubleReason(wanted.Right.Target, trouble), trouble.Detail)
			continue
		}
		m.holdRight(wants.Email, wanted, why.NoWayIn, "a project cannot invite: let a rule name a group or a repository, too")
	}
}

// do puts a step into its list, unless it was refused a short while ago.
func (m *maker) do(list *[]Action, action Action) {
	if reason, detail := m.refused(m.Memory.Refused[action.Key()]); reason != "" {
		m.hold(action, reason, detail)
		return
	}
	*list = append(*list, action)
}
