package bitbucket_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"bitroster/bitbucket"
	"bitroster/bitbucket/budget"
	"bitroster/internal/settings"
)

// abilities are those that sync/apply asks an error for.
type abilities interface {
	MaybeDone() bool
	NotSent() bool
}

// outcome names what becomes of a step with this error.
func outcome(err error) string {
	var able abilities
	switch {
	case err == nil:
		return "done"
	case !errors.As(err, &able):
		return "no abilities"
	case able.MaybeDone():
		return "maybe"
	case able.NotSent():
		return "not sent"
	}
	return "refused"
}

// within makes a client without a network, with a token and a store of its budget.
func within(t *testing.T, handler http.HandlerFunc, store budget.Store) *bitbucket.Client {
	t.Helper()
	key, err := bitbucket.Credential{Kind: "access_token", Token: "env:TOKEN"}.Open(
		settings.Secrets{Getenv: func(string) string { return "s3cret" }})
	if err != nil {
		t.Fatal(err)
	}
	client, err := bitbucket.New(bitbucket.Options{
		URL: "https://api.test", Keys: []bitbucket.Key{key}, Transport: &site{handler: handler}, Budget: store,
		Pace: bitbucket.Pace{RequestsPerHour: 900, InvitationsPerMinute: 90},
	})
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// TestAStopInMidRequestLeavesItInDoubt cuts a write at several points. What was sent may have taken effect, also behind
// a refusal for the rate; what waited for its turn was not.
func TestAStopInMidRequestLeavesItInDoubt(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	limited := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3")
		w.WriteHeader(http.StatusTooManyRequests)
	}
	for name, tc := range map[string]struct {
		answers []http.HandlerFunc // the last again and again
		want    string
	}{
		"in the request":    {[]http.HandlerFunc{hang}, "maybe"},
		"in the second one": {[]http.HandlerFunc{limited, hang}, "maybe"},
		"in a wait":         {[]http.HandlerFunc{limited}, "not sent"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { stopAfterFiveSeconds(t, tc.answers, tc.want) })
		})
	}
}

func stopAfterFiveSeconds(t *testing.T, answers []http.HandlerFunc, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	asked := 0
	client := within(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		answers[min(asked, len(answers))-1](w, r)
	}, nil)
	err := client.InviteToRepository(ctx, "acme", "web", "ana@x.test", "write")
	if got := outcome(err); got != want {
		t.Errorf("%s, want %s: %v", got, want, err)
	}
}

// spendthrift is a store that cannot take in what an answer tells.
type spendthrift struct{ *budget.Purse }

func (spendthrift) Correct(context.Context, budget.Window, int) error { return errors.New("disk full") }

func (spendthrift) CloseWindow(context.Context, string, time.Time) error {
	return errors.New("disk full")
}

// TestAnAnswerStands has a mail go out whose answer tells of the limits, which the store cannot take in.
func TestAnAnswerStands(t *testing.T) {
	client := within(t, func(w http.ResponseWriter, _ *http.Request) { w.Header().Set("X-RateLimit-Remaining", "7") },
		spendthrift{budget.NewPurse()})
	if err := client.InviteToRepository(t.Context(), "acme", "web", "ana@x.test", "write"); err != nil {
		t.Errorf("error %v, want none: the mail was sent", err)
	}
}
