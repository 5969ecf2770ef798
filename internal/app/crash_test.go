package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"bitroster/bitbucket/bitbuckettest"
	"bitroster/internal/config"
	"bitroster/internal/settings"
	"bitroster/sources/builtin"
	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

// The process under test is this test binary, called again with the config in crashConfig and, in crashPoint, the point
// of the journal at which it is to kill itself: "begin before", "begin after", "end before", …, each at its first call.
const (
	crashConfig = "BITROSTER_TEST_CONFIG"
	crashPoint  = "BITROSTER_TEST_CRASH"
)

func TestMain(m *testing.M) {
	if file := os.Getenv(crashConfig); file != "" {
		os.Exit(passInProcess(file, os.Getenv(crashPoint)))
	}
	os.Exit(m.Run())
}

// passInProcess makes one pass; 0 means that it was whole and complete.
func passInProcess(file, point string) int {
	ctx := context.Background()
	cfg, err := config.Load(file, nil, builtin.Registry())
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 2
	}
	a, err := Open(ctx, cfg, Options{Log: zap.NewNop(), Secrets: settings.Secrets{Getenv: os.Getenv}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, p := range a.passes {
		p.Memory, p.Ledger = fragile{point, p.Memory, p.Ledger}, fragile{point, p.Memory, p.Ledger}
	}
	for _, report := range a.Once(ctx) {
		if !report.Whole() || !report.Complete() {
			fmt.Fprintf(os.Stderr, "%+v %v %+v\n", report.Failure, report.Doubts, report.Results)
			return 1
		}
	}
	return 0
}

// fragile is a journal in which the process dies at a point.
type fragile struct {
	point string
	reconcile.Memory
	reconcile.Ledger
}

// die kills this process as kill -9 does, if this is the point.
func (f fragile) die(point string) {
	if f.point == point {
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
		select {} // the signal is on its way
	}
}

func (f fragile) Keep(ctx context.Context, workspace string, lessons reconcile.Lessons) error {
	f.die("keep before")
	defer f.die("keep after")
	return f.Memory.Keep(ctx, workspace, lessons)
}

func (f fragile) Start(ctx context.Context, workspace string) (reconcile.Run, error) {
	f.die("start before")
	defer f.die("start after")
	run, err := f.Ledger.Start(ctx, workspace)
	return fragileRun{f, run}, err
}

type fragileRun struct {
	fragile
	reconcile.Run
}

func (f fragileRun) Begin(ctx context.Context, a plan.Action) (apply.StepID, error) {
	f.die("begin before")
	defer f.die("begin after")
	return f.Run.Begin(ctx, a)
}

func (f fragileRun) End(ctx context.Context, id apply.StepID, outcome plan.Outcome, detail string) error {
	f.die("end before")
	defer f.die("end after")
	return f.Run.End(ctx, id, outcome, detail)
}

func (f fragileRun) Finish(ctx context.Context, report reconcile.Report) error {
	f.die("finish before")
	defer f.die("finish after")
	return f.Run.Finish(ctx, report)
}

// crashPeople is how many people a pass invites.
const crashPeople = 200

// crashSite is a workspace in an emulator with everybody still to be invited, and the config for it.
type crashSite struct {
	server *bitbuckettest.Server
	file   string
}

// serve starts an emulator that ends with the test.
func serve(t testing.TB, server *bitbuckettest.Server) {
	t.Helper()
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
}

func newCrashSite(t *testing.T) crashSite {
	t.Helper()
	server := bitbuckettest.New(bitbuckettest.Options{})
	server.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
	server.AddGroup("acme", "Developers")
	server.AddAPIToken("ada@acme.test", "token", "read:workspace:bitbucket", "write:permission:bitbucket")
	serve(t, server)
	dir := t.TempDir()
	people := "email,groups\n"
	for i := range crashPeople {
		people += fmt.Sprintf("p%03d@acme.test,dev\n", i)
	}
	write(t, filepath.Join(dir, "people", "people.csv"), people)
	file := filepath.Join(dir, "config.yaml")
	write(t, file, fmt.Sprintf(`
sources:
  - {name: hr, type: csv, path: %s, settle: 0s}
workspaces:
  - workspace: acme
    api_url: %s
    credentials: [{kind: api_token, email: ada@acme.test, token: "env:TOKEN"}]
    limits: {invitations_per_minute: 0, requests_per_hour: 0}
    invitations: {settle: 100ms}
    rules:
      - {name: developers, when: {source: hr, group: dev}, grant: {groups: [Developers]}}
`, filepath.Join(dir, "people"), server.URL()))
	return crashSite{server, file}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func (s crashSite) command(point string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashConfig+"="+s.file, crashPoint+"="+point, "TOKEN=token")
	cmd.Stderr = new(strings.Builder)
	return cmd
}

// crash makes a pass that dies at a point, and says whether it did: it does not when it never comes there.
func (s crashSite) crash(t *testing.T, point string) bool {
	t.Helper()
	cmd := s.command(point)
	err := cmd.Run()
	if err == nil {
		return false
	}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGKILL {
		t.Fatalf("pass ended with %v, want a kill at %q: %s", err, point, cmd.Stderr)
	}
	return true
}

// finish makes a pass that nothing disturbs, and counts the mails.
func (s crashSite) finish(t *testing.T, what string) {
	t.Helper()
	cmd := s.command("")
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: the next pass: %v: %s", what, err, cmd.Stderr)
	}
	mails := s.mails(t, what)
	for i := range crashPeople {
		if n := mails[access.Email(fmt.Sprintf("p%03d@acme.test", i))]; n != 1 {
			t.Errorf("%s: person %d has %d mails, want exactly one", what, i, n)
		}
	}
	if violations := s.server.Violations(); len(violations) > 0 {
		t.Errorf("%s: violations: %v", what, violations)
	}
}

