// Package why holds the reasons of decisions: why a step is done, and why it is held.
package why

// Reason is why a step is done, or why it is held. Its text is part of the storage format, and the same word shows in
// every place: never renamed, only added to.
type Reason string

// Why a step is done.
const (
	NotInWorkspace Reason = "not-in-workspace"
	NotInGroup     Reason = "not-in-group"
	NoGrant        Reason = "no-grant"
	GrantTooLow    Reason = "grant-too-low"
	NoSuchGroup    Reason = "no-such-group"
	NotAccepted    Reason = "not-accepted" // for so long that it is sent again
	Asked          Reason = "asked"        // an administrator asked for this step
)

// Why a step is held.
const (
	InvitationPending Reason = "invitation-pending"  // done when the person has accepted
	GroupToBeCreated  Reason = "group-to-be-created" // done when the group is there
	CancelledByHand   Reason = "cancelled-by-hand"   // the invitation was taken back: not mailed again
	RemovedByHand     Reason = "removed-by-hand"     // was a member and is none: not mailed again
	InvitedEarlier    Reason = "invited-earlier"     // neither pending nor a member: not mailed again before reinvite_after
	MaybeSent         Reason = "maybe-sent"          // begun without a known end, and no list can tell: treated as sent
	RefusedEarlier    Reason = "refused-earlier"     // Bitbucket refused it a short while ago
	AccountDisabled   Reason = "disabled"            // a directory has shut the account
	DomainNotAllowed  Reason = "domain-not-allowed"  // outside invitations.allowed_domains
	TargetMissing     Reason = "target-missing"      // the group, repository or project is not there
	TargetUnusable    Reason = "target-unusable"     // it may not be read or changed with this credential
	NoWayIn           Reason = "no-way-in"           // a project cannot invite: name a group or a repository, too
	LimitPerPass      Reason = "limit-per-pass"
	LimitPerDay       Reason = "limit-per-day"
	Stopped           Reason = "stopped" // the pass ended before it came to this step
)

// Limit reports whether the reason is a limit set by the administrator.
func (r Reason) Limit() bool { return r == LimitPerPass || r == LimitPerDay }
