package bitbuckettest

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
)

// The values of the organization's switches that have more than two.
const (
	againMails  = "mail"
	againSilent = "silent"
	againError  = "error"
	again409    = "409"

	wholeCall = "call"
	oneItem   = "item"

	shapeByCall = "by-call"
	shapeA      = "A"
	shapeB      = "B"
	shapeC      = "C"
	shapeD      = "D"
	shapeText   = "text"

	resetMinute  = "minute"
	resetRFC3339 = "rfc3339"
	resetEpoch   = "epoch"
	resetNone    = "none"

	cursorMixed = "mixed"
	cursorToken = "token"
	cursorURL   = "url"

	lastNull   = "null"
	lastAbsent = "absent"
	lastEmpty  = "empty"

	asActive     = statusActive
	asNotInvited = statusNotInvited
	asHidden     = "hidden"

	member409 = "409"
	member204 = "204"

	pendingKept = "kept"
	pendingGone = "gone"
)

// OrganizationSwitches decide what public sources do not tell of the Atlassian organization API, or contradict each
// other about. They are apart from Switches because a client of Bitbucket alone never meets them.
type OrganizationSwitches struct {
	// InviteStatus is the status of an invitation that succeeds, at least in part. 0 (the default) is 200 when all of it
	// did and 206 when not; 200, 201, 202 and 207 are themselves in both cases.
	InviteStatus int
	// RepeatInvite is what becomes of an invitation of somebody who holds all that it gives: "mail" (the default) invites
	// and mails once more, "silent" reports success and mails nobody, "error" reports what is held already as ERROR, and
	// "409" refuses the call with everybody in it.
	RepeatInvite string
	// PersonErrors says what a wrong address or an inactive account spoils: the whole "call" (the default), which is
	// answered 400, or only that "item".
	PersonErrors string
	// SeatErrors says what a lack of seats spoils: the whole "call" (the default), which is answered 409, or the "item" of
	// each person for whom there is no seat left.
	SeatErrors string
	// ErrorShape is the body of errors: "by-call" (the default) is as documented, B for invitations and role assignments,
	// A for other calls, C for a wrong key, D for a key without the right. "A", "B", "C" and "D" are that for all but 429.
	//
	//	A  {"errors":[{"id","status","code":"ADMIN-404-8","title","detail"}]}
	//	B  the same with codes such as ADMIN-UAM-404-3
	//	C  {"code":404,"message"}
	//	D  {"timestamp","path","status":404,"error","message","requestId"}
	ErrorShape string
	// RateLimitShape is the body of a 429: "C" (the default), "A" or plain "text".
	RateLimitShape string
	// Reset is the form of X-RateLimit-Reset: "minute" (the default, "2026-06-05T06:00Z"), "rfc3339" with nanoseconds,
	// "epoch" in seconds, or "none" for no such header.
	Reset string
	// RetryAfter is the form of that header with a 429: "none" (the default), "seconds" or "date".
	RetryAfter string
	// Cursor is what links.next holds: "token" or "url" everywhere, or "mixed" (the default): a URL in the list of
	// workspaces and a token in all others.
	Cursor string
	// LastCursor is links.next at the end of a list: "null" (the default), "absent" or "empty".
	LastCursor string
	// InvitedAs is how the searches show somebody who was invited and has not accepted: "active" (the default) like
	// everybody else, "not_invited" as an account without membership, or "hidden" not at all.
	InvitedAs string
	// RepeatMember is the status for adding a member to a group that has it: "409" (the default) or "204".
	RepeatMember string
	// RoleStatus is the status of assigning and revoking a role: 0 (the default) is 200 and 204; 200, 202 and 204 are
	// themselves for both.
	RoleStatus int
	// RemovedCalls is the status of the calls of version 1 that ended in 2026: 410 (the default) or 404.
	RemovedCalls int
	// PendingAtMove is the fate of invitations that are pending when Move comes: "kept" (the default) can be accepted,
	// though no list shows them; "gone" cannot.
	PendingAtMove string
	// SuffixMovedGroups adds the slug of the workspace to the names of its groups when it is moved. Their slugs stay.
	SuffixMovedGroups bool
	// ShowGroupsWithoutRole has Bitbucket show all groups of the organization. Otherwise it shows, and can give grants to,
	// those only that have a role on the workspace.
	ShowGroupsWithoutRole bool
	// KnownAccountsJoin makes an invited person who has an Atlassian account a member at once. Otherwise everybody has to
	// accept.
	KnownAccountsJoin bool
	// RulesNeeded refuses invitations without permissionRules with 400, even when a group would give access.
	RulesNeeded bool
	// Unpaid answers 402 to invitations, as organizations without a paid subscription do.
	Unpaid bool
	// NoUsage leaves usage and capacity of workspaces null.
	NoUsage bool
}

