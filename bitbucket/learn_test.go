package bitbucket

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/budget"
)

// notes is a budget that lets all pass and notes what it is told.
type notes struct{ list []string }

func (n *notes) Reserve(_ context.Context, windows []budget.Window) (time.Time, error) {
	for _, w := range windows {
		n.list = append(n.list, "reserve "+w.Name)
	}
	return time.Now(), nil
}

func (n *notes) Room(context.Context, []budget.Window) (time.Time, error) { return time.Now(), nil }

func (n *notes) CloseWindow(_ context.Context, window string, until time.Time) error {
	n.list = append(n.list, fmt.Sprintf("close %s for %v", window, time.Until(until)))
	return nil
}

func (n *notes) Correct(_ context.Context, window budget.Window, remaining int) error {
	n.list = append(n.list, fmt.Sprintf("correct %s of %d to %d", window.Name, window.Most, remaining))
	return nil
}

// answering gives each request one answer with these headers.
func answering(status int, headers map[string]string) roundTripper {
	return func(*http.Request) (*http.Response, error) {
		res := httptest.NewRecorder().Result()
		res.StatusCode = status
		for name, value := range headers {
			res.Header.Set(name, value)
		}
		return res, nil
	}
}

// checkLearnt sends one request and compares what the budget was told.
func checkLearnt(t *testing.T, method string, wire roundTripper, want []string) {
	t.Helper()
	var told notes
	p := newPacer(wire, &told, Pace{RequestsPerHour: 900, InvitationsPerMinute: 90}, "ada")
	if _, err := p.RoundTrip(request(t, method)); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff(want, told.list); diff != "" {
		t.Errorf("budget (-want +got):\n%s", diff)
	}
}

