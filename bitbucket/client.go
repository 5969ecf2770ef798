// Package bitbucket is the HTTP client for the parts of Bitbucket Cloud's API 1.0 and 2.0 that bitroster uses.
//
// It knows the wire: shapes, codes, pages, pace. What a step means is the business of the backends below it.
package bitbucket

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"bitroster/bitbucket/budget"
)

// DefaultURL is where Bitbucket Cloud answers; "/1.0" and "/2.0" follow.
const DefaultURL = "https://api.bitbucket.org"

// Options are what a Client is made of.
type Options struct {
	// URL is the scheme and host, without a path; DefaultURL when empty.
	URL string
	// Keys are the credentials, in the order of the config: messages name them by their place in it, as credentials[0]. The
	// client takes for each call the one that is best for its class, and another when the server refuses that.
	Keys []Key
	// Pace bounds the requests of each credential, Budget remembers them; in the process only when nil.
	Pace   Pace
	Budget budget.Store
	// Version stands in the User-Agent.
	Version string
	// Transport is what sends the requests in the end; nil is one that heeds the proxy of the environment and the
	// certificates in RootCAs.
	Transport http.RoundTripper
	// RootCAs are the authorities that may vouch for the server; nil are the system's.
	RootCAs *x509.CertPool
}

// Client talks to Bitbucket Cloud. It may be used by several goroutines.
type Client struct {
	base   *url.URL
	wallet *wallet
	// brief ends lists after a first, short page, and leaves out of messages which credential they are about.
	brief bool
}

// New makes a client. Nothing is sent yet.
func New(o Options) (*Client, error) {
	base, err := ParseURL(o.URL)
	if err != nil {
		return nil, err
	}
	if len(o.Keys) == 0 {
		return nil, errors.New("no credential is given")
	}
	if o.Budget == nil {
		o.Budget = budget.NewPurse()
	}
	return &Client{base: base, wallet: newWallet(o)}, nil
}

// ParseURL checks the address of an API: https, or http to this machine only, because the credential goes with it.
func ParseURL(s string) (*url.URL, error) {
	if s == "" {
		s = DefaultURL
	}
	u, err := url.Parse(s)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || strings.Trim(u.Path, "/") != "" {
		return nil, errors.New("want a scheme and a host only, such as " + DefaultURL)
	}
	if !safe(u) {
		return nil, errors.New("want https: the credential would go over the wire in the clear")
	}
	u.Path = ""
	return u, nil
}

// safe reports whether a credential may go to an address: by https, or to this machine.
func safe(u *url.URL) bool {
	local := u.Hostname() == "localhost" || u.Hostname() == "127.0.0.1" || u.Hostname() == "::1"
	return u.Host != "" && u.User == nil && (u.Scheme == "https" || u.Scheme == "http" && local)
}

// call is one request: its route is a pattern for messages, with the values of its {…} in order.
type call struct {
	method string
	route  string
	values []string
	query  url.Values
	body   any        // sent as JSON
	form   url.Values // sent urlencoded, in the place of body
	// workspaceWide says that a refusal of the right (403) is the workspace's matter, not the target's.
	workspaceWide bool
}

// path fills the values into the route, escaped.
func (c call) path() string {
	path := c.route
	for _, value := range c.values {
		open, end := strings.Index(path, "{"), strings.Index(path, "}")
		path = path[:open] + strings.ReplaceAll(url.PathEscape(value), "{", "%7B") + path[end+1:]
	}
	return path
}

// do sends the call and decodes the answer into out, unless that is nil.
func (c *Client) do(ctx context.Context, k call, out any) error {
	target := *c.base
	target.RawQuery = k.query.Encode()
	return c.send(ctx, k, strings.TrimSuffix(target.Scheme+"://"+target.Host+k.path()+"?"+target.RawQuery, "?"), out)
}

// AwaitRoom waits until the limits leave room for a call of a method and a route, and takes none. Who records a step
// before it is sent waits here first: then there is little time in which a crash leaves the step in doubt.
func (c *Client) AwaitRoom(ctx context.Context, method, route string) error {
	return c.wallet.order(call{method: method, route: route}.class())[0].pacer.room(ctx, method, route)
}

