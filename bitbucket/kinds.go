package bitbucket

import (
	"errors"
	"net/http"
	"strings"
)

// Kind is what a refusal means. The zero value is "not known": then only the status speaks.
type Kind string

// The kinds of refusal.
const (
	ScopeMissing      Kind = "scope-missing"      // the credential lacks a scope
	CredentialRefused Kind = "credential-refused" // it is wrong, expired, or of a kind that this call does not take
	NotAllowed        Kind = "not-allowed"        // its account is no administrator here
	Gone              Kind = "gone"               // the call has been removed
	Moved             Kind = "moved"              // the workspace is administered at admin.atlassian.com
	NoSeat            Kind = "no-seat"            // the plan's seats are used up
	UnknownWorkspace  Kind = "unknown-workspace"
	UnknownTarget     Kind = "unknown-target"  // no such group, repository or project, or it may not be seen
	AddressUnknown    Kind = "address-unknown" // no account has the address
	AlreadySo         Kind = "already-so"
	RateLimited       Kind = "rate-limited"
)

// kindOf reads the status and the words, which come in several forms for one thing.
func kindOf(e *Error) Kind {
	message := strings.ToLower(e.Message)
	switch e.Status {
	case http.StatusUnauthorized:
		return CredentialRefused
	case http.StatusPaymentRequired:
		return NoSeat
	case http.StatusForbidden:
		return kindOfForbidden(e, message)
	case http.StatusNotFound, http.StatusBadRequest:
		return kindOfUnknown(e, message)
	case http.StatusMethodNotAllowed, http.StatusGone:
		return Gone
	case http.StatusConflict:
		return AlreadySo
	case http.StatusTooManyRequests:
		return RateLimited
	}
	return ""
}

func kindOfForbidden(e *Error, message string) Kind {
	switch {
	case strings.Contains(message, "rate limit"):
		return RateLimited
	case len(e.Required) > 0, strings.Contains(message, "privilege scopes"):
		return ScopeMissing
	case strings.Contains(message, "does not support authentication"):
		return CredentialRefused
	}
	return NotAllowed
}

func kindOfUnknown(e *Error, message string) Kind {
	switch {
	case strings.Contains(message, "no user with validated email"):
		return AddressUnknown
	case strings.Contains(message, "no workspace with identifier"):
		return UnknownWorkspace
	case strings.Contains(message, "no api hosted at this url"):
		return Gone
	case e.Status == http.StatusNotFound:
		return UnknownTarget
	}
	return ""
}

func (k Kind) hint() string {
	return map[Kind]string{
		ScopeMissing:      "make a new credential with the scope; the scopes of an API token cannot be changed",
		CredentialRefused: "check the credential: it is wrong, expired, or not supported for this call",
		NotAllowed:        "check that the credential's account is an administrator here",
		Gone:              "the call is switched off here: the workspace may have been moved to admin.atlassian.com",
		Moved:             "the workspace is administered at admin.atlassian.com now, where these calls are switched off",
		NoSeat:            "the plan's seats are used up: buy seats or free some",
		UnknownWorkspace:  "check the workspace's slug",
	}[k]
}

// Off reports whether an error is one of those that a call gives when it is switched off for a workspace. It may also be
// an ordinary refusal: public sources tell of 400, 404, 405 and 410
// (https://developer.atlassian.com/cloud/bitbucket/announcement-breaking-change-remaining-10-endpoints).
func Off(err error) bool {
	var answer *Error
	if !errors.As(err, &answer) {
		return false
	}
	switch answer.Status {
	case http.StatusBadRequest, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return answer.Kind != AddressUnknown && answer.Kind != UnknownWorkspace
	}
	return false
}

// AsMoved turns a refusal into the one of a workspace that was moved.
func AsMoved(err error) error {
	var answer *Error
	if !errors.As(err, &answer) {
		return err
	}
	moved := *answer
	moved.Kind = Moved
	return &moved
}
