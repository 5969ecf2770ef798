package bitbuckettest

import (
	"context"
	"net"
	"net/http"
	"time"
)

// Fault is a way in which one request goes wrong. The zero value is none. A fault that keeps the handler from running
// keeps its effect and its mail from happening, unless AfterEffect is set.
type Fault struct {
	// Route is the endpoint that a fault of AddFaults waits for, as Routes has it; empty is any request.
	Route string
	// Times is how many requests a fault of AddFaults spoils; 0 is one.
	Times int
	// AfterEffect lets the request do its work first: then comes the delay, the reset or the other answer.
	AfterEffect bool
	// Delay is how long the answer takes. It ends early, without an answer, when the request's context does.
	Delay time.Duration
	// Reset breaks the connection instead of answering.
	Reset bool
	// Status is answered instead of the true answer; 0 keeps it. The error object of API 2.0, or of the organization API, is
	// the body, or plain text (Body "text"), or nothing (Body "empty"). Body "nonsense" is a page of HTML, with Status 0 as 200.
	Status int
	Body   string
	// Header is added to the answer that Status or Body makes.
	Header http.Header
	// Cut announces the whole answer and sends the first half of its bytes.
	Cut bool
}

// AddFaults queues faults. Each is used up by the next requests that match it, the first that matches wins.
func (s *Server) AddFaults(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, f := range faults {
		f.Times = max(f.Times, 1)
		s.faults = append(s.faults, f)
	}
}

// nextFault gives the fault of a request.
func (s *Server) nextFault(c *call) Fault {
	if queued, ok := s.queuedFault(c); ok || s.options.Fault == nil {
		return queued
	}
	return s.options.Fault(c.request)
}

// queuedFault takes one use of the first queued fault that matches.
func (s *Server) queuedFault(c *call) (Fault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range s.faults {
		f := &s.faults[i]
		if f.Times == 0 || f.Route != "" && (c.route == nil || c.route.String() != f.Route) {
			continue
		}
		f.Times--
		return *f, true
	}
	return Fault{}, false
}

// wait sits out the delay; false when the request ended before.
func (f Fault) wait(ctx context.Context) bool {
	if f.Delay <= 0 {
		return true
	}
	timer := time.NewTimer(f.Delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// replaces says that the fault has an answer of its own.
func (f Fault) replaces() bool { return f.Status != 0 || f.Body != "" }

// answer is the fault's own answer.
func (f Fault) answer(c *call) answer {
	status := f.Status
	if status == 0 {
		status = http.StatusOK
	}
	var a answer
	switch f.Body {
	case "text":
		a = textError(status, http.StatusText(status))
	case "empty":
		a = textError(status, "")
	case "nonsense":
		a = textError(status, "<!DOCTYPE html><html><head><title>Bitbucket</title></head><body>We'll be right back.</body></html>").
			with("Content-Type", "text/html; charset=utf-8")
	default:
		a = jsonError(status, errorBody{Message: http.StatusText(status)})
		if c.ofAdmin() {
			a = c.problem(problem{status: status, title: http.StatusText(status)})
		}
	}
	for name, values := range f.Header {
		for _, value := range values {
			a = a.with(name, value)
		}
	}
	return a
}

// reset breaks a connection without an answer.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		// HTTP/2, or no connection at all: this is net/http's way to end a request without an answer.
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // a reset instead of an orderly end
	}
	_ = conn.Close()
}
