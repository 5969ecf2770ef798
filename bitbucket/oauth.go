package bitbucket

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
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

	// turn holds one value: who takes it may look at the token, and get another. Unlike a mutex, it can be waited for with
	// a context.
	turn  chan struct{}
	token *oauth2.Token
}

func newOAuth(c Credential, secret settings.Secret) func(http.RoundTripper) http.RoundTripper {
	address := c.TokenURL
	if address == "" {
		address = tokenURL
	}
	return func(next http.RoundTripper) http.RoundTripper {
		turn := make(chan struct{}, 1)
		turn <- struct{}{}
		return &oauth{next: next, turn: turn, config: clientcredentials.Config{
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
	if token, err = o.current(req.Context(), token.AccessToken); err != nil {
		return nil, err
	}
	return o.with(req, token)
}

// with sends a copy of the request with a token. The scopes that came with the token go with the answer, where that does
// not tell.
func (o *oauth) with(req *http.Request, token *oauth2.Token) (*http.Response, error) {
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		again.Body = body
	}
	again.Header.Set("Authorization", "Bearer "+token.AccessToken)
	res, err := o.next.RoundTrip(again)
	if scopes, told := token.Extra("scopes").(string); err == nil && told && res.Header.Get(scopesHeader) == "" {
		if res.Header == nil {
			res.Header = http.Header{}
		}
		res.Header.Set(scopesHeader, scopes)
	}
	return res, err
}

// current gives a token that is not the refused one.
func (o *oauth) current(ctx context.Context, refused string) (*oauth2.Token, error) {
	select {
	case <-o.turn:
		defer func() { o.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, &tokenFailure{ctx.Err()}
	}
	fresh := o.token != nil && (o.token.Expiry.IsZero() || time.Now().Before(o.token.Expiry.Add(-earlier)))
	if fresh && o.token.AccessToken != refused {
		return o.token, nil
	}
	// This is how the library takes an HTTP client.
	token, err := o.config.Token(context.WithValue(ctx, oauth2.HTTPClient, unredirected(o.next)))
	if err != nil {
		return nil, o.failure(err)
	}
	o.token = token
	return token, nil
}

// tokenRefusal is the answer that there is no token for these credentials.
type tokenRefusal struct {
	status  int
	message string
}

func (e *tokenRefusal) Error() string { return e.message }

// tokenFailure is the lack of a clear answer to the request for a token. Nothing of the request that needs it was sent.
type tokenFailure struct{ err error }

func (e *tokenFailure) Error() string { return "no OAuth token: " + unnamed(e.err).Error() }
func (e *tokenFailure) Unwrap() error { return e.err }

// failure says why there is no token.
func (o *oauth) failure(err error) error {
	var answer *oauth2.RetrieveError
	if !errors.As(err, &answer) {
		return &tokenFailure{err}
	}
	status := answer.Response.StatusCode
	if status >= http.StatusInternalServerError || status == http.StatusTooManyRequests {
		return &tokenFailure{fmt.Errorf("%d %s", status, http.StatusText(status))}
	}
	check := "check client_id and client_secret"
	if answer.ErrorCode == "" { // RFC 6749, section 5.2, asks for one
		check = "check token_url, client_id and client_secret"
	}
	if status < http.StatusMultipleChoices {
		status = http.StatusUnauthorized // an error in an answer that looks like a success
	}
	words := strings.TrimSpace(answer.ErrorCode + " " + answer.ErrorDescription)
	if words == "" {
		words = fmt.Sprintf("%d %s from the address for tokens", status, http.StatusText(status))
	}
	words = strings.ReplaceAll(words, o.config.ClientSecret, "[redacted]") // should the server repeat it
	return &tokenRefusal{status: status, message: clean("no OAuth token: " + words + ": " + check)}
}
