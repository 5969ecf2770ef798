package bitbuckettest

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// tokenLife is how long an OAuth token is good for.
const tokenLife = 2 * time.Hour

// consumer is an OAuth consumer of a workspace.
type consumer struct {
	workspace, id, secret string
	scopes                []string
	counts                credential // against the limits, for all its tokens
}

// tokens1 is the answer that gives a token. (RFC 6749, section 5.1; Bitbucket writes scopes with an s.)
type tokens1 struct {
	AccessToken  string `json:"access_token"`
	Scopes       string `json:"scopes"`
	ExpiresIn    int    `json:"expires_in"` // seconds
	RefreshToken string `json:"refresh_token"`
	TokenType    string `json:"token_type"`
}

// tokenError1 is the answer that gives none. (RFC 6749, section 5.2).
type tokenError1 struct {
	Error       string `json:"error"`
	Description string `json:"error_description"`
}

// AddOAuthConsumer adds an OAuth consumer of a workspace, which gets tokens for two hours at /site/oauth2/access_token,
// by client credentials. They act as the workspace's administrator; all tokens of a consumer share one limit of requests,
// and are recorded as "oauth" with its id. Scopes are classic, such as "account:write".
func (s *Server) AddOAuthConsumer(workspace, clientID, secret string, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := slices.ContainsFunc(s.consumers, func(k *consumer) bool { return k.id == clientID })
	w := s.workspaceOf(workspace)
	if w == nil || clientID == "" || secret == "" || taken {
		s.violate("setup", "an OAuth consumer needs a workspace that is there, a secret, and an id that is not taken: "+clientID)
		return
	}
	s.consumers = append(s.consumers, &consumer{workspace: w.slug, id: clientID, secret: secret, scopes: slices.Clone(scopes)})
}

// RevokeTokens ends all tokens that OAuth consumers have got so far, before their time.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.credentials = slices.DeleteFunc(s.credentials, func(k *credential) bool { return k.consumer != nil })
}

func tokenRoutes() []route {
	token := route{doc: docOAuth, body: bodyForm, tokens: true}
	return []route{token.at(http.MethodPost, "/site/oauth2/access_token", (*call).issueToken)}
}

// refuseToken is an error of the address for tokens. It is a violation where the request could never be right.
func (c *call) refuseToken(status int, code, description string) *answer {
	a := answer{status: status, body: tokenError1{Error: code, Description: description}}
	if status == http.StatusUnauthorized {
		a = a.with("Www-Authenticate", `Basic realm="Bitbucket.org HTTP"`)
	}
	if code == "invalid_request" {
		c.server.violate(c.route.String(), description)
	}
	return &a
}

// checkTokenRequest refuses what is no request for a token by client credentials.
func (s *Server) checkTokenRequest(c *call) *answer {
	const invalid = "invalid_request"
	contentType, err := c.contentType()
	if err != nil || contentType != formType {
		return c.refuseToken(http.StatusBadRequest, invalid, "The Content-Type is not "+formType)
	}
	form, err := url.ParseQuery(string(c.body))
	switch {
	case err != nil:
		return c.refuseToken(http.StatusBadRequest, invalid, "The form cannot be read")
	case c.request.URL.RawQuery != "":
		return c.refuseToken(http.StatusBadRequest, invalid, "There is a query string")
	case len(form["grant_type"]) != 1 || len(form) != 1:
		return c.refuseToken(http.StatusBadRequest, invalid, "The form has not just the one field grant_type")
	case form.Get("grant_type") != "client_credentials":
		return c.refuseToken(http.StatusBadRequest, "unsupported_grant_type", "This grant_type is not emulated")
	}
	if c.consumer() == nil {
		return c.refuseToken(http.StatusUnauthorized, "invalid_client", "Invalid OAuth client credentials")
	}
	return nil
}

// consumer finds who asks for a token; nil is nobody. Both parts of the header are encoded (RFC 6749, section 2.3.1).
func (c *call) consumer() *consumer {
	user, password, _ := c.request.BasicAuth()
	id, idErr := url.QueryUnescape(user)
	secret, secretErr := url.QueryUnescape(password)
	at := slices.IndexFunc(c.server.consumers, func(k *consumer) bool { return k.id == id && k.secret == secret })
	if at < 0 || idErr != nil || secretErr != nil {
		return nil
	}
	return c.server.consumers[at]
}

// issueToken gives a new token. Those before it go on until their end.
func (c *call) issueToken() answer {
	s, k := c.server, c.consumer()
	s.issued++
	token := strings.Trim(uuidOf("token", fmt.Sprintf("%s %d", k.id, s.issued)), "{}")
	s.credentials = append(s.credentials, &credential{
		kind: kindOAuth, name: kindOAuth + " " + k.id, token: token, where: k.workspace, scopes: k.scopes,
		consumer: k, expires: s.options.Now().Add(tokenLife),
	})
	return success(tokens1{
		AccessToken: token, Scopes: strings.Join(k.scopes, " "), ExpiresIn: int(tokenLife / time.Second),
		RefreshToken: "refresh-" + token, TokenType: "bearer",
	}).with("Cache-Control", "no-store")
}
