package bitbuckettest

import (
	"io"
	"net/http"
	"net/url"
	"strings"
)

// maxBody is the longest request body that is read, in bytes.
const maxBody = 1 << 20

// call is one request on its way to a handler.
type call struct {
	server     *Server
	request    *http.Request
	body       []byte
	route      *route // nil where there is none
	methods    []string
	params     map[string]string
	query      url.Values
	credential *credential
	workspace  *workspace
	target     *target
	// Of the organization API.
	organization *organization
	from         int // offset of the page
}

// arg is the value of a parameter of the path.
func (c *call) arg(name string) string { return c.params[name] }

// old says that the call is of API 1.0.
func (c *call) old() bool { return strings.HasPrefix(c.request.URL.Path, "/1.0/") }

// serve answers one request: the faults round it, the record, the bytes.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	// The whole body is read first: only then does the server notice that a client has gone away during a delay.
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil { // the client has gone away, or sends without end
		w.WriteHeader(http.StatusRequestEntityTooLarge)
		return
	}
	c := &call{server: s, request: r, body: body}
	c.route, c.params, c.methods = s.find(r.Method, r.URL.EscapedPath())
	fault := s.nextFault(c)
	a, sent := s.answerWith(c, fault)
	bytes := a.encode()
	s.note(c, a.status, sent)
	if !sent {
		reset(w)
		return
	}
	for name, values := range a.header {
		w.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if fault.Cut {
		bytes = bytes[:len(bytes)/2]
	}
	w.WriteHeader(a.status)
	_, _ = w.Write(bytes) // the client may have gone away
}

// answerWith gives the answer as a fault bends it; sent is false when the connection is to break instead.
func (s *Server) answerWith(c *call, f Fault) (a answer, sent bool) {
	if !f.AfterEffect {
		if !f.wait(c.request.Context()) || f.Reset {
			return a, false
		}
		if f.replaces() {
			return f.answer(c), true
		}
		return s.answer(c), true
	}
	a = s.answer(c)
	if !f.wait(c.request.Context()) || f.Reset {
		return a, false
	}
	if f.replaces() {
		a = f.answer(c)
	}
	return a, true
}

// answer takes a call through all checks to its handler, under the lock.
func (s *Server) answer(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.decide(c)
	switch {
	case c.credential == nil:
	case c.ofAdmin():
		a = s.minuteHeaders(c, a)
	case a.status != http.StatusTooManyRequests:
		a = s.hourHeaders(c, a)
	}
	return a
}

func (s *Server) decide(c *call) answer {
	checks := []func(*call) *answer{
		s.checkPath, s.authenticate, s.checkHour, s.checkScopes, s.checkQuery, s.checkBody,
		s.findWorkspace, s.findTarget, s.checkRank, s.checkMoved, s.checkMinute,
	}
	s.settle()
	switch {
	case c.ofAdmin():
		checks = s.adminChecks()
	case c.route != nil && c.route.tokens:
		checks = []func(*call) *answer{s.checkTokenRequest}
	}
	for _, check := range checks {
		if refused := check(c); refused != nil {
			return *refused
		}
	}
	return filterFields(c, c.route.handle(c))
}

// checkPath refuses what is served no more, never was, or not by this method.
func (s *Server) checkPath(c *call) *answer {
	var a answer
	path := c.request.URL.EscapedPath()
	for _, removed := range removedPaths() {
		if _, ok := match(removed, path); ok && c.request.Method == http.MethodGet {
			a = gone()
			return &a
		}
	}
	switch {
	case c.route != nil:
		return nil
	case len(c.methods) > 0:
		a = c.fail(http.StatusMethodNotAllowed, "Method not allowed").with("Allow", strings.Join(c.methods, ", "))
	default:
		a = jsonError(http.StatusNotFound, errorBody{Message: "There is no API hosted at this URL"})
	}
	return &a
}

// findWorkspace finds the workspace of the path. API 1.0 takes a uuid for reading only: writes with one were answered
// 405 in 2025 and 2026.
func (s *Server) findWorkspace(c *call) *answer {
	key, named := c.params["workspace"]
	if !named {
		return nil
	}
	if c.old() && strings.HasPrefix(key, "{") && c.request.Method != http.MethodGet {
		a := notAllowed1()
		return &a
	}
	if c.workspace = s.workspaceOf(key); c.workspace != nil {
		return nil
	}
	a := c.fail(http.StatusNotFound, "No workspace with identifier '"+key+"'")
	return &a
}

// findTarget finds the repository or project of the path.
func (s *Server) findTarget(c *call) *answer {
	kind, key := kindRepository, c.params["repo_slug"]
	if key == "" {
		kind, key = kindProject, c.params["project_key"]
	}
	if key == "" {
		return nil
	}
	targets := c.workspace.targets(kind)
	if found, ok := targets.get(key); ok {
		c.target = found
		return nil
	}
	for _, candidate := range targets.all() {
		if candidate.uuid == key && kind == kindRepository && !c.old() {
			c.target = candidate
			return nil
		}
	}
	message := "Repository " + c.workspace.slug + "/" + key + " not found"
	if kind == kindProject {
		message = "Project " + key + " not found"
	}
	a := c.fail(http.StatusNotFound, message)
	return &a
}

// checkMoved refuses what API 1.0 does no more for a workspace that is administered at admin.atlassian.com.
func (s *Server) checkMoved(c *call) *answer {
	if c.workspace == nil || !c.workspace.moved || c.route.whenMoved == movedStays {
		return nil
	}
	a := notAllowed1()
	status := s.options.Switches.MovedInvitations
	if c.route.whenMoved == movedOff && status != http.StatusMethodNotAllowed {
		a = textError(status, "You don't have access to view this workspace.")
	}
	return &a
}

// notAllowed1 is the 405 of API 1.0, whose whole body was recorded as "None".
func notAllowed1() answer { return textError(http.StatusMethodNotAllowed, "None") }

// note records a request.
func (s *Server) note(c *call, status int, sent bool) {
	if !sent {
		status = 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	entry := Request{
		At: s.options.Now(), Method: c.request.Method, Path: c.request.URL.EscapedPath(), Query: c.request.URL.RawQuery,
		Status: status,
	}
	if c.route != nil {
		entry.Route = c.route.String()
	}
	if c.credential != nil {
		entry.Credential = c.credential.name
	}
	s.requests = append(s.requests, entry)
}
