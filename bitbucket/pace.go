package bitbucket

import (
	"context"
	"net/http"
	"strconv"
	"strings"
	"time"

	"bitroster/bitbucket/budget"
	"bitroster/internal/clock"
)

// Pace bounds what is sent with one credential. Zero is no bound. Bitbucket Cloud counts 1,000 requests in any rolling
// hour and 100 invitations in any minute
// (https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/).
type Pace struct {
	RequestsPerHour      int
	InvitationsPerMinute int
}

// pacer holds requests back until the windows have room, and learns from the server's answers.
type pacer struct {
	next        http.RoundTripper
	budget      budget.Store
	requests    budget.Window
	invitations budget.Window
}

func newPacer(next http.RoundTripper, store budget.Store, pace Pace, name string) *pacer {
	return &pacer{
		next: next, budget: store,
		requests:    budget.Window{Name: name + " requests", Most: pace.RequestsPerHour, Span: time.Hour},
		invitations: budget.Window{Name: name + " invitations", Most: pace.InvitationsPerMinute, Span: time.Minute},
	}
}

func (p *pacer) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := p.await(req); err != nil {
		return nil, err
	}
	res, err := p.next.RoundTrip(req)
	if err == nil {
		// The answer stands, whatever becomes of what it teaches: a store that is out of order refuses the next request.
		_ = p.learn(context.WithoutCancel(req.Context()), req, res)
	}
	return res, err
}

// windows are those that a request counts in.
func (p *pacer) windows(method, path string) []budget.Window {
	var windows []budget.Window
	if p.requests.Most > 0 {
		windows = append(windows, p.requests)
	}
	if p.invitations.Most > 0 && invites(method, path) {
		windows = append(windows, p.invitations)
	}
	return windows
}

// room waits until there is a place for a request, and takes none.
func (p *pacer) room(ctx context.Context, method, path string) error {
	windows := p.windows(method, path)
	for len(windows) > 0 {
		at, err := p.budget.Room(ctx, windows)
		if err != nil {
			return err
		}
		wait := time.Until(at)
		if wait <= 0 {
			break
		}
		if err := clock.Sleep(ctx, wait); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// await waits for a place in each window that the request counts in.
func (p *pacer) await(req *http.Request) error {
	windows := p.windows(req.Method, req.URL.Path)
	if len(windows) == 0 {
		return req.Context().Err()
	}
	at, err := p.budget.Reserve(req.Context(), windows)
	if err != nil {
		return err
	}
	return clock.Sleep(req.Context(), time.Until(at))
}

// learn takes over what an answer says about the limits.
func (p *pacer) learn(ctx context.Context, req *http.Request, res *http.Response) error {
	left, told := remaining(res)
	if res.StatusCode == http.StatusTooManyRequests {
		return p.close(ctx, req, res, told && left == 0)
	}
	if told && p.requests.Most > 0 {
		return p.budget.Correct(ctx, p.requests, left)
	}
	return nil
}

// close shuts the window that was met: an invitation meets the one of invitations, unless the answer says that none is
// left in the hour. The limit on invitations is served without headers of its own.
func (p *pacer) close(ctx context.Context, req *http.Request, res *http.Response, hourly bool) error {
	window := p.requests
	if invites(req.Method, req.URL.Path) && !hourly {
		window = p.invitations
	}
	if window.Most == 0 {
		return nil
	}
	now := time.Now()
	return p.budget.CloseWindow(ctx, window.Name, now.Add(pauseOf(res, now, 1)))
}

// remaining reads how many requests the server leaves: as a number, or as the word that less than a fifth is left.
func remaining(res *http.Response) (int, bool) {
	if left, told := rateHeader(res, "X-RateLimit-Remaining"); told {
		return left, true
	}
	limit, told := rateHeader(res, "X-RateLimit-Limit")
	if told && strings.EqualFold(res.Header.Get("X-RateLimit-NearLimit"), "true") {
		return limit / 5, true
	}
	return 0, false
}

// rateHeader reads the first number of a header: real ones are "60" or "60, 60;w=3600".
func rateHeader(res *http.Response, name string) (int, bool) {
	first, _, _ := strings.Cut(res.Header.Get(name), ",")
	first, _, _ = strings.Cut(first, ";")
	n, err := strconv.Atoi(strings.TrimSpace(first))
	return n, err == nil && n >= 0
}

// invites reports whether a request sends an invitation.
func invites(method, path string) bool {
	return method != http.MethodGet && method != http.MethodDelete && strings.Contains(path, "/invitations")
}
