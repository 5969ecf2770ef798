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
	"bitroster/sync/why"
)

// Op is the kind of a step. Its text is part of the storage format: never renamed, only added to.
type Op string

// The operations. Invite and Reinvite are the ones that send a mail.
const (
	CreateGroup Op = "create-group" // make a group that a rule names
	Invite      Op = "invite"       // invite a person to a group or a repository
	Reinvite    Op = "reinvite"     // take a pending invitation to a group back, and send it again
	Join        Op = "join"         // put a member of the workspace into a group
	Grant       Op = "grant"        // set a permission of a person or a group on a repository or a project
	Cancel      Op = "cancel"       // take a pending invitation back; never planned, only asked for
)

// Mails reports whether the step sends an invitation.
func (o Op) Mails() bool { return o == Invite || o == Reinvite }

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
	Reason     why.Reason        `json:"reason"`
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
	Action Action     `json:"action"`
	Reason why.Reason `json:"held"`
	// Detail says more where the reason does not say all: what to check, until when.
	Detail string `json:"detail,omitempty"`
}

// Plan is what is to be done in one workspace, in this order, and what is held.
type Plan struct {
	Workspace string    `json:"workspace"`
	MadeAt    time.Time `json:"made_at"`
	// TakesSeconds is how long the steps take at least, by the limits on what is sent.
	TakesSeconds int      `json:"takes_seconds"`
	Steps        []Action `json:"steps"`
	Held         []Held   `json:"held"`
}

// Limits bound what one plan may do. Zero is no limit.
type Limits struct {
	InvitationsPerPass int
	InvitationsPerDay  int
	// InvitationsPerMinute and RequestsPerHour bound the pace. They change no step, only how long it all takes.
	InvitationsPerMinute int
	RequestsPerHour      int
}

// Policy says who may be invited, and when again.
type Policy struct {
	// ReinviteAfter is how long after an invitation that was not accepted the person is mailed again; each further pause is
	// twice as long. Zero is never.
	ReinviteAfter time.Duration
	// ReinviteMax is how many mails a person gets in all.
	ReinviteMax int
	// CreateGroups lets groups be made that rules name and the workspace does not have.
	CreateGroups bool
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
	// Seats are how the people were last seen.
	Seats map[access.Email]Seat
	// Refused are the other steps that failed last time they were tried.
	Refused map[StepKey]Attempt
	// SentLastDay counts the invitations of the last 24 hours that were or may have been sent.
	SentLastDay int
	// SentThisPass counts those of the pass that the plan is for: it may plan several times.
	SentThisPass int
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

// Attempt is one recorded try at a step. Of an invitation, Kind and Target are what it was to, and Rule is what wanted it.
type Attempt struct {
	At     time.Time
	Op     Op
	Kind   access.Kind
	Target string
	Rule   string
	// Sent counts the mails that were or may have been sent to the person so far.
	Sent    int
	Outcome Outcome
	Detail  string
}

// Mailed reports whether the attempt was an invitation that was or may have been sent.
func (a Attempt) Mailed() bool { return a.Op.Mails() && (a.Outcome == Done || a.Outcome == Maybe) }

// Seat is how a person was last seen in the workspace, and since when they were seen so. State is Member or Pending.
type Seat struct {
	State string
	Since time.Time
}

// The states of a Seat. Their texts are part of the storage format.
const (
	Member  = "member"
	Pending = "pending"
)

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
