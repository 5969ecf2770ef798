package bitbucket_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket"
	"bitroster/bitbucket/bitbuckettest"
)

const tokenRoute = "POST " + tokenPath

// emulated is a workspace acme with a group dev, and a client that has an OAuth consumer of it.
func emulated(t *testing.T) (*bitbucket.Client, *bitbuckettest.Server) {
	t.Helper()
	server := bitbuckettest.New(bitbuckettest.Options{})
	server.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
	server.AddGroup("acme", "dev")
	server.AddOAuthConsumer("acme", "key", "s3cret", "account:write")
	client, _ := inMemory(t, server.Handler(), oauthConsumer())
	t.Cleanup(func() {
		if diff := cmp.Diff([]string(nil), server.Violations()); diff != "" {
			t.Errorf("violations (-want +got):\n%s", diff)
		}
	})
	return client, server
}

// statuses gives the route and the status of each request, and forgets them.
func statuses(server *bitbuckettest.Server) []string {
	var list []string
	for _, request := range server.Requests() {
		list = append(list, fmt.Sprintf("%s %d", request.Route, request.Status))
	}
	server.ResetRecord()
	return list
}

func tokensAsked(server *bitbuckettest.Server) int {
	return server.RequestCount(func(r bitbuckettest.Request) bool { return r.Route == tokenRoute })
}

func TestOneTokenForManyCalls(t *testing.T) {
	client, server := emulated(t)
	var callers sync.WaitGroup
	for range 20 {
		callers.Go(func() {
			if err := list(t.Context(), client); err != nil {
				t.Error(err)
			}
		})
	}
	callers.Wait()
	if tokens, all := tokensAsked(server), server.RequestCount(); tokens != 1 || all != 21 {
		t.Errorf("%d requests, %d of them for a token; want 21 and 1", all, tokens)
	}
	if requests := server.Requests(); requests[len(requests)-1].Credential != "oauth key" {
		t.Errorf("the last credential is %q, want the consumer", requests[len(requests)-1].Credential)
	}
}

// TestATokenIsReplacedBeforeItEnds works for a day without a single refusal.
func TestATokenIsReplacedBeforeItEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := emulated(t)
		for range 24 * 60 {
			if err := list(t.Context(), client); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		refused := server.RequestCount(func(r bitbuckettest.Request) bool { return r.Status != http.StatusOK })
		if tokens := tokensAsked(server); tokens < 12 || tokens > 13 || refused != 0 {
			t.Errorf("%d tokens in a day and %d refusals, want 12 or 13, and none", tokens, refused)
		}
	})
}

func TestARevokedTokenIsReplacedOnce(t *testing.T) {
	client, server := emulated(t)
	const read, put = "GET /1.0/groups/{workspace}", "PUT /1.0/users/{workspace}/invitations"
	for _, step := range []struct {
		call func(context.Context, *bitbucket.Client) error
		want []string
	}{
		{list, []string{tokenRoute + " 200", read + " 200"}},
		{list, []string{read + " 401", tokenRoute + " 200", read + " 200"}},
		{invite, []string{put + " 401", tokenRoute + " 200", put + " 200"}},
	} {
		if err := step.call(t.Context(), client); err != nil {
			t.Fatal(err)
		}
		mails := len(server.Mails())
		if diff := cmp.Diff(step.want, statuses(server)); diff != "" {
			t.Errorf("requests (-want +got):\n%s", diff)
		}
		if strings.HasPrefix(step.want[0], put) && mails != 1 {
			t.Errorf("%d mails, want 1", mails)
		}
		server.RevokeTokens()
	}
}

// TestATokenThatNeverWorks ends after one repetition, and the next credential is taken.
func TestATokenThatNeverWorks(t *testing.T) {
	client, site := inMemory(t, refusing(map[string]string{"oauth": expired}), oauthConsumer())
	for range 2 {
		if answer := asError(t, invite(t.Context(), client)); answer.Kind != bitbucket.CredentialRefused || answer.Status != 401 {
			t.Errorf("error %v, want the 401", answer)
		}
	}
	const put = "oauth PUT /1.0/users/acme/invitations"
	want := []string{tokenRoute, put, tokenRoute, put, put, tokenRoute, put}
	site.check(t, want...)
}

