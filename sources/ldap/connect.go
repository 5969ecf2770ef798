package ldap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
)

// session is one connection, used by one goroutine for one read.
type session struct {
	url        string
	raw        net.Conn
	conn       *goldap.Conn
	stop       func() bool // ends the watch over the context
	pages      bool        // the server lists the paging control, so an answer without it is not whole
	references []string    // parts of the tree that the server says are elsewhere
}

// connect gives a session with the first server that answers and lets us in.
func (s *source) connect(ctx context.Context) (*session, error) {
	var errs []error
	for _, raw := range s.config.URLs {
		session, err := s.connectTo(ctx, raw)
		if err == nil {
			return session, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", raw, err))
		// The other servers would say the same, and count it as a further guess at the password.
		if code, _ := resultCode(err); code == goldap.LDAPResultInvalidCredentials {
			break
		}
	}
	return nil, errors.Join(errs...)
}

// connectTo dials one server and logs in. When the context ends, the bare connection is closed beneath the library, which
// knows no contexts: whatever it waits for then ends with an error.
func (s *source) connectTo(ctx context.Context, rawURL string) (*session, error) {
	u, problem, hint := parseURL(rawURL)
	if problem != "" {
		return nil, fmt.Errorf("%s (%s)", problem, hint)
	}
	deadline := time.Now().Add(s.config.ConnectTimeout)
	dialer := net.Dialer{Deadline: deadline}
	raw, err := dialer.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port(u)))
	if err != nil {
		return nil, err
	}
	result := &session{url: rawURL, raw: raw}
	result.stop = context.AfterFunc(ctx, func() { _ = raw.Close() })
	err = s.logIn(ctx, result, u, deadline)
	if err != nil {
		result.abandon()
		return nil, err
	}
	return result, nil
}

func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "ldaps":
		return goldap.DefaultLdapsPort
	}
	return goldap.DefaultLdapPort
}

func (s *source) logIn(ctx context.Context, to *session, u *url.URL, deadline time.Time) error {
	if err := s.secure(ctx, to, u, deadline); err != nil {
		return explain(err)
	}
	if !s.config.Anonymous {
		if err := to.conn.Bind(s.config.BindDN, string(s.password)); err != nil {
			return fmt.Errorf("bind: %w", explain(err))
		}
	}
	if err := to.askAbilities(); err != nil {
		return fmt.Errorf("root DSE: %w", explain(err))
	}
	return nil
}

// secure does the TLS handshake under the deadline of the bare connection, because the library has none for StartTLS. After
// a StartTLS that failed the connection is of no use, not even in the clear.
func (s *source) secure(ctx context.Context, to *session, u *url.URL, deadline time.Time) error {
	if err := to.raw.SetDeadline(deadline); err != nil {
		return err
	}
	if u.Scheme == "ldaps" {
		secured := tls.Client(to.raw, s.tlsConfig(u))
		if err := secured.HandshakeContext(ctx); err != nil {
			return fmt.Errorf("TLS handshake: %w", err)
		}
		to.start(goldap.NewConn(secured, true), s.config.RequestTimeout)
	} else {
		to.start(goldap.NewConn(to.raw, false), s.config.RequestTimeout)
	}
	if s.config.StartTLS {
		if err := to.conn.StartTLS(s.tlsConfig(u)); err != nil {
			return fmt.Errorf("start_tls: %w", err)
		}
	}
	return to.raw.SetDeadline(time.Time{})
}

func (s *source) tlsConfig(u *url.URL) *tls.Config {
	name := s.config.ServerName
	if name == "" {
		name = u.Hostname()
	}
	return &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: s.roots, ServerName: name,
		InsecureSkipVerify: s.config.InsecureSkipVerify,
	}
}

func (s *session) start(conn *goldap.Conn, timeout time.Duration) {
	s.conn = conn
	conn.SetTimeout(timeout)
	conn.Start()
}

// askAbilities reads which controls the server knows (RFC 4512, section 5.1). One that does not say may know none.
func (s *session) askAbilities() error {
	answer, err := s.conn.Search(&goldap.SearchRequest{
		Scope: goldap.ScopeBaseObject, Filter: "(objectClass=*)", Attributes: []string{"supportedControl"},
	})
	if err != nil {
		if _, fromServer := resultCode(err); fromServer {
			return nil
		}
		return err
	}
	for _, entry := range answer.Entries {
		s.pages = s.pages || slices.Contains(values(entry, "supportedControl"), goldap.ControlTypePaging)
	}
	return nil
}

// close takes leave of the server (RFC 4511, section 4.3), but does not wait for one that hangs.
func (s *session) close() {
	_ = s.raw.SetDeadline(time.Now().Add(time.Second))
	_ = s.conn.Unbind()
	s.abandon()
}

// abandon closes the connection without a word. The bare connection goes first, so that nothing can hold the library up.
func (s *session) abandon() {
	s.stop()
	_ = s.raw.Close()
	if s.conn != nil {
		_ = s.conn.Close()
	}
}
