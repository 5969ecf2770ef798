package ldap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	goldap "github.com/go-ldap/ldap/v3"

	"bitroster/internal/settings"
	"bitroster/sources/ldap/slapdtest"
)

func TestTLS(t *testing.T) {
	t.Parallel()
	tree := slapdtest.Options{LDIF: people("ana") + slapdtest.Group("all", slapdtest.PersonDN("ana"))}
	server, bare := slapdtest.Start(t, tree), slapdtest.Start(t, slapdtest.Options{LDIF: tree.LDIF, NoTLS: true})
	startTLS := func(c *Config) { c.StartTLS = true }
	wrongName := func(c *Config) { c.ServerName = "ldap.example.com" }
	port := strings.TrimPrefix(server.TLSURL, "ldaps://127.0.0.1:")
	plainPort := strings.TrimPrefix(server.URL, "ldap://127.0.0.1:")
	for name, c := range map[string]*Config{
		"ldaps":                        configFor(server.TLSURL, server.CAFile),
		"ldaps by name":                configFor("ldaps://localhost:"+port, server.CAFile),
		"ldaps, name given":            configFor(server.TLSURL, server.CAFile, func(c *Config) { c.ServerName = "localhost" }),
		"ldaps, anything goes":         configFor(server.TLSURL, "", func(c *Config) { c.InsecureSkipVerify = true }),
		"start_tls":                    configFor(server.URL, server.CAFile, startTLS),
		"second URL, first is closed":  configFor("ldaps://127.0.0.1:1", server.CAFile, also(server.TLSURL)),
		"second URL, first has no TLS": configFor(bare.URL, server.CAFile, startTLS, also(server.URL)),
	} {
		t.Run(name, func(t *testing.T) {
			if got := len(read(t, c).Entries); got != 1 {
				t.Errorf("%d entries, want 1", got)
			}
		})
	}
	for name, test := range map[string]struct {
		config *Config
		words  []string
	}{
		"unknown authority": {
			configFor(server.TLSURL, ""), []string{server.TLSURL, "not trusted: give its authority as root_ca"},
		},
		"wrong name":                   {configFor(server.TLSURL, server.CAFile, wrongName), []string{"has another name", "server_name"}},
		"start_tls, unknown authority": {configFor(server.URL, "", startTLS), []string{"start_tls", "not trusted"}},
		"start_tls, wrong name":        {configFor(server.URL, server.CAFile, startTLS, wrongName), []string{"has another name"}},
		"start_tls refused":            {configFor(bare.URL, server.CAFile, startTLS), []string{"start_tls", "no TLS set up"}},
		"ldaps on the plain port": {
			configFor("ldaps://127.0.0.1:"+plainPort, server.CAFile), []string{"is it the right port?"},
		},
		"ldap on the TLS port": {configFor("ldap://127.0.0.1:"+port, ""), []string{"is it the right port?"}},
		"nobody there": {
			configFor("ldaps://127.0.0.1:1", "", also("ldaps://127.0.0.1:2")),
			[]string{"ldaps://127.0.0.1:1: ", "ldaps://127.0.0.1:2: ", "connection refused"},
		},
	} {
		t.Run(name, func(t *testing.T) { mustFail(t, test.config, test.words...) })
	}
}

func also(url string) func(*Config) { return func(c *Config) { c.URLs = append(c.URLs, url) } }

func TestLogin(t *testing.T) {
	t.Parallel()
	server := slapdtest.Start(t, slapdtest.Options{LDIF: people("ana"), Access: []string{
		fmt.Sprintf("access to dn.subtree=%q by * read", slapdtest.PeopleDN),
		fmt.Sprintf("access to dn.subtree=%q by * read", slapdtest.GroupsDN),
	}})
	anonymous := configFor(server.URL, "", func(c *Config) { c.BindDN, c.BindPassword, c.Anonymous = "", "", true })
	if got := len(read(t, anonymous).Entries); got != 1 {
		t.Errorf("%d entries read anonymously, want 1", got)
	}
	source, err := configFor(server.URL, "", also("ldap://127.0.0.1:1")).
		Open(settings.Secrets{Getenv: func(string) string { return "wrong" }})
	check(t, err)
	_, err = source.Read(t.Context())
	if err == nil || !strings.Contains(err.Error(), "bind: login refused: check bind_dn and bind_password") {
		t.Errorf("error %v, want the login refused", err)
	}
	if err != nil && strings.Contains(err.Error(), "127.0.0.1:1:") {
		t.Errorf("error %v: a wrong password was tried on the next server, too", err)
	}
}

