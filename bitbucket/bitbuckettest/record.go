package bitbuckettest

import (
	"net/http"
	"slices"
	"time"
)

// Mail is one invitation that Bitbucket would have sent. Kind is "group" or "repository", Target the slug of it, Email
// the address as the request had it. An organization sends one of Kind "organization" with its id as the Target; its
// Workspace is the first that the invitation gives access to, or empty.
type Mail struct {
	Workspace string
	Email     string
	Kind      string
	Target    string
	At        time.Time
}

// Request is one request that was answered, or cut short by a fault. Path and Query are as sent. Route is the pattern it
// matched, such as "GET /1.0/groups/{workspace}", or empty. Status is 0 when no answer was sent. Credential tells kind
// and owner, such as "api_token ada@acme.test", or is empty.
type Request struct {
	At         time.Time
	Method     string
	Path       string
	Query      string
	Route      string
	Status     int
	Credential string
}

// Mails gives all mails so far, oldest first.
func (s *Server) Mails() []Mail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.mails)
}

// Requests gives all requests so far, in the order of their answers.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.requests)
}

// RequestCount counts the requests for which all of the conditions hold.
func (s *Server) RequestCount(conditions ...func(Request) bool) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	count := 0
	for _, request := range s.requests {
		if !slices.ContainsFunc(conditions, func(holds func(Request) bool) bool { return !holds(request) }) {
			count++
		}
	}
	return count
}

// Writes gives the requests so far that were not GET.
func (s *Server) Writes() []Request {
	return slices.DeleteFunc(s.Requests(), func(r Request) bool { return r.Method == http.MethodGet })
}

// Violations gives what the requests so far did that the published description of the API does not allow, and mistakes
// of the set-up, oldest first. A test of a client wants none.
func (s *Server) Violations() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.violations)
}

// ResetRecord forgets mails, requests and violations, not what they did.
func (s *Server) ResetRecord() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.mails, s.requests, s.violations = nil, nil, nil
}

// violate records a violation. The caller holds the lock.
func (s *Server) violate(where, what string) { s.violations = append(s.violations, where+": "+what) }

// mail records a mail. The caller holds the lock, in the section that makes the invitation.
func (s *Server) mail(w *workspace, email, kind, target string) {
	s.mails = append(s.mails, Mail{Workspace: w.slug, Email: email, Kind: kind, Target: target, At: s.options.Now()})
}
