package bitbuckettest

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// window counts events of a rolling span.
type window struct{ times []time.Time }

// count drops what is older than span, and gives what is left.
func (w *window) count(now time.Time, span time.Duration) int {
	fresh := slices.IndexFunc(w.times, func(t time.Time) bool { return now.Sub(t) < span })
	if fresh < 0 {
		fresh = len(w.times)
	}
	w.times = w.times[fresh:]
	return len(w.times)
}

// wait is the time until the oldest event falls out of the span.
func (w *window) wait(now time.Time, span time.Duration) time.Duration {
	if len(w.times) == 0 {
		return 0
	}
	return w.times[0].Add(span).Sub(now)
}

// seconds rounds up, as a wait must.
func seconds(d time.Duration) int { return int((d + time.Second - 1) / time.Second) }

// hourOf is the credential that counts for another: one per person for API tokens, one per consumer for OAuth, one per
// token for others.
func (s *Server) hourOf(k *credential) *credential {
	switch {
	case k.consumer != nil:
		return &k.consumer.counts
	case k.account == nil:
		return k
	}
	return s.credentialOf(func(other *credential) bool { return other.account == k.account })
}

// checkHour refuses a request beyond the hourly limit. Refused requests do not count.
func (s *Server) checkHour(c *call) *answer {
	limit := s.options.RequestsPerHour
	if limit == 0 {
		return nil
	}
	now, hour := s.options.Now(), &s.hourOf(c.credential).hour
	if hour.count(now, time.Hour) < limit {
		hour.times = append(hour.times, now)
		return nil
	}
	a := s.hourHeaders(c, s.tooMany(hour.wait(now, time.Hour)))
	return &a
}

// hourHeaders adds the headers that tell of the hourly limit. Bitbucket has two sets: one for access tokens on
// repositories, one for all else; see Switches.RateHeaders.
func (s *Server) hourHeaders(c *call, a answer) answer {
	limit, form := s.options.RequestsPerHour, s.options.Switches.RateHeaders
	if limit == 0 || form == headersNone {
		return a
	}
	now, hour := s.options.Now(), &s.hourOf(c.credential).hour
	left := limit - hour.count(now, time.Hour)
	scaled := !slices.Contains([]string{kindAPIToken, kindOAuth}, c.credential.kind) &&
		strings.HasPrefix(c.request.URL.Path, "/2.0/repositories/")
	if form == headersScaled || form == headersByKind && scaled {
		const nearShare = 5 // a fifth
		return a.with("X-Ratelimit-Limit", strconv.Itoa(limit)).with("X-Ratelimit-Resource", "api").
			with("X-Ratelimit-Nearlimit", strconv.FormatBool(left*nearShare < limit))
	}
	n := strconv.Itoa(limit)
	return a.with("X-Ratelimit-Limit", n+", "+n+";w=3600").with("X-Ratelimit-Remaining", strconv.Itoa(left)).
		with("X-Ratelimit-Reset", strconv.Itoa(seconds(hour.wait(now, time.Hour))))
}

// checkMinute refuses an invitation beyond the limit of a minute. That answer carries no header of the hourly limit: none
// is documented, and the hour's would mislead.
func (s *Server) checkMinute(c *call) *answer {
	limit := s.options.InvitationsPerMinute
	if limit == 0 || !c.route.invites {
		return nil
	}
	now, minute := s.options.Now(), &s.hourOf(c.credential).minute
	if minute.count(now, time.Minute) < limit {
		minute.times = append(minute.times, now)
		return nil
	}
	a := s.tooMany(minute.wait(now, time.Minute))
	return &a
}

// tooMany is the 429, with Retry-After as the switch says.
func (s *Server) tooMany(wait time.Duration) answer {
	const message = "Rate limit for this resource has been exceeded"
	a := jsonError(http.StatusTooManyRequests, errorBody{Message: message})
	if s.options.Switches.TextRateLimit {
		a = textError(http.StatusTooManyRequests, message)
	}
	switch s.options.Switches.RetryAfter {
	case retrySeconds:
		a = a.with("Retry-After", strconv.Itoa(seconds(wait)))
	case retryDate:
		// A date has no fractions: the next whole second is safe.
		at := s.options.Now().Add(wait + time.Second - 1).UTC().Truncate(time.Second)
		a = a.with("Retry-After", at.Format(http.TimeFormat))
	}
	return a
}
