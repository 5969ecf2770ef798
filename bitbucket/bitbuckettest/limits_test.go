package bitbuckettest_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

// headersOf gives the headers that tell of limits.
func headersOf(r reply) map[string]string {
	got := map[string]string{}
	for _, name := range []string{
		"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset", "X-RateLimit-Resource", "X-RateLimit-NearLimit", "Retry-After",
	} {
		if value := r.header.Get(name); value != "" {
			got[name] = value
		}
	}
	return got
}

func TestHourlyLimitRolls(t *testing.T) {
	clock := newClock()
	s := newSite(bitbuckettest.Options{Now: clock.Now, RequestsPerHour: 2})
	self := ask{method: "GET", path: "/2.0/user"}
	first := must(t, s, http.StatusOK, self)
	clock.now = clock.now.Add(10*time.Minute + 300*time.Millisecond)
	must(t, s, http.StatusOK, self)
	refused := must(t, s, http.StatusTooManyRequests, self)
	if message := at(refused.json, "error.message"); message != "Rate limit for this resource has been exceeded" {
		t.Errorf("message %q", message)
	}
	want := []map[string]string{
		{"X-RateLimit-Limit": "2, 2;w=3600", "X-RateLimit-Remaining": "1", "X-RateLimit-Reset": "3600"},
		{"X-RateLimit-Limit": "2, 2;w=3600", "X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "3000"},
	}
	if diff := cmp.Diff(want, []map[string]string{headersOf(first), headersOf(refused)}); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	must(t, s, http.StatusOK, ask{as: "dan", method: "GET", path: "/2.0/user"}) // has a limit of his own
	clock.now = clock.now.Add(50 * time.Minute)
	must(t, s, http.StatusOK, self)
	must(t, s, http.StatusTooManyRequests, self)
}

func TestHourlyLimitOfAPersonSpansTokens(t *testing.T) {
	s := newSite(bitbuckettest.Options{RequestsPerHour: 1, Switches: bitbuckettest.Switches{BearerAPITokens: true}})
	s.AddAPIToken("ada@acme.test", "second", allScopes()...)
	must(t, s, http.StatusOK, ask{method: "GET", path: "/2.0/user"})
	must(t, s, http.StatusTooManyRequests, ask{as: "bearer second", method: "GET", path: "/2.0/user"})
}

func TestScaledHeadersOfAccessTokens(t *testing.T) {
	s := newSite(bitbuckettest.Options{RequestsPerHour: 5})
	s.AddAccessToken("token", "workspace:acme", "account", "repository:admin")
	var near []string
	for range 5 {
		headers := headersOf(must(t, s, http.StatusOK, ask{as: "bearer token", method: "GET", path: onWeb + "/users"}))
		near = append(near, headers["X-RateLimit-NearLimit"])
		if headers["X-RateLimit-Limit"] != "5" || headers["X-RateLimit-Resource"] != "api" {
			t.Errorf("headers %v, want a limit of 5 for api", headers)
		}
	}
	if diff := cmp.Diff([]string{"false", "false", "false", "false", "true"}, near); diff != "" {
		t.Errorf("near the limit (-want +got):\n%s", diff)
	}
}

func TestRateHeaders(t *testing.T) {
	scaled := map[string]string{"X-RateLimit-Limit": "60", "X-RateLimit-Resource": "api", "X-RateLimit-NearLimit": "false"}
	plain := map[string]string{"X-RateLimit-Limit": "60, 60;w=3600", "X-RateLimit-Remaining": "59", "X-RateLimit-Reset": "3600"}
	none := map[string]string{}
	for form, want := range map[string][]map[string]string{ // of an API token, an OAuth consumer, an access token
		"": {plain, plain, scaled}, "by-kind": {plain, plain, scaled}, "scaled": {scaled, scaled, scaled},
		"plain": {plain, plain, plain}, "none": {none, none, none},
	} {
		t.Run(form, func(t *testing.T) {
			s := newSite(bitbuckettest.Options{RequestsPerHour: 60, Switches: bitbuckettest.Switches{RateHeaders: form}})
			s.AddAccessToken("token", "workspace:acme", "account", "repository:admin")
			var got []map[string]string
			for _, as := range []string{"", "bearer oauth-token", "bearer token"} {
				got = append(got, headersOf(must(t, s, http.StatusOK, ask{as: as, method: "GET", path: onWeb + "/users"})))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
		})
	}
}

func TestInvitationLimit(t *testing.T) {
	for _, row := range []struct {
		retryAfter string
		want       map[string]string
	}{
		{"none", map[string]string{}},
		{"seconds", map[string]string{"Retry-After": "40"}},
		{"date", map[string]string{"Retry-After": "Mon, 23 Nov 2026 09:31:00 GMT"}},
	} {
		t.Run(row.retryAfter, func(t *testing.T) {
			clock := newClock()
			switches := bitbuckettest.Switches{RetryAfter: row.retryAfter, TextRateLimit: true}
			s := newSite(bitbuckettest.Options{Now: clock.Now, InvitationsPerMinute: 2, RequestsPerHour: 1000, Switches: switches})
			must(t, s, http.StatusOK, toGroup("eve@acme.test", "developers"))
			must(t, s, http.StatusOK, toRepository("fay@acme.test", "read"))
			clock.now = clock.now.Add(20 * time.Second)
			refused := must(t, s, http.StatusTooManyRequests, toGroup("gus@acme.test", "developers"))
			if refused.text != "Rate limit for this resource has been exceeded" {
				t.Errorf("body %q", refused.text)
			}
			if diff := cmp.Diff(row.want, headersOf(refused)); diff != "" {
				t.Errorf("headers (-want +got):\n%s", diff)
			}
			must(t, s, http.StatusOK, ask{method: "GET", path: pendingPath})
			clock.now = clock.now.Add(40 * time.Second)
			must(t, s, http.StatusOK, toGroup("gus@acme.test", "developers"))
			if got := len(s.Mails()); got != 3 {
				t.Errorf("%d mails, want 3", got)
			}
		})
	}
}
