package bitbuckettest

import (
	"fmt"
	"net/http"
	"slices"
)

// The values of the switches that have more than two.
const (
	repeatMails  = "200-and-mail"
	repeatSilent = "200-no-mail"
	repeat409    = "409"
	repeat400    = "400"

	retryNone    = "none"
	retrySeconds = "seconds"
	retryDate    = "date"

	headersByKind = "by-kind"
	headersScaled = "scaled"
	headersPlain  = "plain"
	headersNone   = "none"

	slug400      = "400"
	slugNumbered = "numbered"
)

// Switches decide what public sources contradict each other about, or do not tell. The zero value is hard on clients.
type Switches struct {
	// RepeatInvite is the answer to an invitation of somebody who has it already: who is pending in that group, in it,
	// or, for an invitation to a repository, a member of the workspace. "200-and-mail" (the default), "200-no-mail",
	// "409" or "400". A repeated invitation to a repository is always 409, as documented.
	RepeatInvite string
	// MovedInvitations is the status of the invitation endpoints of a workspace after Move: 400 (the default), 404, 405
	// or 410.
	MovedInvitations int
	// RetryAfter is the form of that header with a 429: "none" (the default), "seconds" or "date".
	RetryAfter string
	// RateHeaders are the headers that tell of the hourly limit: "scaled" (X-RateLimit-Limit as a number, -Resource and
	// -NearLimit), "plain" (x-ratelimit-limit as "60, 60;w=3600", -remaining, and -reset in seconds), "none", or "by-kind"
	// (the default): scaled ones for access tokens on repositories, plain ones for all else.
	RateHeaders string
	// SlugCollision is the answer to a new group whose name is new and whose slug is another's: "400" (the default), or
	// "numbered" for a slug with a number behind.
	SlugCollision string
	// TextRateLimit makes the body of a 429 plain text instead of a JSON error.
	TextRateLimit bool
	// NoAPITokenWrites1 refuses API tokens on all writes of API 1.0 with 403, as if they lacked account:write.
	NoAPITokenWrites1 bool
	// BearerAPITokens lets API tokens authenticate as a Bearer, too.
	BearerAPITokens bool
	// FreeInvitations makes pending invitations take no seat, and lets people be invited to a full workspace.
	FreeInvitations bool
	// RefuseGrantsWhenFull answers 402 to every new grant on a repository or project as soon as all seats are taken.
	// Otherwise only a workspace with more people than seats does.
	RefuseGrantsWhenFull bool
	// ListRepositoryInvitations has the list of pending invitations show those to repositories, as elements without
	// groups.
	ListRepositoryInvitations bool
}

// withDefaults names the defaults.
func (w Switches) withDefaults() Switches {
	if w.RepeatInvite == "" {
		w.RepeatInvite = repeatMails
	}
	if w.MovedInvitations == 0 {
		w.MovedInvitations = http.StatusBadRequest
	}
	if w.RetryAfter == "" {
		w.RetryAfter = retryNone
	}
	if w.RateHeaders == "" {
		w.RateHeaders = headersByKind
	}
	if w.SlugCollision == "" {
		w.SlugCollision = slug400
	}
	return w
}

// faults names each value that is none of a switch's.
func (w Switches) faults() []string {
	w = w.withDefaults()
	var faults []string
	if !slices.Contains([]string{repeatMails, repeatSilent, repeat409, repeat400}, w.RepeatInvite) {
		faults = append(faults, fmt.Sprintf("RepeatInvite is %q", w.RepeatInvite))
	}
	if !slices.Contains([]int{http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone}, w.MovedInvitations) {
		faults = append(faults, fmt.Sprintf("MovedInvitations is %d", w.MovedInvitations))
	}
	if !slices.Contains([]string{retryNone, retrySeconds, retryDate}, w.RetryAfter) {
		faults = append(faults, fmt.Sprintf("RetryAfter is %q", w.RetryAfter))
	}
	if !slices.Contains([]string{headersByKind, headersScaled, headersPlain, headersNone}, w.RateHeaders) {
		faults = append(faults, fmt.Sprintf("RateHeaders is %q", w.RateHeaders))
	}
	if !slices.Contains([]string{slug400, slugNumbered}, w.SlugCollision) {
		faults = append(faults, fmt.Sprintf("SlugCollision is %q", w.SlugCollision))
	}
	return faults
}
