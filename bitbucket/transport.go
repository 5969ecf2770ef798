package bitbucket

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"
)

const (
	// attemptTime bounds one attempt at a request, its answer's body included.
	attemptTime = 60 * time.Second
	connectTime = 10 * time.Second
	// maxBody bounds an answer, in bytes: the groups of a large workspace come in one list, with all members.
	maxBody = 256 << 20
)

// newWire makes what sends requests in the end. The server's certificate is always checked.
func newWire(roots *x509.CertPool) http.RoundTripper {
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: connectTime}).DialContext,
		TLSClientConfig:       &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:   connectTime,
		ForceAttemptHTTP2:     true,
		MaxIdleConnsPerHost:   2,
		IdleConnTimeout:       30 * time.Second,
		ResponseHeaderTimeout: attemptTime,
	}
}

// stack composes what a request with a credential passes through, innermost first.
func stack(wire http.RoundTripper, key Key, o Options) (http.RoundTripper, *pacer) {
	var t http.RoundTripper = attempt{wire}
	t = header(func(req *http.Request) { req.Header.Set("User-Agent", "bitroster/"+o.Version) })(t)
	t = key.wrap(t)
	p := newPacer(t, o.Budget, o.Pace, key.account)
	return newRetrier(p), p
}

// attempt makes one try at a request: bounded in time, its answer read whole into memory, and sure to know whether
// anything of the request may have reached the server.
type attempt struct{ next http.RoundTripper }

// attemptError is a try that had no answer.
type attemptError struct {
	sent bool
	err  error
}

func (e *attemptError) Error() string { return e.err.Error() }
func (e *attemptError) Unwrap() error { return e.err }

func (a attempt) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(req.Context(), attemptTime)
	defer cancel()
	var sent atomic.Bool
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() { sent.Store(true) }})
	res, err := a.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, &attemptError{sent: sent.Load(), err: err}
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	_ = res.Body.Close()
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("the answer is larger than %d MiB", maxBody>>20)
	}
	// The status of a write says what became of it, whatever happens to the body.
	if err != nil && req.Method == http.MethodGet {
		return nil, &attemptError{sent: true, err: fmt.Errorf("answer cut off: %w", err)}
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}
