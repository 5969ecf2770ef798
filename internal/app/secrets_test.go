package app

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"bitroster/bitbucket/bitbuckettest"
	"bitroster/internal/config"
	"bitroster/internal/logging"
	"bitroster/internal/settings"
	"bitroster/internal/show"
	"bitroster/sources/builtin"
	"bitroster/sources/ldap/slapdtest"
)

// Every secret has the canary in it.
const (
	canary       = "cAnArYbIrD"
	apiToken     = "apitoken" + canary
	accessToken  = "accesstoken" + canary
	clientSecret = "clientsecret" + canary
	ldapPassword = "ldappassword" + canary
)

// leakCase is one way in which a run goes wrong.
type leakCase struct {
	name string
	// fault bends the emulator's answers, front stands before it and may answer itself.
	fault func(*http.Request) bitbuckettest.Fault
	front func(http.ResponseWriter, *http.Request) bool
	// tls serves with a certificate that nobody trusts, caFile is trusted instead; nowhere has nobody answer at all.
	tls, nowhere bool
	caFile       string
	// ldap is the directory's address, with further settings; nobody answers where it is empty.
	ldap string
	// patience ends the run; it is for waits that have no end of their own.
	patience time.Duration
}

// TestNothingTellsASecret makes passes that go wrong in every way that the emulator knows, and looks for the secrets in
// all that they leave behind; and for people's addresses in the log that is to have none.
func TestNothingTellsASecret(t *testing.T) {
	t.Parallel()
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a redirect was followed to another host: %s", r.Method)
	}))
	defer thief.Close()
	var group sync.WaitGroup
	atOnce := make(chan struct{}, 96)
	kinds := &tally{seen: map[string]int{}}
	for _, c := range leakCases(t, thief.URL) {
		atOnce <- struct{}{}
		site := newLeakSite(t, c)
		group.Go(func() {
			defer func() { <-atOnce }()
			site.check(site.pass(t.Context()))
			site.close()
			kinds.add(site)
		})
	}
	group.Wait()
	for _, kind := range []string{"Basic " + basic("ada@acme.test", apiToken), "Bearer " + accessToken, "Basic " + basic("consumer", clientSecret), "wal", "address"} {
		if kinds.seen[kind] == 0 {
			t.Errorf("%s was never there: nothing was looked for", kind)
		}
	}
}

// tally counts what the test needs to have met to be worth anything.
type tally struct {
	mu   sync.Mutex
	seen map[string]int
}

func (y *tally) add(s *leakSite) {
	y.mu.Lock()
	defer y.mu.Unlock()
	for header := range s.headers {
		y.seen[header]++
	}
	if s.wal {
		y.seen["wal"]++
	}
	if strings.Contains(s.logs["json"].String(), "@people.test") {
		y.seen["address"]++
	}
}

func basic(user, password string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
}