// TestWithoutATokenNothingIsSent has the address for tokens fail in all ways: no write ever looks as if it may be done.
func TestWithoutATokenNothingIsSent(t *testing.T) {
	for name, fault := range map[string]bitbuckettest.Fault{
		"bad gateway":        {Status: http.StatusBadGateway, Body: "nonsense"},
		"timeout of its own": {Status: 555},
		"too many":           {Status: http.StatusTooManyRequests, Body: "text"},
		"reset before":       {Reset: true},
		"reset after":        {Reset: true, AfterEffect: true},
		"no answer":          {Delay: time.Hour},
		"answer gets lost":   {Delay: time.Hour, AfterEffect: true},
		"nonsense":           {Body: "nonsense"},
		"nothing":            {Status: http.StatusOK, Body: "empty"},
		"no token":           {Status: http.StatusOK},
		"cut off":            {Cut: true},
	} {
		t.Run(name, func(t *testing.T) {
			fault.Route = tokenRoute
			synctest.Test(t, func(t *testing.T) { withoutToken(t, fault) })
		})
	}
}

func withoutToken(t *testing.T, fault bitbuckettest.Fault) {
	t.Helper()
	client, server := emulated(t)
	server.AddFaults(fault)
	answer := asError(t, invite(t.Context(), client))
	if !answer.NotSent() || answer.MaybeDone() || answer.Systemic() || !strings.Contains(answer.Message, "no OAuth token") {
		t.Errorf("error %v: not sent %v, maybe done %v, systemic %v; want not sent",
			answer, answer.NotSent(), answer.MaybeDone(), answer.Systemic())
	}
	if got := server.RequestCount(); got != 1 || strings.Contains(answer.Error(), "s3cret") {
		t.Errorf("%d requests, want one for a token; error %v", got, answer)
	}
	if err := invite(t.Context(), client); err != nil || len(server.Mails()) != 1 {
		t.Errorf("error %v with %d mails, want one mail when the fault is over", err, len(server.Mails()))
	}
}

func TestAReadWaitsForAToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := emulated(t)
		server.AddFaults(bitbuckettest.Fault{Route: tokenRoute, Status: http.StatusServiceUnavailable, Times: 3})
		if err := list(t.Context(), client); err != nil || tokensAsked(server) != 4 {
			t.Errorf("error %v after %d requests for a token, want none after 4", err, tokensAsked(server))
		}
	})
}

// TestTheNewTokenFails revokes the token while the address for tokens is down: the credential itself is not to blame.
func TestTheNewTokenFails(t *testing.T) {
	client, server := emulated(t)
	if err := list(t.Context(), client); err != nil {
		t.Fatal(err)
	}
	server.RevokeTokens()
	server.AddFaults(bitbuckettest.Fault{Route: tokenRoute, Status: http.StatusServiceUnavailable})
	if answer := asError(t, invite(t.Context(), client)); !answer.NotSent() || answer.Systemic() {
		t.Errorf("error %v, want one that nothing was sent", answer)
	}
}

func TestTheEndOfTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := emulated(t)
		server.AddFaults(bitbuckettest.Fault{Route: tokenRoute, Delay: 30 * time.Second, Times: 3})
		var callers sync.WaitGroup
		for seconds := range 3 { // one gets the token, the others wait for it
			callers.Go(func() { runsOut(t, client, time.Duration(seconds+1)*time.Second) })
		}
		callers.Wait()
	})
}

