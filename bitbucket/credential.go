package bitbucket

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"bitroster/internal/settings"
)

// The kinds of credential.
const (
	kindAPIToken    = "api_token"
	kindOAuth       = "oauth"
	kindAccessToken = "access_token"
)

// Credential is one credential of a workspace, as the config has it.
type Credential struct {
	// Kind is "api_token" (an Atlassian API token with scopes, sent with its account's address), "oauth" (an OAuth
	// consumer of the workspace, by client credentials) or "access_token" (of a workspace, project or repository).
	Kind string `mapstructure:"kind"`
	// Email is the account of an api_token.
	Email string `mapstructure:"email"`
	// Token says where the token of an api_token or access_token is kept.
	Token settings.Reference `mapstructure:"token"`
	// ClientID is the consumer's key, ClientSecret says where its secret is kept, TokenURL is where it gets tokens:
	// https://bitbucket.org/site/oauth2/access_token when empty.
	ClientID     string             `mapstructure:"client_id"`
	ClientSecret settings.Reference `mapstructure:"client_secret"`
	TokenURL     string             `mapstructure:"token_url"`
}

// Validate reports every fault of the credential.
func (c Credential) Validate() settings.Faults {
	var faults settings.Faults
	switch c.Kind {
	case kindAPIToken:
		if c.Email == "" {
			faults.Add("email", "the address of the Atlassian account that the token belongs to", "the address is missing")
		}
		c.needs(&faults, "token", c.Token)
	case kindAccessToken:
		c.needs(&faults, "token", c.Token)
	case kindOAuth:
		c.validateOAuth(&faults)
	case "app_password":
		faults.Add("kind", "make an API token with scopes and use kind: api_token", "app passwords were switched off by Bitbucket on 2026-07-28")
	default:
		faults.Add("kind", "one of api_token, oauth, access_token", "%q is not a kind of credential", c.Kind)
	}
	c.refuseForeign(&faults)
	return faults
}

func (c Credential) needs(faults *settings.Faults, path string, r settings.Reference) {
	if err := r.Validate(); err != nil {
		faults.Add(path, "", "%v", err)
	}
}

func (c Credential) validateOAuth(faults *settings.Faults) {
	if c.ClientID == "" {
		faults.Add("client_id", "the consumer's key, in the workspace's settings below OAuth consumers", "the key is missing")
	}
	c.needs(faults, "client_secret", c.ClientSecret)
	if u, err := url.Parse(c.TokenURL); c.TokenURL != "" && (err != nil || !safe(u)) {
		faults.Add("token_url", "", "want an https address: the secret goes there")
	}
}

// refuseForeign reports settings of another kind: they would be ignored.
func (c Credential) refuseForeign(faults *settings.Faults) {
	given := []struct {
		path  string
		set   bool
		kinds []string
	}{
		{"email", c.Email != "", []string{kindAPIToken}},
		{"token", c.Token != "", []string{kindAPIToken, kindAccessToken}},
		{"client_id", c.ClientID != "", []string{kindOAuth}},
		{"client_secret", c.ClientSecret != "", []string{kindOAuth}},
		{"token_url", c.TokenURL != "", []string{kindOAuth}},
	}
	for _, g := range given {
		known := slices.Contains([]string{kindAPIToken, kindOAuth, kindAccessToken}, c.Kind)
		if known && g.set && !slices.Contains(g.kinds, c.Kind) {
			faults.Add(g.path, "take it out", "is not used by kind: %s", c.Kind)
		}
	}
}

// Key is an opened credential.
type Key struct {
	// Name tells it apart from others in tables: its kind, and whose it is. It is no secret, but it may hold an address, so
	// that errors name a credential by its place in the config instead.
	Name string
	kind string
	// account names what the server counts requests by, as a digest.
	account string
	// wrap puts the credential onto each request that passes.
	wrap func(next http.RoundTripper) http.RoundTripper
}

// Open resolves the secret.
func (c Credential) Open(secrets settings.Secrets) (Key, error) {
	reference := c.Token
	if c.Kind == kindOAuth {
		reference = c.ClientSecret
	}
	secret, err := secrets.Resolve(reference)
	if err != nil {
		return Key{}, err
	}
	key := Key{kind: c.Kind}
	// Bitbucket counts by user for API tokens, by consumer for OAuth, by token for access tokens.
	switch c.Kind {
	case kindAPIToken:
		key.Name, key.account = c.Kind+" of "+c.Email, digest(strings.ToLower(c.Email))
		key.wrap = header(func(req *http.Request) { req.SetBasicAuth(c.Email, string(secret)) })
	case kindOAuth:
		key.Name, key.account = c.Kind+" "+c.ClientID, digest(c.ClientID)
		key.wrap = newOAuth(c, secret)
	default:
		key.account = digest(string(secret))
		key.Name = fmt.Sprintf("%s %s", c.Kind, key.account[:6])
		key.wrap = header(func(req *http.Request) { req.Header.Set("Authorization", "Bearer "+string(secret)) })
	}
	return key, nil
}

// digest names something without telling it.
func digest(s string) string {
	sum := sha256.Sum256([]byte("bitroster " + s))
	return hex.EncodeToString(sum[:8])
}

// header is a wrapper that sets a header on a copy of each request.
func header(set func(*http.Request)) func(http.RoundTripper) http.RoundTripper {
	return func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(req *http.Request) (*http.Response, error) {
			req = req.Clone(req.Context())
			set(req)
			return next.RoundTrip(req)
		})
	}
}

// roundTripper is a function as an http.RoundTripper.
type roundTripper func(*http.Request) (*http.Response, error)

// RoundTrip calls the function.
func (f roundTripper) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }
