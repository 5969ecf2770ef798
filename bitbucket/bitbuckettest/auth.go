package bitbuckettest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Kinds of credential, beside kindProject and kindRepository.
const (
	kindAPIToken       = "api_token"
	kindOAuth          = "oauth"
	kindWorkspaceToken = "workspace"

	kindOrganizationKey = "organization_key" // for the organization API, and that alone
)

// credential is something to authenticate with.
type credential struct {
	kind    string
	name    string // for the record
	token   string
	where   string   // what an access token is for: "acme", "acme/KEY"; empty is all
	account *account // of an API token
	scopes  []string
	hour    window // requests
	minute  window // invitations
	// consumer gave out an OAuth token, and expires is when that ends. Both are empty for what was added.
	consumer *consumer
	expires  time.Time
}

// valid says whether a credential has not come to its end.
func (k *credential) valid(now time.Time) bool { return k.expires.IsZero() || now.Before(k.expires) }

// scopes are what a route needs: all of granular for an API token, all of classic for others.
type scopes struct{ granular, classic []string }

// authenticate finds the credential of a request.
func (s *Server) authenticate(c *call) *answer {
	now := s.options.Now()
	if email, token, ok := c.request.BasicAuth(); ok {
		c.credential = s.credentialOf(func(k *credential) bool {
			return k.kind == kindAPIToken && k.token == token && k.account.email == fold(email)
		})
	} else if token, ok := strings.CutPrefix(c.request.Header.Get("Authorization"), "Bearer "); ok {
		c.credential = s.credentialOf(func(k *credential) bool {
			return k.token == token && k.valid(now) && k.kind != kindOrganizationKey && (k.kind != kindAPIToken || s.options.Switches.BearerAPITokens)
		})
	}
	if c.credential != nil {
		return nil
	}
	a := jsonError(http.StatusUnauthorized, errorBody{
		Message: "Token is invalid, expired, or not supported for this endpoint.",
	}).with("Www-Authenticate", `Basic realm="Bitbucket.org HTTP"`)
	return &a
}

func (s *Server) credentialOf(is func(*credential) bool) *credential {
	at := slices.IndexFunc(s.credentials, is)
	if at < 0 {
		return nil
	}
	return s.credentials[at]
}

// scopeError is the detail of the 403 for a missing scope.
type scopeError struct {
	Required []string `json:"required"`
	Granted  []string `json:"granted"`
}

// checkScopes refuses a kind of credential that the route does not take, and one that lacks a scope.
func (s *Server) checkScopes(c *call) *answer {
	k, required := c.credential, c.route.needs.classic
	if c.route.apiTokenOnly && k.kind != kindAPIToken {
		a := jsonError(http.StatusForbidden, errorBody{
			Message: "This resource does not support authentication using the provided token",
		})
		return &a
	}
	if k.kind == kindAPIToken {
		required = c.route.needs.granular
	}
	if k.kind == kindAPIToken && s.options.Switches.NoAPITokenWrites1 && c.old() && c.request.Method != http.MethodGet {
		required = c.route.needs.classic // which no API token can have
	}
	if !slices.ContainsFunc(required, func(scope string) bool { return !k.has(scope) }) {
		return nil
	}
	a := jsonError(http.StatusForbidden, errorBody{
		Message: "Your credentials lack one or more required privilege scopes.",
		Detail:  scopeError{Required: required, Granted: slices.Concat([]string{}, k.scopes)},
	})
	return &a
}

// has says whether a credential has a scope. Of the classic ones, those that end in :write include the one without;
// admin scopes and all granular ones include nothing.
func (k *credential) has(scope string) bool {
	return slices.Contains(k.scopes, scope) ||
		!strings.Contains(scope, ":") && slices.Contains(k.scopes, scope+":write")
}

// actor is the account in whose name a credential acts in a workspace.
func (k *credential) actor(w *workspace) *account {
	if k.account != nil {
		return k.account
	}
	return w.owner
}

// covers says whether an access token is for something: a workspace's slug, or "slug/key".
func (k *credential) covers(kind, what string) bool {
	return k.kind == kind && (k.where == "" || k.where == what)
}

// rankIn is what a credential is to a workspace.
func (k *credential) rankIn(w *workspace) rank {
	if k.account != nil {
		m, ok := w.members.get(k.account.uuid)
		switch {
		case !ok:
			return anyone
		case m.admin:
			return workspaceAdmin
		}
		return workspaceMember
	}
	if k.covers(kindWorkspaceToken, w.slug) || k.covers(kindOAuth, w.slug) {
		return workspaceAdmin
	}
	slug, _, _ := strings.Cut(k.where, "/")
	if slug == "" || slug == w.slug {
		return workspaceMember
	}
	return anyone
}

// administers says whether a credential may change who may use a repository or project.
func (k *credential) administers(w *workspace, t *target) bool {
	if k.rankIn(w) == workspaceAdmin || k.covers(t.kind, w.slug+"/"+t.key) {
		return true
	}
	return k.account != nil && w.effective(t, k.account) == permissionAdmin
}

// checkRank refuses callers who are not what the route asks for.
func (s *Server) checkRank(c *call) *answer {
	if c.workspace == nil {
		return nil
	}
	allowed := c.credential.rankIn(c.workspace) >= c.route.rank
	if c.route.rank == targetAdmin {
		allowed = c.credential.administers(c.workspace, c.target)
	}
	if allowed {
		return nil
	}
	a := c.fail(http.StatusForbidden, "Access denied. You must be an administrator to do this.")
	if c.route.rank == workspaceMember {
		a = c.fail(http.StatusForbidden, "You do not have access to this workspace.")
	}
	if c.route.doc == docInvitations { // its page has 401 for this, too
		a = textError(http.StatusUnauthorized, "You are not an administrator of this repository.")
	}
	return &a
}