// runsOut sends an invitation that cannot be had within its time.
func runsOut(t *testing.T, client *bitbucket.Client, within time.Duration) {
	t.Helper()
	begin := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	err := invite(ctx, client)
	var answer *bitbucket.Error
	if !errors.As(err, &answer) || !errors.Is(err, context.DeadlineExceeded) || !answer.NotSent() || answer.MaybeDone() {
		t.Errorf("error %v, want the deadline and nothing sent", err)
	}
	if took := time.Since(begin); took != within {
		t.Errorf("took %v, want %v", took, within)
	}
}

// TestNoTokenForTheseCredentials has the server refuse the consumer: the next credential is taken, and at once.
func TestNoTokenForTheseCredentials(t *testing.T) {
	const invalid = `{"error":"invalid_client","error_description":"Invalid OAuth client credentials"}`
	for name, tc := range map[string]struct {
		status int
		body   string
		want   string
	}{
		"401":              {401, invalid, "no OAuth token: invalid_client Invalid OAuth client credentials: check client_id and client_secret"},
		"400":              {400, `{"error":"unauthorized_client"}`, "no OAuth token: unauthorized_client: check client_id and client_secret"},
		"403":              {403, "", "403 Forbidden from the address for tokens: check token_url"},
		"404":              {404, "<html>", "404 Not Found from the address for tokens: check token_url"},
		"a success":        {200, invalid, "invalid_client"},
		"secret is echoed": {401, `{"error":"invalid_client","error_description":"no such secret: s3cret"}`, "no such secret: [redacted]"},
		"a redirect":       {307, "", "307 Temporary Redirect from the address for tokens"},
	} {
		t.Run(name, func(t *testing.T) {
			handler := noToken(tc.status, tc.body)
			client, site := inMemory(t, handler, oauthConsumer())
			checkNoToken(t, invite(t.Context(), client), tc.want)
			checkNoToken(t, list(t.Context(), client), tc.want)
			site.check(t, tokenRoute, tokenRoute)
			client, site = inMemory(t, handler, oauthConsumer(), apiToken())
			if err := invite(t.Context(), client); err != nil {
				t.Error(err)
			}
			site.check(t, tokenRoute, "api_token PUT /1.0/users/acme/invitations")
		})
	}
}

// TestARefusedConsumerIsNotTheRepositorysMatter has no invitation to a repository recorded as refused, when there was no
// token to send one with.
func TestARefusedConsumerIsNotTheRepositorysMatter(t *testing.T) {
	client, _ := inMemory(t, noToken(http.StatusUnauthorized, `{"error":"invalid_client"}`), oauthConsumer())
	answer := asError(t, client.InviteToRepository(t.Context(), "acme", "web", "ana@acme.test", "write"))
	if !answer.Systemic() || answer.MaybeDone() {
		t.Errorf("error %v, want it to be systemic", answer)
	}
	refusing := func(w http.ResponseWriter, r *http.Request) {
		noToken(http.StatusUnauthorized, `{"error":"invalid_client"}`)(w, r)
		if r.URL.Path != tokenPath {
			w.WriteHeader(http.StatusForbidden)
		}
	}
	client, _ = inMemory(t, http.HandlerFunc(refusing), oauthConsumer(), apiToken())
	answer = asError(t, client.InviteToRepository(t.Context(), "acme", "web", "ana@acme.test", "write"))
	if answer.Systemic() {
		t.Errorf("error %v, want the refusal of this repository", answer)
	}
}

// noToken answers requests for a token so, and all others with success.
func noToken(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != tokenPath {
			return
		}
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Location", "https://thief.test/")
		w.WriteHeader(status)
		_, _ = fmt.Fprint(w, body)
	}
}

func checkNoToken(t *testing.T, err error, want string) {
	t.Helper()
	answer := asError(t, err)
	if answer.Kind != bitbucket.CredentialRefused || !strings.Contains(answer.Message, want) || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("error %v (%s), want the credential refused, with %q", err, answer.Kind, want)
	}
	if answer.MaybeDone() || answer.Status < http.StatusMultipleChoices {
		t.Errorf("error %+v looks like a success", answer)
	}
}