// leakCases lists all ways to go wrong, those that take long first.
func leakCases(t *testing.T, elsewhere string) []leakCase {
	t.Helper()
	targets := map[string]func(*http.Request) bool{
		"reads": func(r *http.Request) bool {
			return r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/1.0/groups")
		},
		"look-ups": func(r *http.Request) bool {
			return strings.HasSuffix(r.URL.Path, "/members") && r.Method == http.MethodGet
		},
		"writes": func(r *http.Request) bool {
			return r.Method != http.MethodGet && strings.HasPrefix(r.URL.Path, "/1.0/")
		},
		"tokens": func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/site/") },
		"api token and access token": func(r *http.Request) bool {
			return r.Header.Get("Authorization") != "Bearer "+accessToken && !strings.HasPrefix(r.URL.Path, "/site/")
		},
	}
	var slow, quick []leakCase
	add := func(what string, f bitbuckettest.Fault) {
		for name, target := range targets {
			c := leakCase{name: what + " on " + name, fault: only(target, f)}
			if f.Status == http.StatusTooManyRequests {
				c.patience = 3 * time.Second
			}
			if c.patience > 0 || f.Status >= 500 || f.Reset || f.Cut {
				slow = append(slow, c)
			} else {
				quick = append(quick, c)
			}
		}
	}
	for _, body := range []string{"", "text", "empty", "nonsense"} {
		for _, status := range []int{302, 307, 400, 401, 402, 403, 404, 405, 409, 410, 429, 500, 503} {
			add(fmt.Sprint(status, " ", body), bitbuckettest.Fault{Status: status, Body: body, Header: http.Header{"Location": {elsewhere}}})
		}
	}
	add("nonsense", bitbuckettest.Fault{Body: "nonsense"})
	add("reset", bitbuckettest.Fault{Reset: true})
	add("reset after", bitbuckettest.Fault{Reset: true, AfterEffect: true})
	add("502 after", bitbuckettest.Fault{Status: 502, AfterEffect: true})
	add("cut", bitbuckettest.Fault{Cut: true})
	return slices.Concat(slow, wireCases(t), quick)
}

// only bends the answers to the requests that are meant.
func only(meant func(*http.Request) bool, f bitbuckettest.Fault) func(*http.Request) bitbuckettest.Fault {
	return func(r *http.Request) bitbuckettest.Fault {
		if meant(r) {
			return f
		}
		return bitbuckettest.Fault{}
	}
}

// wireCases are what goes wrong beside the API's answers.
func wireCases(t *testing.T) []leakCase {
	t.Helper()
	directory := slapdtest.Start(t, slapdtest.Options{LDIF: slapdtest.Person("eve", "Eve", "eve@people.test")})
	plain := slapdtest.Start(t, slapdtest.Options{NoTLS: true})
	return []leakCase{
		{name: "all is well"},
		{name: "unknown authority", tls: true},
		{name: "wrong authority", tls: true, caFile: directory.CAFile},
		{name: "unreachable", nowhere: true},
		{name: "wrong password of the directory", ldap: "urls: [" + directory.URL + "], insecure_plain_text: true"},
		{name: "unknown authority of the directory", ldap: "urls: [" + directory.TLSURL + "]"},
		{name: "directory without TLS", ldap: "urls: [" + plain.URL + "], start_tls: true"},
		{name: "what was asked is said back", front: func(w http.ResponseWriter, r *http.Request) bool {
			body, err := io.ReadAll(r.Body)
			if err != nil || r.Method == http.MethodGet && !strings.HasSuffix(r.URL.Path, "/members") {
				r.Body = io.NopCloser(bytes.NewReader(body))
				return false
			}
			http.Error(w, fmt.Sprintf("cannot %s %s with %s", r.Method, r.URL, body), http.StatusBadRequest)
			return true
		}},
	}
}

// leakSite is a run that is set up.
type leakSite struct {
	t *testing.T
	leakCase
	dir, file string
	closers   []func()

	mu      sync.Mutex
	headers map[string]bool // all values of Authorization that were sent
	logs    map[string]*bytes.Buffer
	wal     bool
}

func newLeakSite(t *testing.T, c leakCase) *leakSite {
	t.Helper()
	server := bitbuckettest.New(bitbuckettest.Options{Fault: c.fault})
	server.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
	server.AddGroup("acme", "Developers")
	server.AddMember("acme", "dan@people.test")
	server.AddAPIToken("ada@acme.test", apiToken, "read:workspace:bitbucket", "write:permission:bitbucket")
	server.AddAccessToken(accessToken, "workspace:acme", "account:write")
	server.AddOAuthConsumer("acme", "consumer", clientSecret, "account:write")
	s := &leakSite{t: t, leakCase: c, dir: t.TempDir(), headers: map[string]bool{}, logs: map[string]*bytes.Buffer{}}
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.note(r)
		if c.front == nil || !c.front(w, r) {
			server.Handler().ServeHTTP(w, r)
		}
	}))
	front.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // refused handshakes
	if c.tls {
		front.StartTLS()
	} else {
		front.Start()
	}
	s.closers = append(s.closers, front.Close)
	address := front.URL
	if c.nowhere {
		front.Close()
	}
	s.write(address)
	return s
}

