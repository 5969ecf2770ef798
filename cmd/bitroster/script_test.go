package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"

	"bitroster/bitbucket/bitbuckettest"
	"bitroster/sources/ldap/slapdtest"
	"bitroster/sync/journal"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"bitroster": main})
}

// TestScripts runs the real program against an emulated Bitbucket and a real OpenLDAP. Each script has both to itself;
// the environment tells where they are, and the command "fill" puts that into a file.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:   "testdata",
		Setup: setUp,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"fill": fill, "exits": exits, "mails": mails, "writes": writes, "reset": reset, "accept": accept,
			"pending": pending, "withdraw": withdraw, "remove": remove, "accountid": accountID, "lookups": lookUps, "loseinvite": loseInvite, "awaitmails": awaitMails, "ldap": ldapCommand, "hold": hold, "release": release,
		},
	})
}

// lab is what a script works against.
type lab struct {
	bitbucket *bitbuckettest.Server
	ldap      *slapdtest.Server
	proxy     *cutter
	release   func() error
}

type labKey struct{}

func labOf(ts *testscript.TestScript) *lab { return ts.Value(labKey{}).(*lab) } //nolint:errcheck,forcetypeassert // set in setUp

func setUp(env *testscript.Env) error {
	l := &lab{bitbucket: newBitbucket()}
	if err := l.bitbucket.Start(); err != nil {
		return err
	}
	env.Defer(func() { _ = l.bitbucket.Close() })
	dir, err := os.MkdirTemp(env.WorkDir, "slapd")
	if err != nil {
		return err
	}
	l.ldap, err = slapdtest.Launch(dir, slapdtest.Options{LDIF: directory(), Access: []string{
		fmt.Sprintf(`access to dn.exact="%s" attrs=member by dn.exact="%s" write by * none`, slapdtest.GroupDN("secret"), slapdtest.RootDN),
	}})
	if err != nil {
		return err
	}
	env.Defer(func() { _ = l.ldap.Stop() })
	if l.proxy, err = newCutter(strings.TrimPrefix(l.ldap.URL, "ldap://")); err != nil {
		return err
	}
	env.Defer(l.proxy.close)
	env.Values[labKey{}] = l
	env.Setenv("API", l.bitbucket.URL())
	env.Setenv("LDAPS", l.ldap.TLSURL)
	env.Setenv("CUT_LDAP", "ldap://"+l.proxy.listener.Addr().String())
	env.Setenv("CA", l.ldap.CAFile)
	env.Setenv("LDAP_PASSWORD", slapdtest.Password)
	env.Setenv("TOKEN", "token")
	return nil
}

// newBitbucket is the workspace acme: mia is a member of no group, otto is a member of Staff.
func newBitbucket() *bitbuckettest.Server {
	s := bitbuckettest.New(bitbuckettest.Options{})
	s.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
	for _, group := range []string{"Developers", "Staff"} {
		s.AddGroup("acme", group)
	}
	s.AddMember("acme", "mia@acme.test")
	s.AddMember("acme", "otto@acme.test", "Staff")
	s.AddProject("acme", "WEB", "Web")
	s.AddRepository("acme", "shop", "WEB", true)
	s.AddAPIToken("ada@acme.test", "token", "read:workspace:bitbucket", "write:permission:bitbucket", "read:repository:bitbucket",
		"admin:repository:bitbucket", "read:project:bitbucket", "admin:project:bitbucket")
	return s
}

// directory has lea, mia and pia in developers, and a group whose members only an administrator may read.
func directory() string {
	var text string
	for uid, name := range map[string]string{"lea": "Lea Lang", "mia": "Mia Moor", "pia": "Pia Post"} {
		text += slapdtest.Person(uid, name, uid+"@acme.test")
	}
	return text +
		slapdtest.Group("developers", slapdtest.PersonDN("lea"), slapdtest.PersonDN("mia"), slapdtest.PersonDN("pia")) +
		slapdtest.Group("secret", slapdtest.PersonDN("lea"))
}

// fill expands $NAME in files, in place.
func fill(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		path := ts.MkAbs(name)
		text, err := os.ReadFile(path)
		ts.Check(err)
		ts.Check(os.WriteFile(path, []byte(os.Expand(string(text), ts.Getenv)), 0o600))
	}
}