// mails counts the mails of each person; nobody may have two, at any time.
func (s crashSite) mails(t *testing.T, what string) map[access.Email]int {
	t.Helper()
	count := map[access.Email]int{}
	for _, mail := range s.server.Mails() {
		if count[access.Email(mail.Email)]++; count[access.Email(mail.Email)] > 1 {
			t.Fatalf("%s: %s was mailed twice", what, mail.Email)
		}
	}
	return count
}

// TestKilledAtEveryPointOfEachInvitation kills the process at every point of the journal of each of the invitations, each
// time going on with the journal that is left: before the record, after it and before the call, after the call and before
// its end is recorded; and, in a second workspace, after the end is recorded.
func TestKilledAtEveryPointOfEachInvitation(t *testing.T) {
	for name, points := range map[string][]string{
		"up to the effect": {"begin before", "begin after", "end before"}, "after the end": {"end after"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			site := newCrashSite(t)
			kills := 0
			for site.crash(t, points[kills%len(points)]) {
				kills++
				site.mails(t, fmt.Sprint("after ", kills, " kills"))
			}
			if want := crashPeople * len(points); kills != want {
				t.Errorf("%d kills, want %d: each point of each invitation", kills, want)
			}
			site.finish(t, name)
		})
	}
}

// TestKilledBetweenTheInvitations kills at the points that belong to the whole run.
func TestKilledBetweenTheInvitations(t *testing.T) {
	for _, point := range []string{"start before", "start after", "keep before", "keep after", "finish before", "finish after"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			site := newCrashSite(t)
			if !site.crash(t, point) {
				t.Fatal("the point was never reached")
			}
			site.finish(t, point)
		})
	}
}

// TestKilledAtRandomMoments kills passes at 200 random moments, each in a workspace of its own.
func TestKilledAtRandomMoments(t *testing.T) {
	const rounds = 200
	whole := wholePass(t)
	random := rand.New(rand.NewPCG(2026, 3))
	for round := range rounds {
		moment := time.Duration(random.Int64N(int64(whole)))
		t.Run(strconv.Itoa(round), func(t *testing.T) {
			t.Parallel()
			killAt(t, moment)
		})
	}
}

// wholePass measures how long a pass takes.
func wholePass(t *testing.T) time.Duration {
	t.Helper()
	begin := time.Now()
	newCrashSite(t).finish(t, "undisturbed")
	return time.Since(begin)
}

func killAt(t *testing.T, moment time.Duration) {
	site := newCrashSite(t)
	cmd := site.command("")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	timer := time.AfterFunc(moment, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait() // killed, or done before
	timer.Stop()
	site.finish(t, fmt.Sprint("killed after ", moment))
}
