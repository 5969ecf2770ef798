package bitbuckettest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/bitbuckettest"
)

// started serves a site on a port for the length of a test.
func started(t *testing.T, options bitbuckettest.Options) *bitbuckettest.Server {
	t.Helper()
	s := newSite(options)
	if err := s.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing: %v", err)
		}
	})
	return s
}

// send asks over the network and gives status and body; the error is that of the client.
func send(t *testing.T, s *bitbuckettest.Server, a ask) (int, string, error) {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(a.request(s.URL()).WithContext(t.Context()))
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, string(body), err
}

func TestFaults(t *testing.T) {
	for _, row := range []struct {
		name   string
		fault  bitbuckettest.Fault
		status int // 0 is no answer
		body   string
		broken bool // the client has an error
		mails  int
	}{
		{name: "a status", fault: bitbuckettest.Fault{Status: 503}, status: 503, body: `{"type":"error","error":{"message":"Service Unavailable"}}`},
		{name: "a status as text", fault: bitbuckettest.Fault{Status: 502, Body: "text"}, status: 502, body: "Bad Gateway"},
		{name: "a status alone", fault: bitbuckettest.Fault{Status: 555, Body: "empty"}, status: 555},
		{name: "a status after the effect", fault: bitbuckettest.Fault{Status: 500, Body: "empty", AfterEffect: true}, status: 500, mails: 1},
		{name: "a reset before", fault: bitbuckettest.Fault{Reset: true}, broken: true},
		{name: "a reset after", fault: bitbuckettest.Fault{Reset: true, AfterEffect: true}, broken: true, mails: 1},
		{name: "a cut body", fault: bitbuckettest.Fault{Cut: true}, status: 200, broken: true, mails: 1},
		{name: "nonsense", fault: bitbuckettest.Fault{Body: "nonsense"}, status: 200, body: "<!DOCTYPE html>"},
		{name: "a short delay", fault: bitbuckettest.Fault{Delay: time.Millisecond}, status: 200, body: "{", mails: 1},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := started(t, bitbuckettest.Options{})
			s.AddFaults(row.fault)
			status, body, err := send(t, s, toGroup("eve@acme.test", "developers"))
			if status != row.status || (err != nil) != row.broken {
				t.Fatalf("status %d, error %v; want %d, an error: %v", status, err, row.status, row.broken)
			}
			if !row.broken && !strings.HasPrefix(body, row.body) || row.body == "" && !row.broken && body != "" {
				t.Errorf("body %q, want %q", body, row.body)
			}
			if got := len(s.Mails()); got != row.mails {
				t.Errorf("%d mails, want %d", got, row.mails)
			}
			s.ResetRecord()
			want := http.StatusOK
			if status, _, err := send(t, s, toGroup("fay@acme.test", "developers")); status != want || err != nil {
				t.Errorf("after the fault: status %d, error %v; want %d", status, err, want)
			}
		})
	}
}

func TestFaultsMatchTheirRoute(t *testing.T) {
	s := newSite(bitbuckettest.Options{})
	s.AddFaults(bitbuckettest.Fault{Route: "GET /1.0/groups/{workspace}", Times: 2, Status: 500, Header: http.Header{"Retry-After": {"7"}}})
	var got []int
	for _, path := range []string{"/2.0/user", "/1.0/groups/acme", "/1.0/groups/acme/", "/1.0/groups/acme"} {
		answer := do(t, s, ask{method: "GET", path: path})
		got = append(got, answer.status)
		if answer.status == 500 && answer.header.Get("Retry-After") != "7" {
			t.Errorf("%s: no Retry-After", path)
		}
	}
	if diff := cmp.Diff([]int{200, 500, 500, 200}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}

func TestFaultHook(t *testing.T) {
	s := newSite(bitbuckettest.Options{Fault: func(r *http.Request) bitbuckettest.Fault {
		if r.Method == http.MethodPut {
			return bitbuckettest.Fault{Status: 500}
		}
		return bitbuckettest.Fault{}
	}})
	must(t, s, http.StatusInternalServerError, toGroup("eve@acme.test", "developers"))
	must(t, s, http.StatusOK, ask{method: "GET", path: pendingPath})
}

func TestDelayEndsWithTheRequest(t *testing.T) {
	for _, after := range []bool{false, true} {
		s := started(t, bitbuckettest.Options{})
		s.AddFaults(bitbuckettest.Fault{Delay: time.Hour, AfterEffect: after})
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		response, err := http.DefaultClient.Do(toGroup("eve@acme.test", "developers").request(s.URL()).WithContext(ctx))
		cancel()
		if err == nil {
			_ = response.Body.Close()
		}
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the deadline", err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		want := 0
		if after {
			want = 1
		}
		if got := len(s.Mails()); got != want {
			t.Errorf("%d mails, want %d", got, want)
		}
	}
}