func TestOpenReadsWhatItNeeds(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty.pem")
	check(t, os.WriteFile(empty, []byte("nothing"), 0o600))
	for name, test := range map[string]struct {
		rootCA, password, want string
	}{
		"no password":       {"", "", "bind_password: secret env:LDAP_PASSWORD is empty"},
		"no file":           {empty + "x", "secret", "root_ca: open "},
		"not a certificate": {empty, "secret", "holds no certificate in PEM form"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := configFor("ldaps://ldap.example.com", test.rootCA).
				Open(settings.Secrets{Getenv: func(string) string { return test.password }})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}

// TestHungServer holds that no server can hold a read up, whatever it falls silent at.
func TestHungServer(t *testing.T) {
	t.Parallel()
	mute := listen(t, func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
	silent := func(*wire) {}
	handshake := startFake(t, fake{extended: func(w *wire) {
		w.done(goldap.ApplicationExtendedResponse, 0, "")
		_, _ = io.Copy(io.Discard, w.conn)
	}})
	search := startFake(t, fake{paging: true, search: func(*wire, asked) {}})
	startTLS := func(c *Config) { c.StartTLS = true }
	for name, test := range map[string]struct {
		url    string
		change func(*Config)
		word   string
	}{
		"TLS handshake":          {strings.Replace(mute, "ldap", "ldaps", 1), nil, "TLS handshake"},
		"start_tls":              {mute, startTLS, "start_tls"},
		"handshake of start_tls": {handshake, startTLS, "start_tls"},
		"bind":                   {mute, nil, "bind"},
		"root DSE":               {startFake(t, fake{rootDSE: silent}), nil, "root DSE"},
		"root DSE, anonymous":    {mute, func(c *Config) { c.BindDN, c.BindPassword, c.Anonymous = "", "", true }, "root DSE"},
		"search":                 {search, nil, "group_search"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := configFor(test.url, "", func(c *Config) {
				c.ConnectTimeout, c.RequestTimeout = 500*time.Millisecond, 500*time.Millisecond
			})
			if test.change != nil {
				test.change(c)
			}
			before := time.Now()
			mustFail(t, c, test.word, "did not answer in time")
			if took := time.Since(before); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestCancelled ends the context at several places of a read.
func TestCancelled(t *testing.T) {
	t.Parallel()
	server := slapdtest.Start(t, slapdtest.Options{LDIF: people("ana") + slapdtest.Group("all", slapdtest.PersonDN("ana"))})
	whole := answerBytes(t, server)
	for _, share := range []int64{0, 1, 5, 9} {
		t.Run(fmt.Sprintf("after %d tenths", share), func(t *testing.T) {
			t.Parallel()
			p := startProxy(t, server.URL, whole*share/10, true)
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			go func() {
				<-p.stalled
				cancel()
			}()
			before := time.Now()
			snapshot, err := open(t, configFor(p.url, "")).Read(ctx)
			if !errors.Is(err, context.Canceled) || len(snapshot.Entries) > 0 {
				t.Errorf("%d entries, error %v; want none, and one that is context.Canceled", len(snapshot.Entries), err)
			}
			if took := time.Since(before); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// answerBytes measures the answers of one whole read.
func answerBytes(t *testing.T, server *slapdtest.Server, changes ...func(*Config)) int64 {
	t.Helper()
	var n int64
	t.Run("measure", func(t *testing.T) {
		var p *proxy
		t.Cleanup(func() { n = p.answered.Load() }) // after the proxy's own, which waits for the last byte
		p = startProxy(t, server.URL, -1, false)
		read(t, configFor(p.url, "", changes...))
	})
	if n == 0 {
		t.Fatal("the measured read had no answers")
	}
	return n
}
