package bitbucket

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"bitroster/bitbucket/budget"
)

// script is a RoundTripper that gives its answers in order, and notes when it was asked and with which body.
type script struct {
	answers []answer
	asked   []time.Duration
	bodies  []string
	begin   time.Time
}

type answer struct {
	status int
	header string // of Retry-After, or "reset:" of X-RateLimit-Reset
	err    error
}

func (s *script) RoundTrip(req *http.Request) (*http.Response, error) {
	s.asked = append(s.asked, time.Since(s.begin))
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	s.bodies = append(s.bodies, string(body))
	a := s.answers[min(len(s.asked), len(s.answers))-1]
	if a.err != nil {
		return nil, a.err
	}
	res := httptest.NewRecorder().Result()
	res.StatusCode = a.status
	if reset, found := strings.CutPrefix(a.header, "reset:"); found {
		res.Header.Set("X-RateLimit-Reset", reset)
	} else if a.header != "" {
		res.Header.Set("Retry-After", a.header)
	}
	return res, nil
}

func request(t *testing.T, method string) *http.Request {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "https://api.test/1.0/users/acme/invitations", strings.NewReader("body"))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func TestRetries(t *testing.T) {
	reset := errors.New("connection reset")
	for name, tc := range map[string]struct {
		method  string
		answers []answer
		at      []time.Duration // when the requests went out, jitter aside
	}{
		"a read is tried again after an error":        {http.MethodGet, []answer{{err: reset}, {status: 200}}, []time.Duration{0, time.Second}},
		"and after a 503, up to five times":           {http.MethodGet, []answer{{status: 503}}, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second, 15 * time.Second}},
		"not after a 404":                             {http.MethodGet, []answer{{status: 404}}, []time.Duration{0}},
		"a write is not tried again after an error":   {http.MethodPut, []answer{{err: reset}}, []time.Duration{0}},
		"nor after a 503":                             {http.MethodPut, []answer{{status: 503}}, []time.Duration{0}},
		"a limited write waits the seconds":           {http.MethodPut, []answer{{status: 429, header: "7"}, {status: 200}}, []time.Duration{0, 7 * time.Second}},
		"or until the reset":                          {http.MethodPut, []answer{{status: 429, header: "reset:1800"}, {status: 200}}, []time.Duration{0, 30 * time.Minute}},
		"or until the date":                           {http.MethodGet, []answer{{status: 429, header: "Sat, 01 Jan 2000 00:05:00 GMT"}, {status: 200}}, []time.Duration{0, 5 * time.Minute}},
		"or a pause that grows, as often as it takes": {http.MethodPut, append(slices.Repeat([]answer{{status: 429}}, 7), answer{status: 200}), minutes(0, 1, 3, 7, 15, 30, 45, 60)},
		"it never spins":                              {http.MethodPut, []answer{{status: 429, header: "0"}, {status: 200}}, []time.Duration{0, time.Second}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: tc.answers, begin: time.Now()}
				res, err := newRetrier(s).RoundTrip(request(t, tc.method))
				s.check(t, tc.at)
				checkAnswer(t, res, err, tc.answers[len(tc.answers)-1])
			})
		})
	}
}

// checkAnswer wants the response of the last answer, or its error where that has no status.
func checkAnswer(t *testing.T, res *http.Response, err error, last answer) {
	t.Helper()
	if (err != nil) != (last.err != nil) || err == nil && res.StatusCode != last.status {
		t.Errorf("response %v, error %v; want the last answer, %+v", res, err, last)
	}
}

// check compares when the requests went out, and wants a whole body in each.
func (s *script) check(t *testing.T, want []time.Duration) {
	t.Helper()
	rounded := make([]time.Duration, len(s.asked))
	for i, at := range s.asked {
		rounded[i] = nearest(at, want)
		if s.bodies[i] != "body" {
			t.Errorf("a request had the body %q, want the whole", s.bodies[i])
		}
	}
	if diff := gocmp.Diff(want, rounded); diff != "" {
		t.Errorf("requests at (-want +got):\n%s", diff)
	}
}

func minutes(list ...time.Duration) []time.Duration {
	for i := range list {
		list[i] *= time.Minute
	}
	return list
}

// nearest gives the wanted moment that is closest, if it lies within a quarter of what was measured, for the jitter.
func nearest(at time.Duration, want []time.Duration) time.Duration {
	best := slices.MinFunc(want, func(a, b time.Duration) int { return cmp.Compare((at - a).Abs(), (at - b).Abs()) })
	if (at - best).Abs() <= best/4 {
		return best
	}
	return at
}

func TestAWaitEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		s := &script{answers: []answer{{status: 429, header: "3600"}}, begin: time.Now()}
		_, err := newRetrier(s).RoundTrip(request(t, http.MethodPut).WithContext(ctx))
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(s.begin) != time.Minute {
			t.Errorf("error %v after %v, want the deadline after a minute", err, time.Since(s.begin))
		}
	})
}

// TestAnAnswerAtTheEndOfTheContextCounts has answers come in the moment in which the context ends.
func TestAnAnswerAtTheEndOfTheContextCounts(t *testing.T) {
	for _, want := range []answer{{status: 200}, {status: 400}, {status: 503}, {err: errors.New("connection reset")}} {
		ctx, cancel := context.WithCancel(t.Context())
		s := &script{answers: []answer{want}, begin: time.Now()}
		late := roundTripper(func(req *http.Request) (*http.Response, error) {
			defer cancel()
			return s.RoundTrip(req)
		})
		res, err := newRetrier(late).RoundTrip(request(t, http.MethodPut).WithContext(ctx))
		checkAnswer(t, res, err, want)
		if want.err != nil && !errors.Is(err, want.err) {
			t.Errorf("error %v, want %v", err, want.err)
		}
	}
}

// TestPace sends as fast as it may, and looks at every window of time.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{status: 200}}, begin: time.Now()}
		p := newPacer(s, budget.NewPurse(), Pace{RequestsPerHour: 50, InvitationsPerMinute: 7}, "ada")
		for range 200 {
			if _, err := p.RoundTrip(request(t, http.MethodPut)); err != nil {
				t.Fatal(err)
			}
		}
		if most := busiest(s.asked, time.Minute); most != 7 {
			t.Errorf("at most %d invitations in a minute, want 7", most)
		}
		if most := busiest(s.asked, time.Hour); most != 50 {
			t.Errorf("at most %d requests in an hour, want 50", most)
		}
	})
}

func TestReadsAreNotPacedAsInvitations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &script{answers: []answer{{status: 200}}, begin: time.Now()}
		p := newPacer(s, budget.NewPurse(), Pace{InvitationsPerMinute: 1}, "ada")
		for range 10 {
			if _, err := p.RoundTrip(request(t, http.MethodGet)); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(s.begin); took != 0 {
			t.Errorf("ten reads took %v, want no wait", took)
		}
	})
}

// busiest counts the moments of the fullest half-open window of a span.
func busiest(moments []time.Duration, span time.Duration) int {
	most := 0
	for i, first := range moments {
		n := 0
		for _, moment := range moments[i:] {
			if moment < first+span {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