// withDefaults names the defaults.
func (w OrganizationSwitches) withDefaults() OrganizationSwitches {
	w.RepeatInvite = cmp.Or(w.RepeatInvite, againMails)
	w.PersonErrors = cmp.Or(w.PersonErrors, wholeCall)
	w.SeatErrors = cmp.Or(w.SeatErrors, wholeCall)
	w.ErrorShape = cmp.Or(w.ErrorShape, shapeByCall)
	w.RateLimitShape = cmp.Or(w.RateLimitShape, shapeC)
	w.Reset = cmp.Or(w.Reset, resetMinute)
	w.RetryAfter = cmp.Or(w.RetryAfter, retryNone)
	w.Cursor = cmp.Or(w.Cursor, cursorMixed)
	w.LastCursor = cmp.Or(w.LastCursor, lastNull)
	w.InvitedAs = cmp.Or(w.InvitedAs, asActive)
	w.RepeatMember = cmp.Or(w.RepeatMember, member409)
	w.RemovedCalls = cmp.Or(w.RemovedCalls, http.StatusGone)
	w.PendingAtMove = cmp.Or(w.PendingAtMove, pendingKept)
	return w
}

// faults names each value that is none of a switch's.
func (w OrganizationSwitches) faults() []string {
	w = w.withDefaults()
	var faults []string
	for _, row := range []struct {
		name, value string
		allowed     []string
	}{
		{"RepeatInvite", w.RepeatInvite, []string{againMails, againSilent, againError, again409}},
		{"PersonErrors", w.PersonErrors, []string{wholeCall, oneItem}},
		{"SeatErrors", w.SeatErrors, []string{wholeCall, oneItem}},
		{"ErrorShape", w.ErrorShape, []string{shapeByCall, shapeA, shapeB, shapeC, shapeD}},
		{"RateLimitShape", w.RateLimitShape, []string{shapeA, shapeC, shapeText}},
		{"Reset", w.Reset, []string{resetMinute, resetRFC3339, resetEpoch, resetNone}},
		{"RetryAfter", w.RetryAfter, []string{retryNone, retrySeconds, retryDate}},
		{"Cursor", w.Cursor, []string{cursorMixed, cursorToken, cursorURL}},
		{"LastCursor", w.LastCursor, []string{lastNull, lastAbsent, lastEmpty}},
		{"InvitedAs", w.InvitedAs, []string{asActive, asNotInvited, asHidden}},
		{"RepeatMember", w.RepeatMember, []string{member409, member204}},
		{"PendingAtMove", w.PendingAtMove, []string{pendingKept, pendingGone}},
		{"InviteStatus", fmt.Sprint(w.InviteStatus), []string{"0", "200", "201", "202", "207"}},
		{"RoleStatus", fmt.Sprint(w.RoleStatus), []string{"0", "200", "202", "204"}},
		{"RemovedCalls", fmt.Sprint(w.RemovedCalls), []string{"404", "410"}},
	} {
		if !slices.Contains(row.allowed, row.value) {
			faults = append(faults, fmt.Sprintf("Organization.%s is %q", row.name, row.value))
		}
	}
	return faults
}
