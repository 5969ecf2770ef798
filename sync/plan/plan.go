// Package plan compares the access that is wanted with the access that is there, and says what is to be done now and what
// is held, each with its reason.
//
// It is pure: Make takes values and gives a value. The same input gives the same bytes; the order of the input's lists
// does not matter, but for the order of the people, who are served first come, first served.
package plan

import (
	"time"

	"bitroster/sync/access"
	"bitroster/sync/mapping"
)

// Op is the kind of a step. Its text is part of the storage format: never renamed, only added to.
type Op string

// The operations. Invite is the only one that sends a mail.
const (
	Invite Op = "invite" // invite a person to a group or a repository
	Join   Op = "join"   // put a member of the workspace into a group
	Grant  Op = "grant"  // set a permission of a person or a group on a repository or a project
)

// Reason says why a step is done, or why it is held. Its text is part of the storage format, and the same word shows in
// every place: never renamed, only added to.
type Reason string

// Why a step is done.
const (
	NotInWorkspace Reason = "not-in-workspace"
	NotInGroup     Reason = "not-in-group"
	NoGrant        Reason = "no-grant"
	GrantTooLow    Reason = "grant-too-low"
)

// Why a step is held.
const (
	InvitationPending Reason = "invitation-pending" // done when the person has accepted
	InvitedEarlier    Reason = "invited-earlier"    // neither pending nor a member: not mailed again before reinvite_after
	MaybeSent         Reason = "maybe-sent"         // begun without a known end, and no list can tell: treated as sent
	RefusedEarlier    Reason = "refused-earlier"    // Bitbucket refused it a short while ago
	AccountDisabled   Reason = "disabled"           // a directory has shut the account
	DomainNotAllowed  Reason = "domain-not-allowed" // outside invitations.allowed_domains
	TargetMissing     Reason = "target-missing"     // the group, repository or project is not there
	TargetUnusable    Reason = "target-unusable"    // it may not be read or changed with this credential
	NoWayIn           Reason = "no-way-in"          // a project cannot invite: name a group or a repository, too
	LimitPerPass      Reason = "limit-per-pass"
	LimitPerDay       Reason = "limit-per-day"
	Stopped           Reason = "stopped" // the pass ended before it came to this step
)

// Limit reports whether the reason is a limit set by the administrator.
func (r Reason) Limit() bool { return r == LimitPerPass || r == LimitPerDay }

// Action is one step, as plain data: printable, comparable, storable.
type Action struct {
	Op        Op     `json:"op"`
	Workspace string `json:"workspace"`
	// Email is the person; empty when a group is granted something.
	Email     access.Email `json:"email,omitempty"`
	AccountID string       `json:"account_id,omitempty"`
	UUID      string       `json:"uuid,omitempty"`
	// Group is the group that is granted something; empty when it is a person.
	Group string `json:"group,omitempty"`
	// Slug is the slug of the group in question: Group, or the target.
	Slug       string            `json:"slug,omitempty"`
	Kind       access.Kind       `json:"kind"`
	Target     string            `json:"target"`
	Permission access.Permission `json:"permission,omitempty"`
	Rule       string            `json:"rule,omitempty"`
	Reason     Reason            `json:"reason"`
}

// On is what the action is about.
func (a Action) On() access.Target { return access.Target{Kind: a.Kind, Name: a.Target} }

// Subject is who gets it: the address, or the group.
func (a Action) Subject() string {
	if a.Group != "" {
		return "group " + a.Group
	}
	return string(a.Email)
}

// Held is a step that is wanted and not done now.
type Held struct {
	Action Action `json:"action"`
	Reason Reason `json:"held"`
	// Detail says more where the reason does not say all: what to check, until when.
	Detail string `json:"detail,omitempty"`
}

// Plan is what is to be done in one workspace, in this order, and what is held.
type Plan struct {
	Workspace string    `json:"workspace"`
	MadeAt    time.Time `json:"made_at"`
	Steps     []Action  `json:"steps"`
	Held      []Held    `json:"held"`
}

// Limits bound what one plan may do. Zero is no limit.
type Limits struct {
	InvitationsPerPass int
	InvitationsPerDay  int
}

// Policy says who may be invited, and when again.
type Policy struct {
	// ReinviteAfter is how long after an invitation that is neither pending nor accepted the person may be mailed again.
	// Zero is never.
	ReinviteAfter time.Duration
	// RetryAfter is how long a refused step waits before it is tried again.
	RetryAfter time.Duration
	// AllowedDomains bound whom an invitation may go to; empty is no bound. Lower case.
	AllowedDomains []string
}

// Outcome is how a recorded step ended. Its text is part of the storage format.
type Outcome string

// The outcomes. Maybe is a step without a known end: it may have taken effect.
const (
	Done   Outcome = "done"
	Failed Outcome = "failed"
	Maybe  Outcome = "maybe"
)

// Memory is what earlier passes recorded of a workspace.
type Memory struct {
	// Invitations are the last invitation step of each address.
	Invitations map[access.Email]Attempt
	// Refused are the other steps that failed last time they were tried.
	Refused map[StepKey]Attempt
	// SentLastDay counts the invitations of the last 24 hours that were or may have been sent.
	SentLastDay int
}

// StepKey names a step across passes.
type StepKey struct {
	Op     Op
	Email  access.Email
	Group  string
	Target access.Target
}

// Key names the action across passes.
func (a Action) Key() StepKey {
	return StepKey{Op: a.Op, Email: a.Email, Group: a.Group, Target: a.On()}
}

// Attempt is one recorded try at a step. Kind is the kind of its target.
type Attempt struct {
	At      time.Time
	Kind    access.Kind
	Outcome Outcome
	Detail  string
}

// Input is all that a plan depends on.
type Input struct {
	Workspace string
	Now       time.Time
	Want      mapping.Desired
	Have      access.State
	Memory    Memory
	Limits    Limits
	Policy    Policy
}