// note keeps the credential of a request.
func (s *leakSite) note(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.headers[r.Header.Get("Authorization")] = true
}

func (s *leakSite) close() {
	for _, end := range s.closers {
		end()
	}
}

// write writes the people and the config. Some people cannot be used.
func (s *leakSite) write(address string) {
	write(s.t, filepath.Join(s.dir, "people", "people.csv"),
		"email,groups\nnew@people.test,dev\ndan@people.test,dev\ntwo@people.test three@people.test,dev\nx@people.test;y@people.test,dev,more\n")
	if s.ldap == "" {
		s.ldap = `urls: ["ldap://127.0.0.1:1"], insecure_plain_text: true`
	}
	ca := ""
	if s.caFile != "" {
		ca = "\n    ca_file: " + s.caFile
	}
	s.file = filepath.Join(s.dir, "config.yaml")
	write(s.t, s.file, fmt.Sprintf(`
sources:
  - {name: hr, type: csv, path: %s, settle: 0s}
  - {name: staff, type: ldap, %s, bind_dn: "cn=reader,ou=services,dc=lab,dc=test", bind_password: "env:LDAP",
     user_search: {base_dn: "ou=people,dc=lab,dc=test"}, group_search: {base_dn: "ou=groups,dc=lab,dc=test"}}
workspaces:
  - workspace: acme
    api_url: %s%s
    credentials:
      - {kind: api_token, email: ada@acme.test, token: "env:API"}
      - {kind: oauth, client_id: consumer, client_secret: "env:OAUTH", token_url: "%s/site/oauth2/access_token"}
      - {kind: access_token, token: "env:ACCESS"}
    limits: {invitations_per_minute: 0, requests_per_hour: 0}
    invitations: {settle: 100ms}
    rules:
      - {name: developers, when: {group: dev}, grant: {groups: [Developers]}}
`, filepath.Join(s.dir, "people"), s.ldap, address, ca, address))
}

// pass makes a pass and gives all that it left behind, by name.
func (s *leakSite) pass(ctx context.Context) map[string]string {
	cfg, err := config.Load(s.file, nil, builtin.Registry())
	if err != nil {
		s.t.Errorf("%s: %v", s.name, err)
		return nil
	}
	env := map[string]string{"API": apiToken, "OAUTH": clientSecret, "ACCESS": accessToken, "LDAP": ldapPassword}
	a, err := Open(ctx, cfg, Options{Log: s.logger(), Secrets: settings.Secrets{Getenv: func(name string) string { return env[name] }}})
	if err != nil {
		s.t.Errorf("%s: %v", s.name, err)
		return nil
	}
	if s.patience > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.patience)
		defer cancel()
	}
	left := map[string]string{}
	var out bytes.Buffer
	for _, report := range a.Once(ctx) {
		show.Sources(&out, report)
		show.Plan(&out, report.Plan)
		show.Outcome(&out, report)
		text, err := json.Marshal(report)
		left["report"] += string(text) + fmt.Sprintf("%+v", report)
		if err != nil {
			s.t.Error(err)
		}
	}
	left["shown"] = out.String()
	left["config"] = fmt.Sprintf("%+v %#v", cfg, cfg)
	s.files(left)
	if err := a.Close(); err != nil {
		left["error"] = err.Error()
	}
	for form, text := range s.logs {
		left["log "+form] = text.String()
	}
	if s.fault == nil && !s.nowhere { // that takes long
		left["output"] = s.process(env)
	}
	return left
}

