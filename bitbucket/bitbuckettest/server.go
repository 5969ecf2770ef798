package bitbuckettest

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Options are the settings of a Server. The zero value is a server without rate limits on the machine's clock.
type Options struct {
	// Now is the clock of the emulator; nil is time.Now. Delays of faults do not use it.
	Now func() time.Time
	// RequestsPerHour is the number of requests that one credential may make in any hour; 0 is no limit. Bitbucket
	// documents 1,000.
	RequestsPerHour int
	// InvitationsPerMinute is the number of invitations that one credential may ask for in any minute; 0 is no limit.
	// Bitbucket documents 100.
	InvitationsPerMinute int
	// OrganizationPerMinute is the number of requests that one organization key may make to one call of the organization
	// API in any minute of the clock; 0 is no limit. Atlassian publishes none for these calls.
	OrganizationPerMinute int
	// OrganizationLag is how long it takes until Bitbucket shows what an organization has changed.
	OrganizationLag time.Duration
	// Fault is asked before every request, after the faults of AddFaults; nil or the zero Fault is none. It must not
	// read the body.
	Fault func(*http.Request) Fault
	// Switches choose between answers that public sources leave open.
	Switches Switches
	// Organization are the same for the organization API.
	Organization OrganizationSwitches
}

// Server is the emulator. Make one with New.
type Server struct {
	options Options
	routes  []route

	mu         sync.Mutex          // guards all below
	accounts   table[*account]     // by fold(email)
	byID       map[string]*account // by uuid and by Atlassian account id
	workspaces table[*workspace]

	organizations table[*organization] // by id

	credentials []*credential
	consumers   []*consumer
	echoes      []echo // what Bitbucket is yet to see, the oldest first
	marks       map[string]mark
	issued      int // OAuth tokens so far
	faults      []Fault
	mails       []Mail
	requests    []Request
	violations  []string

	listenMu sync.Mutex // guards listener and what goes with it
	listener net.Listener
	web      *http.Server
	stopped  chan struct{}
}

// New makes an empty emulator. An unknown value of a switch is listed by Violations.
func New(options Options) *Server {
	if options.Now == nil {
		options.Now = time.Now
	}
	faults := slices.Concat(options.Switches.faults(), options.Organization.faults())
	options.Switches, options.Organization = options.Switches.withDefaults(), options.Organization.withDefaults()
	s := &Server{options: options, routes: routes(), byID: map[string]*account{}, marks: map[string]mark{}}
	for _, fault := range faults {
		s.violate("switches", fault)
	}
	return s
}

// Handler serves the API, whose paths begin with /1.0 and /2.0, and what Atlassian has on other hosts: the address where
// OAuth consumers get their tokens, /site/oauth2/access_token, and the organization API below /admin.
func (s *Server) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// Start serves on a free port of the loopback address until Close.
func (s *Server) Start() error {
	s.listenMu.Lock()
	defer s.listenMu.Unlock()
	if s.listener != nil {
		return errors.New("emulator of Bitbucket: it is started already")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("emulator of Bitbucket, a port on the loopback address: %w", err)
	}
	s.listener, s.stopped = listener, make(chan struct{})
	s.web = &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func(web *http.Server, stopped chan<- struct{}) {
		defer close(stopped)
		_ = web.Serve(listener) // always ends with ErrServerClosed, or with the listener closed
	}(s.web, s.stopped)
	return nil
}

// URL is the root of the served API without a trailing slash, such as "http://127.0.0.1:40001"; empty while the server
// is not started.
func (s *Server) URL() string {
	s.listenMu.Lock()
	defer s.listenMu.Unlock()
	if s.listener == nil {
		return ""
	}
	return "http://" + s.listener.Addr().String()
}

// Close stops serving and drops open connections. What the emulator holds stays readable. Closing twice is harmless.
func (s *Server) Close() error {
	s.listenMu.Lock()
	defer s.listenMu.Unlock()
	if s.listener == nil {
		return nil
	}
	err := s.web.Close()
	<-s.stopped
	s.listener, s.web = nil, nil
	return err
}
