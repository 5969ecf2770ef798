package bitbucket_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket"
	"bitroster/internal/settings"
)

// site is a server without a network: it serves each request by its handler, so that it runs on the clock of a test.
type site struct {
	handler http.Handler

	mu sync.Mutex
	// asked are the requests so far: the credential, the method and the path.
	asked []string
}

// reset is what a broken connection gives.
func reset() error { return errors.New("connection reset by peer") }

func (s *site) RoundTrip(req *http.Request) (res *http.Response, err error) {
	s.mu.Lock()
	s.asked = append(s.asked, strings.TrimSpace(whose(req)+" "+req.Method+" "+req.URL.Path))
	s.mu.Unlock()
	if trace := httptrace.ContextClientTrace(req.Context()); trace != nil && trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	defer func() {
		if recover() == nil { // the handler breaks the connection by a panic
			return
		}
		if err = req.Context().Err(); err == nil {
			err = reset()
		}
	}()
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, req)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// requests gives what was asked since the last time.
func (s *site) requests() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := s.asked
	s.asked = nil
	return asked
}

// check compares what was asked since the last time.
func (s *site) check(t *testing.T, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, s.requests()); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// whose names the kind of credential of a request: the tests give an access token the secret that all have, and OAuth
// consumers get others.
func whose(req *http.Request) string {
	_, _, basic := req.BasicAuth()
	token, bearer := strings.CutPrefix(req.Header.Get("Authorization"), "Bearer ")
	switch {
	case req.URL.Path == tokenPath:
		return ""
	case basic:
		return "api_token"
	case token == "s3cret":
		return "access_token"
	case bearer:
		return "oauth"
	}
	return "nobody"
}

const tokenPath = "/site/oauth2/access_token"

// The credentials of the tests; their secret is "s3cret".
func apiToken() bitbucket.Credential {
	return bitbucket.Credential{Kind: "api_token", Email: "ada@acme.test", Token: "env:TOKEN"}
}

func accessToken() bitbucket.Credential {
	return bitbucket.Credential{Kind: "access_token", Token: "env:TOKEN"}
}

func oauthConsumer() bitbucket.Credential {
	return bitbucket.Credential{Kind: "oauth", ClientID: "key", ClientSecret: "env:TOKEN", TokenURL: "https://bitbucket.test" + tokenPath}
}

// inMemory makes a client of a site.
func inMemory(t *testing.T, handler http.Handler, credentials ...bitbucket.Credential) (*bitbucket.Client, *site) {
	t.Helper()
	s := &site{handler: handler}
	var keys []bitbucket.Key
	for _, credential := range credentials {
		key, err := credential.Open(settings.Secrets{Getenv: func(string) string { return "s3cret" }})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, key)
	}
	client, err := bitbucket.New(bitbucket.Options{URL: "https://api.bitbucket.test", Keys: keys, Transport: s})
	if err != nil {
		t.Fatal(err)
	}
	return client, s
}

// asError gives the client's own error.
func asError(t *testing.T, err error) *bitbucket.Error {
	t.Helper()
	var answer *bitbucket.Error
	if !errors.As(err, &answer) {
		t.Fatalf("error %v (%T), want a *bitbucket.Error", err, err)
	}
	return answer
}
