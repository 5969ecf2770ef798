package ldap

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"

	"bitroster/internal/settings"
	"bitroster/sources"
)

// source is a directory ready to be read.
type source struct {
	config   Config
	password settings.Secret
	roots    *x509.CertPool // nil is the system's
}

// Open resolves the password and reads the root certificates. It does not connect.
func (c *Config) Open(secrets settings.Secrets) (sources.Source, error) {
	s := &source{config: *c}
	var err error
	if !c.Anonymous {
		if s.password, err = secrets.Resolve(c.BindPassword); err != nil {
			return nil, fmt.Errorf("bind_password: %w", err)
		}
	}
	if s.roots, err = readRoots(c.RootCA); err != nil {
		return nil, fmt.Errorf("root_ca: %w", err)
	}
	return s, nil
}

// readRoots reads a PEM file; without one it gives nil, which is the system's pool to crypto/tls.
func readRoots(path string) (*x509.CertPool, error) {
	if path == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)", path)
	}
	return pool, nil
}

// Read gives the whole directory or an error. The error of an ended context is that context's.
func (s *source) Read(ctx context.Context) (sources.Snapshot, error) {
	snapshot, err := s.read(ctx)
	if ctx.Err() != nil {
		return sources.Snapshot{}, fmt.Errorf("LDAP read: %w", ctx.Err())
	}
	if err != nil {
		return sources.Snapshot{}, err
	}
	return snapshot, nil
}

func (s *source) read(ctx context.Context) (sources.Snapshot, error) {
	session, err := s.connect(ctx)
	if err != nil {
		return sources.Snapshot{}, err
	}
	defer session.close()
	groups, err := session.groups(s.config.GroupSearch)
	if err != nil {
		return sources.Snapshot{}, fmt.Errorf("%s: group_search: %w", session.url, err)
	}
	people, err := session.people(s.config.UserSearch, s.config.PageSize)
	if err != nil {
		return sources.Snapshot{}, fmt.Errorf("%s: user_search: %w", session.url, err)
	}
	if err := believable(people, s.config.UserSearch); err != nil {
		return sources.Snapshot{}, fmt.Errorf("%s: user_search: %w", session.url, err)
	}
	snapshot, err := join(people, groups, s.config)
	if err != nil {
		return sources.Snapshot{}, fmt.Errorf("%s: %w", session.url, err)
	}
	snapshot.Rejects = append(snapshot.Rejects, session.elsewhere()...)
	return snapshot, nil
}

// believable refuses a directory of nobody: LDAP gives it with success for a wrong filter and for a missing right alike.
func believable(people []person, search UserSearch) error {
	if len(people) == 0 {
		return fmt.Errorf("nobody is found under %s with %s: check both, and the bind account's right to read there",
			search.BaseDN, search.Filter)
	}
	for _, p := range people {
		if p.email != "" {
			return nil
		}
	}
	return errors.New("none of the " + count(len(people), "person", "people") + " has a usable " + search.EmailAttr +
		": check email_attr, and the bind account's right to read it")
}

func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
