package bitbucket

import (
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/retrypolicy"
)

const (
	// maxRetries bounds the retries of a read that fails for other reasons than its rate.
	maxRetries = 4
	firstPause = time.Second
	longPause  = 30 * time.Second
	// defaultPause is the wait after a first 429 that does not say how long to wait; it doubles up to maxPause.
	defaultPause = time.Minute
	maxPause     = 15 * time.Minute
	// longestPause bounds what a server may ask for: no limit of Bitbucket Cloud's spans more than an hour.
	longestPause = 24 * time.Hour
)

// retrier repeats what may be repeated: a request that was refused for its rate, as often as it takes, because it had no
// effect; and a read that failed, a few times. A write without a clear answer is never repeated here.
type retrier struct {
	next   http.RoundTripper
	reads  failsafe.Executor[*http.Response]
	writes failsafe.Executor[*http.Response]
}

func newRetrier(next http.RoundTripper) retrier {
	limited := retrypolicy.NewBuilder[*http.Response]().
		HandleIf(func(res *http.Response, _ error) bool {
			return res != nil && res.StatusCode == http.StatusTooManyRequests
		}).
		WithDelayFunc(func(exec failsafe.ExecutionAttempt[*http.Response]) time.Duration {
			return pauseOf(exec.LastResult(), time.Now(), exec.Attempts())
		}).
		WithMaxRetries(-1).ReturnLastFailure().Build()
	transient := retrypolicy.NewBuilder[*http.Response]().
		HandleIf(mayPass).
		WithBackoff(firstPause, longPause).WithJitterFactor(0.2).
		WithMaxRetries(maxRetries).ReturnLastFailure().Build()
	return retrier{next: next, reads: failsafe.With(limited, transient), writes: failsafe.With(limited)}
}

// mayPass reports whether a failure may be over in a moment: not one of the credential or of a certificate.
func mayPass(res *http.Response, err error) bool {
	var refused *tokenRefusal
	if errors.As(err, &refused) || untrusted(err) {
		return false
	}
	return err != nil || res.StatusCode >= 500
}

func (r retrier) RoundTrip(req *http.Request) (*http.Response, error) {
	executor := r.writes
	if req.Method == http.MethodGet {
		executor = r.reads
	}
	var last try
	res, err := executor.WithContext(req.Context()).Get(func() (*http.Response, error) {
		last = r.try(req)
		return last.res, last.err
	})
	// The executor gives the context's error in the place of what came of a try during which the context ended. Then it is
	// not known whether the request was sent, or a good answer is lost.
	if err != nil && req.Context().Err() != nil && last.says() {
		return last.res, last.err
	}
	return res, err
}

// try is what came of sending a request once.
type try struct {
	res *http.Response
	err error
}

// says reports whether the try has an outcome of its own: not that there was none, nor that it was refused for its rate.
func (t try) says() bool {
	return t.err != nil || t.res != nil && t.res.StatusCode != http.StatusTooManyRequests
}

func (r retrier) try(req *http.Request) try {
	again := req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return try{err: err}
		}
		again.Body = body
	}
	res, err := r.next.RoundTrip(again)
	return try{res, err}
}

// pauseOf reads how long the server wants us to wait: Retry-After in seconds or as a date (RFC 9110, section 10.2.3), or
// the seconds left until the limit is reset, as Bitbucket Cloud serves them. Where it does not say, the pause grows.
func pauseOf(res *http.Response, now time.Time, attempts int) time.Duration {
	if res == nil {
		return defaultPause
	}
	headers := []string{"Retry-After", "X-RateLimit-Reset"}
	if left, told := rateHeader(res, "X-RateLimit-Remaining"); told && left > 0 {
		headers = headers[:1] // the limit that is reset then is not the one that was met
	}
	for _, header := range headers {
		if pause, told := pauseIn(res.Header.Get(header), now); told {
			return min(max(pause, firstPause), longestPause)
		}
	}
	return min(defaultPause<<min(attempts-1, 10), maxPause)
}

// pauseIn reads a header's value: seconds, a date, or seconds since 1970, as other servers have it.
func pauseIn(value string, now time.Time) (time.Duration, bool) {
	const (
		epoch = 1_000_000_000 // as a wait, this would be 31 years
		far   = 100 * epoch   // as a date, this is in the sixth millennium
	)
	seconds, err := strconv.ParseInt(value, 10, 64)
	switch {
	case err == nil && seconds >= epoch:
		return time.Unix(min(seconds, far), 0).Sub(now), true
	case err == nil && seconds >= 0:
		return time.Duration(seconds) * time.Second, true
	}
	date, err := http.ParseTime(value)
	return date.Sub(now), err == nil
}
