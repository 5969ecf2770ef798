package probe

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"bitroster/bitbucket"
)

const (
	movedWhole = "the workspace is administered at admin.atlassian.com, where nobody can be invited and no group be changed through Bitbucket"
	movedWhy   = "the workspace is administered at admin.atlassian.com, where this call is switched off"
	movedTry   = "manage this workspace's people at admin.atlassian.com, and take it out of the config"
)

// judge says in a sentence what an answer means for this call and credential.
func (f *Finding) judge(err error, c Credential) {
	var answer *bitbucket.Error
	var blind *blindError
	switch {
	case err == nil:
		f.say(Works, "", "")
	case errors.As(err, &blind):
		f.final = true // a pass takes that for a good answer
		f.say(No, blind.Error(), "use a credential of an administrator of the workspace: others may not look people up")
	case !errors.As(err, &answer):
		f.say(No, err.Error(), "")
	default:
		f.kind = answer.Kind
		f.final = !slices.Contains([]bitbucket.Kind{bitbucket.ScopeMissing, bitbucket.CredentialRefused, bitbucket.NotAllowed}, f.kind)
		why, try := sentence(answer, c, f.On)
		if f.kind == bitbucket.ScopeMissing && !f.Needed {
			try = "passes do not need this call"
		}
		f.say(No, why, try)
	}
}

// sentence says why a call was refused, and what to do.
func sentence(e *bitbucket.Error, c Credential, on string) (why, try string) {
	said := strings.TrimSuffix(fmt.Sprintf("%d %s: %s", e.Status, http.StatusText(e.Status), e.Message), ": ")
	switch e.Kind {
	case bitbucket.ScopeMissing:
		return lacking(e.Required, e.Granted), newScope(c.Kind)
	case bitbucket.CredentialRefused:
		return refusedWhy(e, c, said)
	case bitbucket.NotAllowed:
		return "its account may not: " + said, "make the account an administrator of " + orWorkspace(on) + ", or use the credential of one"
	case bitbucket.Moved:
		return movedWhy, movedTry
	case bitbucket.UnknownWorkspace:
		return "there is no such workspace, or the credential may not see it", "check the slug, as in bitbucket.org/SLUG"
	case bitbucket.UnknownTarget:
		return "there is no " + orWorkspace(on) + ", or the credential may not see it: " + said, "check its name in the config, and the account's access to it"
	case bitbucket.NoSeat:
		return "the plan's seats are used up", "buy seats, or free some"
	case bitbucket.Gone:
		return "the call is switched off: " + said, "look whether the workspace was moved to admin.atlassian.com"
	case bitbucket.RateLimited:
		return "the limit of requests is used up", "try again in an hour"
	}
	if e.Status == 0 {
		return noAnswer(e)
	}
	if e.Status < http.StatusMultipleChoices {
		return said, "check api_url, and what stands between: a proxy may have answered"
	}
	if e.Status < http.StatusInternalServerError {
		return said, "check the workspace and api_url; a workspace that was moved to admin.atlassian.com answers like this, too"
	}
	return said, "try again later; if it stays so, look at status.bitbucket.org and at api_url"
}

func orWorkspace(on string) string {
	if on == "" {
		return "the workspace"
	}
	return on
}

// noAnswer tells a wait that was cut short from a network that does not work.
func noAnswer(e *bitbucket.Error) (why, try string) {
	if strings.Contains(e.Message, "deadline exceeded") {
		return fmt.Sprintf("no answer within %s", patience), "the budget of requests per hour may be used up: try again later; or check the network"
	}
	text := strings.TrimPrefix(e.Error(), e.Call+": ")
	if at := strings.LastIndex(text, " ("); at > 0 && strings.HasSuffix(text, ")") {
		return text[:at], strings.TrimSuffix(text[at+2:], ")")
	}
	return text, ""
}

// refusedWhy tells a credential that is wrong from one whose kind is refused.
func refusedWhy(e *bitbucket.Error, c Credential, said string) (why, try string) {
	if e.Status == http.StatusForbidden {
		return "this call does not take a credential of kind " + c.Kind + ": " + said, "add a credential of another kind"
	}
	switch c.Kind {
	case "api_token":
		return "wrong or expired: " + said, "check email and token; an API token always ends some day: then make a new one, with scopes"
	case "oauth":
		return "refused: " + said, "look whether the consumer still stands in the workspace's settings, below OAuth consumers"
	}
	return "wrong or revoked, or not supported for this call: " + said, "check the token"
}

// lacking names the scopes that are missing.
func lacking(required, granted []string) string {
	if len(required) == 0 {
		return "a scope is missing"
	}
	given := strings.Join(granted, " ")
	if given == "" {
		given = "none"
	}
	return "a scope is missing: required " + strings.Join(required, " ") + "; granted " + given
}

// newScope says how a credential gets a scope.
func newScope(kind string) string {
	switch kind {
	case "api_token":
		return "make a new API token with the scope: those of a token cannot be changed"
	case "oauth":
		return "tick the scope at the consumer, in the workspace's settings below OAuth consumers"
	}
	return "make a new access token with the scope"
}