// process makes one more pass, in a process of its own, and gives what that writes to its standard output and error: what
// libraries write there by themselves, too.
func (s *leakSite) process(env map[string]string) string {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashConfig+"="+s.file)
	for name, secret := range env {
		cmd.Env = append(cmd.Env, name+"="+secret)
	}
	out, err := cmd.CombinedOutput()
	var ended *exec.ExitError
	if err == nil || !errors.As(err, &ended) || ended.ExitCode() != 1 {
		s.t.Errorf("%s: the process ended with %v, want that its pass was not whole: %s", s.name, err, out)
	}
	return string(out)
}

// logger logs everything in all forms at once.
func (s *leakSite) logger() *zap.Logger {
	var cores []zapcore.Core
	for _, format := range []string{"json", "console"} {
		for form, addresses := range map[string]bool{format: true, format + " without addresses": false} {
			s.logs[form] = &bytes.Buffer{}
			log, err := logging.New(logging.Config{Level: "debug", Format: format, Addresses: addresses}, s.logs[form])
			if err != nil {
				s.t.Error(err)
				continue
			}
			cores = append(cores, log.Core())
		}
	}
	return zap.New(zapcore.NewTee(cores...))
}

// files adds the files of the journal, which is still open.
func (s *leakSite) files(left map[string]string) {
	err := filepath.WalkDir(s.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(path, "bitroster.sqlite") {
			return err
		}
		text, err := os.ReadFile(path)
		left[path] = string(text)
		s.wal = s.wal || strings.HasSuffix(path, "-wal") && len(text) > 0
		return err
	})
	if err != nil {
		s.t.Errorf("%s: %v", s.name, err)
	}
}

// check looks for the secrets in everything, and for addresses in the logs that are to have none.
func (s *leakSite) check(left map[string]string) {
	needles := []string{canary, basic("ada@acme.test", apiToken), basic("consumer", clientSecret)}
	s.mu.Lock()
	defer s.mu.Unlock()
	for header := range s.headers {
		if _, value, found := strings.Cut(header, " "); found {
			needles = append(needles, value) // tokens that were issued
		}
	}
	for name, text := range left {
		for _, needle := range needles {
			if strings.Contains(text, needle) {
				s.t.Errorf("%s: a secret (%s…) stands in %s", s.name, needle[:4], name)
			}
		}
		if !strings.HasSuffix(name, "without addresses") {
			continue
		}
		for _, domain := range []string{"people.test", "acme.test"} {
			if at := strings.Index(text, domain); at >= 0 {
				s.t.Errorf("%s: an address stands in %s: %s", s.name, name, text[max(0, at-200):at+len(domain)])
			}
		}
		if text == "" {
			s.t.Errorf("%s: %s is empty", s.name, name)
		}
	}
}

// TestASecretInTheConfigIsNotRepeated writes the secrets where references to them belong.
func TestASecretInTheConfigIsNotRepeated(t *testing.T) {
	for name, replacement := range map[string][2]string{
		"api token":     {`"env:API"`, apiToken},
		"client secret": {`"env:OAUTH"`, clientSecret},
		"access token":  {`"env:ACCESS"`, "{secret: " + accessToken + "}"},
		"bind password": {`"env:LDAP"`, "[" + ldapPassword + "]"},
		"broken YAML":   {`"env:LDAP"`, `"` + ldapPassword},
	} {
		t.Run(name, func(t *testing.T) {
			s := newLeakSite(t, leakCase{})
			defer s.close()
			text, err := os.ReadFile(s.file)
			if err != nil {
				t.Fatal(err)
			}
			write(t, s.file, strings.Replace(string(text), replacement[0], replacement[1], 1))
			_, err = config.Load(s.file, nil, builtin.Registry())
			var refused *config.Error
			if !errors.As(err, &refused) || strings.Contains(err.Error(), canary) {
				t.Errorf("error %v, want one about the config that does not repeat the secret", err)
			}
		})
	}
}
