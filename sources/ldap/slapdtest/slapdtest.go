// Package slapdtest starts real OpenLDAP servers for tests.
//
// A Server is slapd as a child process, on free ports of the loopback interface, with its tree, its certificates and its
// log in one folder. It is up in about a fifth of a second. Without slapd a test fails; it does not skip.
package slapdtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"
)

// The tree that every server has.
const (
	BaseDN   = "dc=lab,dc=test"
	PeopleDN = "ou=people," + BaseDN
	GroupsDN = "ou=groups," + BaseDN
	// RootDN may do everything and has no limits; Password is its password and everybody else's.
	RootDN = "cn=admin," + BaseDN
	// ReaderDN reads everything without limits.
	ReaderDN = "cn=reader,ou=services," + BaseDN
	// LimitedDN reads everything, but at most SizeLimit entries in one search.
	LimitedDN = "cn=limited,ou=services," + BaseDN
	Password  = "correct horse"
	SizeLimit = 500
)

// Options say what a server holds and allows.
type Options struct {
	// LDIF is put below the units people and groups: see Person and Group.
	LDIF string
	// Access are access lines (slapd.access(5)) before the one that lets every account read everything.
	Access []string
	// NoTLS leaves out the certificates: there is no TLSURL, and StartTLS is refused.
	NoTLS bool
}

// Server is a running slapd.
type Server struct {
	URL    string // ldap://127.0.0.1:port, with StartTLS
	TLSURL string // ldaps://127.0.0.1:port; the certificate names 127.0.0.1 and localhost
	CAFile string // PEM

	dir    string
	config string

	mu      sync.Mutex
	command *exec.Cmd
	ended   chan struct{} // closed when command has ended
	output  *bytes.Buffer // what command said; read it after ended
}

// Start starts a server that ends with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Launch(t.TempDir(), o)
	if err != nil {
		t.Fatalf("slapd: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Stop(); err != nil {
			t.Errorf("stopping slapd: %v", err)
		}
	})
	return s
}

// Launch starts a server that keeps its files in dir, an existing folder. Call Stop at the end.
func Launch(dir string, o Options) (*Server, error) {
	if _, err := program("slapd"); err != nil {
		return nil, err
	}
	s := &Server{dir: dir, config: filepath.Join(dir, "slapd.conf")}
	if !o.NoTLS {
		if err := writeCertificates(dir); err != nil {
			return nil, fmt.Errorf("certificates: %w", err)
		}
		s.CAFile = filepath.Join(dir, "ca.pem")
	}
	if err := os.WriteFile(s.config, []byte(configFile(dir, o)), 0o600); err != nil {
		return nil, err
	}
	if err := s.load(o.LDIF); err != nil {
		return nil, err
	}
	var err error
	for range 5 { // another process may take a port between the choice and the start
		s.URL, s.TLSURL = "ldap://"+freeAddress(), ""
		if !o.NoTLS {
			s.TLSURL = "ldaps://" + freeAddress()
		}
		if err = s.Restart(); err == nil {
			return s, nil
		}
		if stop := s.Stop(); stop != nil {
			return nil, errors.Join(err, stop)
		}
	}
	return nil, err
}

// Restart starts a stopped server again, with its tree and on its ports.
func (s *Server) Restart() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	path, err := program("slapd")
	if err != nil {
		return err
	}
	s.output, s.ended = &bytes.Buffer{}, make(chan struct{})
	// A debug level, even none, keeps slapd in the foreground: it stays our child.
	s.command = exec.Command(path, "-d", "0", "-f", s.config, "-h", strings.TrimSpace(s.URL+" "+s.TLSURL))
	s.command.Stderr, s.command.Stdout = s.output, s.output
	if err := s.command.Start(); err != nil {
		s.command = nil
		return err
	}
	go func(command *exec.Cmd, ended chan struct{}) {
		_ = command.Wait()
		close(ended)
	}(s.command, s.ended)
	return s.awaitAnswer()
}

// awaitAnswer asks until slapd answers, or has ended.
func (s *Server) awaitAnswer() error {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for {
		if s.listens() && s.logIn() == nil {
			return nil
		}
		select {
		case <-tick.C:
		case <-s.ended:
			s.command = nil
			return fmt.Errorf("slapd ended: %s", s.output)
		case <-ctx.Done():
			return errors.New("slapd does not answer")
		}
	}
}

// listens reports whether our slapd, and not another on the same port, has opened its ports: then it writes its pid file.
func (s *Server) listens() bool {
	text, err := os.ReadFile(filepath.Join(s.dir, "slapd.pid"))
	return err == nil && strings.TrimSpace(string(text)) == strconv.Itoa(s.command.Process.Pid)
}

func (s *Server) logIn() error {
	conn, err := goldap.DialURL(s.URL)
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck // a probe
	conn.SetTimeout(10 * time.Second)
	return conn.Bind(RootDN, Password)
}

// Stop ends the server; its tree and ports stay for Restart. Stopping twice is harmless.
func (s *Server) Stop() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.command == nil {
		return nil
	}
	process, ended := s.command.Process, s.ended
	s.command = nil
	if err := process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	timer := time.NewTimer(10 * time.Second)
	defer timer.Stop()
	select {
	case <-ended:
		return nil
	case <-timer.C:
		_ = process.Kill()
		<-ended
		return errors.New("slapd did not end on SIGTERM and was killed")
	}
}

// Replace makes the server hold exactly the given entries below people and groups. It restarts the server.
func (s *Server) Replace(ldif string) error {
	if err := s.Stop(); err != nil {
		return err
	}
	if err := s.load(ldif); err != nil {
		return err
	}
	return s.Restart()
}

// Modify sends LDIF to the running server: records to add, or with a changetype (RFC 2849).
func (s *Server) Modify(ldif string) error {
	return run(ldif, "ldapmodify", "-a", "-x", "-H", s.URL, "-D", RootDN, "-w", Password)
}

// load fills the stopped server's database.
func (s *Server) load(ldif string) error {
	database := filepath.Join(s.dir, "db")
	if err := os.RemoveAll(database); err != nil {
		return err
	}
	if err := os.Mkdir(database, 0o700); err != nil {
		return err
	}
	return run(baseLDIF()+ldif, "slapadd", "-q", "-f", s.config)
}

func run(input, name string, args ...string) error {
	path, err := program(name)
	if err != nil {
		return err
	}
	command := exec.Command(path, args...)
	command.Stdin = strings.NewReader(input)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, output)
	}
	return nil
}

// program finds a program of OpenLDAP; the server's are often outside of a user's PATH.
func program(name string) (string, error) {
	for _, candidate := range []string{name, "/usr/sbin/" + name, "/usr/local/sbin/" + name, "/usr/lib/openldap/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s is not installed: run make setup", name)
}

// freeAddress gives a loopback address that nobody listens on, below the range from which systems take the ports of
// outgoing connections: so it is still free after a stop.
func freeAddress() string {
	for {
		address := fmt.Sprintf("127.0.0.1:%d", 15000+rand.IntN(15000))
		listener, err := net.Listen("tcp", address)
		if err == nil {
			_ = listener.Close()
			return address
		}
	}
}