// send sends the call to an address of this API, with one credential after the other as long as they are refused: a
// request that was refused for its credential had no effect.
func (c *Client) send(ctx context.Context, k call, address string, out any) error {
	var first *Error
	for _, holder := range c.wallet.order(k.class()) {
		err := c.sendWith(ctx, holder, k, address, out)
		var refused *Error
		if !errors.As(err, &refused) || !refused.refusesCredential() || c.brief {
			c.wallet.learn(k.class(), holder, err)
			return err
		}
		if first == nil {
			first = refused
			first.Message = told(holder, refused.Message)
		} else {
			first.call.workspaceWide = first.call.workspaceWide && refused.call.workspaceWide
			first.Message += "; " + told(holder, fmt.Sprintf("%d %s", refused.Status, refused.Message))
		}
	}
	return first
}

// told names a credential and what the server said to it, which may be nothing.
func told(h *holder, words string) string {
	return strings.TrimRight("with "+h.place+": "+words, ": ")
}

// sendWith sends the call with one credential.
func (c *Client) sendWith(ctx context.Context, holder *holder, k call, address string, out any) error {
	body, contentType, err := k.payload()
	if err != nil {
		return fmt.Errorf("%s %s: %w", k.method, k.route, err)
	}
	req, err := http.NewRequestWithContext(ctx, k.method, address, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("%s %s: the address is not valid", k.method, k.route)
	}
	req.Header.Set("Accept", "application/json")
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	res, err := holder.http.Do(req)
	if err != nil {
		return noAnswer(k, err)
	}
	defer res.Body.Close() //nolint:errcheck // it is in memory
	holder.hear(scopesOf(res.Header.Get(scopesHeader)))
	if res.StatusCode < 200 || res.StatusCode > 299 {
		refused := refusal(k, res)
		holder.hear(refused.Granted)
		return refused
	}
	if err := read(res.Body, out); err != nil {
		return &Error{Call: k.name(), Status: res.StatusCode, Message: err.Error(), call: k}
	}
	return nil
}

// payload encodes the body, and names its type; there may be none.
func (k call) payload() (body []byte, contentType string, err error) {
	switch {
	case k.form != nil:
		return []byte(k.form.Encode()), "application/x-www-form-urlencoded", nil
	case k.body != nil:
		body, err = json.Marshal(k.body)
		return body, "application/json", err
	}
	return nil, "", nil
}

func (k call) name() string { return k.method + " " + k.route }

// page is one page of a list of API 2.0 (https://developer.atlassian.com/cloud/bitbucket/rest/intro/#pagination).
type page[T any] struct {
	Values []T    `json:"values"`
	Next   string `json:"next"`
}

// maxPages ends a list whose next links never end.
const maxPages = 10_000

// all reads all pages of a list. A next link that leaves the host is refused before the credential goes with it.
func all[T any](ctx context.Context, c *Client, k call) ([]T, error) {
	var values []T
	var p page[T]
	if c.brief {
		k.query.Set("pagelen", "10")
	}
	err := c.do(ctx, k, &p)
	for n := 1; err == nil; n++ {
		if p.Values == nil {
			return nil, &Error{Call: k.name(), Status: http.StatusOK, Message: hollow, call: k}
		}
		values = append(values, p.Values...)
		if p.Next == "" || c.brief {
			return values, nil
		}
		next := p.Next
		if !c.own(next) || n == maxPages {
			return nil, &Error{Call: k.name(), Status: http.StatusOK, Message: "the list's next link leaves " + c.base.Host + " or never ends: not followed", call: k}
		}
		p = page[T]{}
		err = c.send(ctx, k, next, &p)
	}
	return nil, err
}

// own reports whether an address has the scheme, host and port of this API.
func (c *Client) own(address string) bool {
	u, err := url.Parse(address)
	return err == nil && u.User == nil && u.Scheme == c.base.Scheme && u.Host == c.base.Host
}
