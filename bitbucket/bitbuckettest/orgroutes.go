package bitbuckettest

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Paths of the organization API.
const (
	adminRoot     = "/admin/v2/orgs/{orgId}"
	directoryRoot = adminRoot + "/directories/{directoryId}"
)

// adminManner is what a route of the organization API has beside the others.
type adminManner struct {
	access bool // belongs to user access management, and has errors of shape B
	reads  bool // takes "-" for all directories
	url    bool // has a URL for the next page where Switches.Cursor is mixed
	lists  []string
}

// adminChecks are what stands before a handler of the organization API.
func (s *Server) adminChecks() []func(*call) *answer {
	return []func(*call) *answer{
		s.checkAdminPath, s.authenticateKey, s.checkMinuteOfKey, s.findOrganization, s.checkKey, s.findDirectory,
		s.checkAdminQuery, s.checkBody,
	}
}

// checkAdminPath refuses what is served no more, never was, or not by this method. A call of version 1 is a violation:
// those for people and groups ended in 2026.
func (s *Server) checkAdminPath(c *call) *answer {
	switch {
	case c.route != nil:
		return nil
	case strings.HasPrefix(c.request.URL.Path, "/admin/v1/"):
		s.violate(c.request.Method+" "+c.request.URL.Path, "This call of version 1 is not to be used any more")
		return c.fails(problem{status: s.options.Organization.RemovedCalls, title: "This call was removed: use version 2"})
	case len(c.methods) > 0:
		a := c.problem(problem{status: http.StatusMethodNotAllowed, title: "The method is not allowed"}).
			with("Allow", strings.Join(c.methods, ", "))
		return &a
	}
	return c.fails(problem{status: http.StatusNotFound, title: "There is no such resource"})
}

// authenticateKey finds the organization key of a request.
func (s *Server) authenticateKey(c *call) *answer {
	token, ok := strings.CutPrefix(c.request.Header.Get("Authorization"), "Bearer ")
	if ok {
		c.credential = s.credentialOf(func(k *credential) bool { return k.kind == kindOrganizationKey && k.token == token })
	}
	if c.credential != nil {
		return nil
	}
	return c.fails(problem{
		status: http.StatusUnauthorized, access: "ADMIN-UAM-401-1", title: "Unauthorized; the API key is not valid", shape: shapeC,
	})
}

// findOrganization finds the organization of the path, and refuses the key of another.
func (s *Server) findOrganization(c *call) *answer {
	found, ok := s.organizations.get(c.arg("orgId"))
	switch {
	case !ok:
		return c.fails(noOrganization())
	case found.id != c.credential.where:
		return c.fails(notYours())
	}
	c.organization = found
	return nil
}

// checkKey refuses a key with scopes where the call asks for another, or names none: then only a key without scopes does.
func (s *Server) checkKey(c *call) *answer {
	granted, required := c.credential.scopes, c.route.needs.granular
	lacks := slices.ContainsFunc(required, func(scope string) bool { return !slices.Contains(granted, scope) })
	if len(granted) == 0 || len(required) > 0 && !lacks {
		return nil
	}
	return c.fails(problem{
		status: http.StatusForbidden, title: "Forbidden; the API key has not the scope for this", shape: shapeD,
	})
}

// findDirectory looks at the directory of the path. "-" stands for all of them in calls that read.
func (s *Server) findDirectory(c *call) *answer {
	id, named := c.params["directoryId"]
	switch {
	case !named, id == c.organization.directory, id == "-" && c.route.admin.reads:
		return nil
	case id == "-":
		return c.refuse("A call that writes needs the id of the directory instead of -")
	}
	return c.fails(noResource())
}

// checkAdminQuery refuses query parameters that the route does not have. Those that are lists may be repeated. A cursor
// stands for all the others.
func (s *Server) checkAdminQuery(c *call) *answer {
	query, err := url.ParseQuery(c.request.URL.RawQuery)
	if err != nil {
		return c.refuse("The query string cannot be read")
	}
	c.query = query
	for name, values := range query {
		if !slices.Contains(c.route.query, name) && !slices.Contains(c.route.admin.lists, name) {
			return c.refuse("There is no query parameter " + name)
		}
		if len(values) > 1 && !slices.Contains(c.route.admin.lists, name) {
			return c.refuse("The query parameter " + name + " is there twice")
		}
	}
	if !query.Has("cursor") {
		return nil
	}
	m, refused := c.resume(query.Get("cursor"))
	if refused != nil {
		return refused
	}
	c.query = m.query
	return nil
}

// perMinute counts requests of one minute of the clock.
type perMinute struct {
	minute time.Time
	n      int
}

// minuteOf is the count for the call and the key of a request; nil where nothing is counted.
func (s *Server) minuteOf(c *call) *perMinute {
	o, ok := s.organizations.get(c.credential.where)
	if !ok || s.options.OrganizationPerMinute == 0 || c.route == nil {
		return nil
	}
	key, now := c.credential.token+" "+c.route.String(), s.options.Now().Truncate(time.Minute)
	count := o.counts[key]
	if count == nil || !count.minute.Equal(now) {
		count = &perMinute{minute: now}
		o.counts[key] = count
	}
	return count
}

// checkMinuteOfKey refuses a request beyond the limit of a minute. Refused requests do not count.
func (s *Server) checkMinuteOfKey(c *call) *answer {
	count := s.minuteOf(c)
	if count == nil {
		return nil
	}
	if count.n < s.options.OrganizationPerMinute {
		count.n++
		return nil
	}
	a := c.shaped(problem{status: http.StatusTooManyRequests, title: "Rate limit exceeded"}, s.options.Organization.RateLimitShape)
	reset := count.minute.Add(time.Minute)
	switch s.options.Organization.RetryAfter {
	case retrySeconds:
		a = a.with("Retry-After", strconv.Itoa(seconds(reset.Sub(s.options.Now()))))
	case retryDate:
		a = a.with("Retry-After", reset.UTC().Format(http.TimeFormat))
	}
	return &a
}

// minuteHeaders adds the headers that tell of the limit. The reset is a time, not a wait.
func (s *Server) minuteHeaders(c *call, a answer) answer {
	count := s.minuteOf(c)
	if count == nil {
		return a
	}
	limit, reset := s.options.OrganizationPerMinute, count.minute.Add(time.Minute).UTC()
	a = a.with("X-Ratelimit-Limit", strconv.Itoa(limit)).with("X-Ratelimit-Remaining", strconv.Itoa(limit-count.n))
	switch s.options.Organization.Reset {
	case resetMinute:
		return a.with("X-Ratelimit-Reset", reset.Format("2006-01-02T15:04Z07:00"))
	case resetRFC3339:
		return a.with("X-Ratelimit-Reset", reset.Format("2006-01-02T15:04:05.000000000Z07:00"))
	case resetEpoch:
		return a.with("X-Ratelimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	}
	return a
}
