package bitbucket

import (
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
		HandleIf(func(res *http.Response, err error) bool { return err != nil || res.StatusCode >= 500 }).
		WithBackoff(firstPause, longPause).WithJitterFactor(0.2).
		WithMaxRetries(maxRetries).ReturnLastFailure().Build()
	return retrier{next: next, reads: failsafe.With(limited, transient), writes: failsafe.With(limited)}
}

func (r retrier) RoundTrip(req *http.Request) (*http.Response, error) {
	executor := r.writes
	if req.Method == http.MethodGet {
		executor = r.reads
	}
	return executor.WithContext(req.Context()).Get(func() (*http.Response, error) {
		again := req.Clone(req.Context())
		if req.GetBody != nil {
			body, err := req.GetBody()
			if err != nil {
				return nil, err
			}
			again.Body = body
		}
		return r.next.RoundTrip(again)
	})
}

// pauseOf reads how long the server wants us to wait: Retry-After in seconds or as a date (RFC 9110, section 10.2.3), or
// the seconds left until the limit is reset, as Bitbucket Cloud serves them. Where it does not say, the pause grows.
func pauseOf(res *http.Response, now time.Time, attempts int) time.Duration {
	if res == nil {
		return defaultPause
	}
	for _, header := range []string{"Retry-After", "X-RateLimit-Reset"} {
		value := res.Header.Get(header)
		if seconds, err := strconv.Atoi(value); err == nil && seconds >= 0 {
			return max(time.Duration(seconds)*time.Second, firstPause)
		}
		if date, err := http.ParseTime(value); err == nil {
			return max(date.Sub(now), firstPause)
		}
	}
	return min(defaultPause<<min(attempts-1, 10), maxPause)
}