// exits runs a program and wants this exit code of it: exits 5 bitroster --once.
func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// mails wants mails to just these people, each named once for each mail since the last reset.
func mails(ts *testscript.TestScript, _ bool, want []string) {
	got := []string{}
	for _, mail := range labOf(ts).bitbucket.Mails() {
		got = append(got, strings.TrimSuffix(mail.Email, "@acme.test"))
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(append([]string{}, want...), got); diff != "" {
		ts.Fatalf("mails (-want +got):\n%s", diff)
	}
}

// writes wants so many requests since the last reset that are not GET.
func writes(ts *testscript.TestScript, _ bool, args []string) {
	requests := labOf(ts).bitbucket.Writes()
	if strconv.Itoa(len(requests)) != args[0] {
		ts.Fatalf("%d write requests, want %s: %v", len(requests), args[0], requests)
	}
	if violations := labOf(ts).bitbucket.Violations(); len(violations) > 0 {
		ts.Fatalf("requests that the API does not document: %v", violations)
	}
}

func reset(ts *testscript.TestScript, _ bool, _ []string) { labOf(ts).bitbucket.ResetRecord() }

func accept(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		ts.Check(labOf(ts).bitbucket.Accept("acme", name+"@acme.test"))
	}
}

// pending invites somebody to a group by hand: pending pia Staff.
func pending(ts *testscript.TestScript, _ bool, args []string) {
	body := fmt.Sprintf(`{"email":"%s@acme.test","group_slug":"%s"}`, args[0], strings.ToLower(args[1]))
	req, err := http.NewRequest(http.MethodPut, ts.Getenv("API")+"/1.0/users/acme/invitations", strings.NewReader(body))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth("ada@acme.test", "token")
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	ts.Check(res.Body.Close())
	if res.StatusCode != http.StatusOK {
		ts.Fatalf("inviting by hand: %s", res.Status)
	}
}

// awaitMails waits until so many mails were sent, for a minute at most.
func awaitMails(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	deadline := time.Now().Add(time.Minute)
	for len(labOf(ts).bitbucket.Mails()) < want {
		if time.Now().After(deadline) {
			ts.Fatalf("%d mails after a minute, want %d", len(labOf(ts).bitbucket.Mails()), want)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// hold acts as another process that is at work on a workspace, until release.
func hold(ts *testscript.TestScript, _ bool, args []string) {
	j, err := journal.Open(context.Background(), ts.MkAbs(args[0]), time.Now)
	ts.Check(err)
	unlock, err := j.Lock(context.Background(), args[1])
	ts.Check(err)
	labOf(ts).release = func() error { unlock(); return j.Close() }
}

func release(ts *testscript.TestScript, _ bool, _ []string) { ts.Check(labOf(ts).release()) }

// ldapCommand stops or starts the LDAP server, changes its tree by an LDIF file, or sets after how many bytes of its
// answers the connection through $CUT_LDAP is cut.
func ldapCommand(ts *testscript.TestScript, _ bool, args []string) {
	l := labOf(ts)
	switch args[0] {
	case "stop":
		ts.Check(l.ldap.Stop())
	case "start":
		ts.Check(l.ldap.Restart())
	case "modify":
		text, err := os.ReadFile(ts.MkAbs(args[1]))
		ts.Check(err)
		ts.Check(l.ldap.Modify(string(text)))
	case "cut":
		after, err := strconv.Atoi(args[1])
		ts.Check(err)
		l.proxy.after.Store(int64(after))
	default:
		ts.Fatalf("ldap %s: unknown", args[0])
	}
}

// cutter passes connections on, and cuts each after so many bytes of answers.
type cutter struct {
	listener net.Listener
	target   string
	after    atomic.Int64
}

func newCutter(target string) (*cutter, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	c := &cutter{listener: listener, target: target}
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go c.pass(conn)
		}
	}()
	return c, nil
}

func (c *cutter) pass(client net.Conn) {
	defer client.Close() //nolint:errcheck // it is cut on purpose
	server, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer server.Close() //nolint:errcheck // see above
	go func() { _, _ = io.Copy(server, client) }()
	_, _ = io.CopyN(client, server, c.after.Load())
}

func (c *cutter) close() { _ = c.listener.Close() }

// TestEveryScriptRuns finds scripts that TestScripts would pass over.
func TestEveryScriptRuns(t *testing.T) {
	files, err := filepath.Glob("testdata/*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	for _, file := range files {
		if filepath.Ext(file) != ".txtar" {
			t.Errorf("%s is not run: scripts end in .txtar", file)
		}
	}
}