func TestWhatTheLimitsTell(t *testing.T) {
	const read, invitation = http.MethodGet, http.MethodPut
	type headers = map[string]string
	for name, tc := range map[string]struct {
		method  string
		status  int
		headers headers
		want    string
	}{
		"nothing":                       {read, 200, nil, ""},
		"a number":                      {read, 200, headers{"X-RateLimit-Remaining": "41"}, "correct ada requests of 900 to 41"},
		"in lower case":                 {read, 200, headers{"x-ratelimit-remaining": "41"}, "correct ada requests of 900 to 41"},
		"a number and its policy":       {read, 200, headers{"X-RateLimit-Remaining": "41, 41;w=3600"}, "correct ada requests of 900 to 41"},
		"the policy alone":              {read, 200, headers{"X-RateLimit-Remaining": "41;w=3600"}, "correct ada requests of 900 to 41"},
		"none left":                     {read, 200, headers{"X-RateLimit-Remaining": "0"}, "correct ada requests of 900 to 0"},
		"no number":                     {read, 200, headers{"X-RateLimit-Remaining": "many"}, ""},
		"less than none":                {read, 200, headers{"X-RateLimit-Remaining": "-1"}, ""},
		"near the limit":                {read, 200, headers{"X-RateLimit-Limit": "1000", "X-RateLimit-NearLimit": "true"}, "correct ada requests of 900 to 200"},
		"near, in another form":         {read, 200, headers{"X-RateLimit-Limit": "60, 60;w=3600", "X-RateLimit-NearLimit": "True"}, "correct ada requests of 900 to 12"},
		"not near the limit":            {read, 200, headers{"X-RateLimit-Limit": "1000", "X-RateLimit-NearLimit": "false"}, ""},
		"near a limit that is not told": {read, 200, headers{"X-RateLimit-NearLimit": "true"}, ""},
		"with a refusal":                {read, 404, headers{"X-RateLimit-Remaining": "41"}, "correct ada requests of 900 to 41"},
		"with an invitation":            {invitation, 200, headers{"X-RateLimit-Remaining": "41"}, "correct ada requests of 900 to 41"},
		"near, with an invitation":      {invitation, 200, headers{"X-RateLimit-Limit": "1000", "X-RateLimit-NearLimit": "true"}, "correct ada requests of 900 to 200"},

		"429":                        {read, 429, nil, "close ada requests for 1m0s"},
		"429, seconds":               {read, 429, headers{"Retry-After": "7"}, "close ada requests for 7s"},
		"429, no seconds":            {read, 429, headers{"Retry-After": "0"}, "close ada requests for 1s"},
		"429, a date":                {read, 429, headers{"Retry-After": "Sat, 01 Jan 2000 00:05:00 GMT"}, "close ada requests for 5m0s"},
		"429, a date that is over":   {read, 429, headers{"Retry-After": "Fri, 31 Dec 1999 00:05:00 GMT"}, "close ada requests for 1s"},
		"429, until the reset":       {read, 429, headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800"}, "close ada requests for 30m0s"},
		"429, the reset as an epoch": {read, 429, headers{"X-RateLimit-Reset": "946685100"}, "close ada requests for 24h0m0s"},
		"429, a far epoch":           {read, 429, headers{"X-RateLimit-Reset": "1999999999"}, "close ada requests for 24h0m0s"},
		"429, a wait without end":    {read, 429, headers{"Retry-After": "9223372036854775807"}, "close ada requests for 24h0m0s"},
		"429, nonsense":              {read, 429, headers{"Retry-After": "soon"}, "close ada requests for 1m0s"},
		"429 of an invitation":       {invitation, 429, nil, "close ada invitations for 1m0s"},
		"429 of one, seconds":        {invitation, 429, headers{"Retry-After": "20"}, "close ada invitations for 20s"},
		"429 of one in the hour": {
			invitation, 429, headers{"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1800"}, "close ada requests for 30m0s",
		},
		"429 of one, the hour is open": {
			invitation, 429, headers{"X-RateLimit-Remaining": "500", "X-RateLimit-Reset": "1800"}, "close ada invitations for 1m0s",
		},
	} {
		t.Run(name, func(t *testing.T) {
			want := []string{"reserve ada requests"}
			if tc.method == invitation {
				want = append(want, "reserve ada invitations")
			}
			if tc.want != "" {
				want = append(want, tc.want)
			}
			synctest.Test(t, func(t *testing.T) {
				checkLearnt(t, tc.method, answering(tc.status, tc.headers), want)
			})
		})
	}
}

// TestWithoutABound asks nothing of a budget, and tells it nothing.
func TestWithoutABound(t *testing.T) {
	for _, status := range []int{200, 429} {
		var told notes
		p := newPacer(answering(status, map[string]string{"X-RateLimit-Remaining": "1"}), &told, Pace{}, "ada")
		if _, err := p.RoundTrip(request(t, http.MethodPut)); err != nil || len(told.list) != 0 {
			t.Errorf("error %v, budget %q; want nothing", err, told.list)
		}
	}
}

// TestALimitHoldsAllUpThatShareIt has one request meet the limit, and another of the same account wait for it.
func TestALimitHoldsAllUpThatShareIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		purse, begin := budget.NewPurse(), time.Now()
		pace := Pace{RequestsPerHour: 900, InvitationsPerMinute: 90}
		first := newPacer(answering(429, map[string]string{"Retry-After": "600"}), purse, pace, "ada")
		second := newPacer(answering(200, nil), purse, pace, "ada")
		third := newPacer(answering(200, nil), purse, pace, "eve")
		var at []time.Duration
		for _, p := range []*pacer{first, third, second} {
			if _, err := p.RoundTrip(request(t, http.MethodGet)); err != nil {
				t.Fatal(err)
			}
			at = append(at, time.Since(begin))
		}
		if diff := gocmp.Diff([]time.Duration{0, 0, 10 * time.Minute}, at); diff != "" {
			t.Errorf("answers at (-want +got):\n%s", diff)
		}
	})
}
