package bitbucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"

	"bitroster/internal/settings"
)

// tokenURL is where OAuth consumers of Bitbucket Cloud get their tokens.
// (https://support.atlassian.com/bitbucket-cloud/docs/use-oauth-on-bitbucket-cloud)
const tokenURL = "https://bitbucket.org/site/oauth2/access_token" //nolint:gosec // an address

// earlier is how long before its end a token is replaced.
const earlier = 2 * time.Minute

// oauth sends requests with a token that it gets for the client's credentials. After a 401 it gets a new one, once: the
// token may have been revoked before its time.
type oauth struct {
	next   http.RoundTripper
	config clientcredentials.Config

	mu    sync.Mutex
	token *oauth2.Token
}

func newOAuth(c Credential, secret settings.Secret) func(http.RoundTripper) http.RoundTripper {
	address := c.TokenURL
	if address == "" {
		address = tokenURL
	}
	return func(next http.RoundTripper) http.RoundTripper {
		return &oauth{next: next, config: clientcredentials.Config{
			ClientID: c.ClientID, ClientSecret: string(secret), TokenURL: address, AuthStyle: oauth2.AuthStyleInHeader,
		}}
	}
}

func (o *oauth) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := o.current(req.Context(), "")
	if err != nil {
		return nil, err
	}
	res, err := o.with(req, token)
	if err != nil || res.StatusCode != http.StatusUnauthorized || req.Body != nil && req.GetBody == nil {
		return res, err
	}
	// A request that was refused for its token had no effect.
	if token, err = o.current(req.Context(), token); err != nil {
		return res, nil //nolint:nilerr // the refusal says more than the failed repair
	}
	return o.with(req, token)
}

// with sends a copy of the request with a token.
func (o *oauth) with(req *http.Request, token string) (*http.Response, error) {
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		again.Body = body
	}
	again.Header.Set("Authorization", "Bearer "+token)
	return o.next.RoundTrip(again)
}

// current gives a token that is not the refused one.
func (o *oauth) current(ctx context.Context, refused string) (string, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	fresh := o.token != nil && (o.token.Expiry.IsZero() || time.Now().Before(o.token.Expiry.Add(-earlier)))
	if fresh && o.token.AccessToken != refused {
		return o.token.AccessToken, nil
	}
	// This is how the library takes an HTTP client: no redirect is followed with the secret.
	ctx = context.WithValue(ctx, oauth2.HTTPClient, &http.Client{
		Transport:     o.next,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	token, err := o.config.Token(ctx)
	if err != nil {
		return "", tokenError(err)
	}
	o.token = token
	return token.AccessToken, nil
}

// tokenRefusal is the answer that there is no token for these credentials.
type tokenRefusal struct {
	status  int
	message string
}

func (e *tokenRefusal) Error() string { return e.message }

// tokenError says why there is no token. Nothing of the request itself was sent.
func tokenError(err error) error {
	var refused *oauth2.RetrieveError
	if errors.As(err, &refused) && refused.Response.StatusCode < http.StatusInternalServerError {
		return &tokenRefusal{status: refused.Response.StatusCode, message: clean(fmt.Sprintf(
			"no OAuth token: %s %s: check client_id and client_secret", refused.ErrorCode, refused.ErrorDescription))}
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	// Not wrapped: whether the request for the token was sent says nothing about the request that needs it.
	return fmt.Errorf("no OAuth token: %v", unnamed(err)) //nolint:errorlint // see above
}
