package app

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"bitroster/bitbucket/bitbuckettest"
	"bitroster/internal/config"
	"bitroster/internal/settings"
	"bitroster/sources/builtin"
	"bitroster/sync/reconcile"
)

// scalePeople are in scaleGroups groups: each person in one of its own and in "everyone".
const (
	scalePeople = 10_000
	scaleGroups = 50
)

// scaleSite is a directory of 10,000 people and a workspace that has its groups, two repositories and a project.
func scaleSite(t testing.TB) (*bitbuckettest.Server, string) {
	t.Helper()
	server := bitbuckettest.New(bitbuckettest.Options{})
	server.AddWorkspace(bitbuckettest.Workspace{Slug: "acme", Owner: bitbuckettest.Person{Email: "ada@acme.test"}})
	server.AddGroup("acme", "everyone")
	server.AddProject("acme", "WEB", "Web")
	server.AddRepository("acme", "shop", "WEB", true)
	server.AddRepository("acme", "docs", "WEB", true)
	server.AddAPIToken("ada@acme.test", "token", "read:workspace:bitbucket", "write:permission:bitbucket",
		"read:repository:bitbucket", "admin:repository:bitbucket", "read:project:bitbucket", "admin:project:bitbucket")
	var rules strings.Builder
	for i := range scaleGroups {
		server.AddGroup("acme", fmt.Sprintf("team-%d", i))
		fmt.Fprintf(&rules, "      - {name: team %d, when: {group: team-%d}, grant: {groups: [team-%d, everyone]}}\n", i, i, i)
	}
	serve(t, server)
	dir := t.TempDir()
	people := &strings.Builder{}
	people.WriteString("email,name,groups\n")
	for i := range scalePeople {
		fmt.Fprintf(people, "p%05d@acme.test,Person %d,team-%d\n", i, i, i%scaleGroups)
	}
	write(t, filepath.Join(dir, "people", "people.csv"), people.String())
	file := filepath.Join(dir, "config.yaml")
	write(t, file, fmt.Sprintf(`
sources:
  - {name: hr, type: csv, path: %s, settle: 0s}
workspaces:
  - workspace: acme
    api_url: %s
    credentials: [{kind: api_token, email: ada@acme.test, token: "env:TOKEN"}]
    limits: {invitations_per_minute: 0, requests_per_hour: 0}
    groups:
      - {group: everyone, repositories: [{repository: shop, permission: write}, {repository: docs, permission: read}], projects: [{project: WEB, permission: read}]}
    rules:
%s`, filepath.Join(dir, "people"), server.URL(), rules.String()))
	return server, file
}

// passOnce makes one pass, as --once does, and gives its report and how many requests it made.
func passOnce(t testing.TB, server *bitbuckettest.Server, file string) (reconcile.Report, int) {
	t.Helper()
	cfg, err := config.Load(file, nil, builtin.Registry())
	if err != nil {
		t.Fatal(err)
	}
	a, err := Open(t.Context(), cfg, Options{Log: zap.NewNop(), Secrets: settings.Secrets{Getenv: func(string) string { return "token" }}})
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close() //nolint:errcheck // the test is over
	server.ResetRecord()
	report := a.Once(t.Context())[0]
	if !report.Whole() || !report.Complete() {
		t.Fatalf("the pass is not whole or not complete: %s %v", report.Failure, report.Doubts)
	}
	return report, server.RequestCount()
}

// TestRequestsPerPerson follows 10,000 people from an empty workspace to the steady state.
func TestRequestsPerPerson(t *testing.T) {
	server, file := scaleSite(t)
	_, backfill := passOnce(t, server, file)
	if mails := len(server.Mails()); mails != scalePeople {
		t.Fatalf("%d mails, want one for each of %d people", mails, scalePeople)
	}
	if most := scalePeople * 103 / 100; backfill > most {
		t.Errorf("backfill: %d requests for %d people, want at most %d", backfill, scalePeople, most)
	}
	acceptAll(t, server)
	joined, _ := passOnce(t, server, file)
	if len(joined.Results) != scalePeople || len(server.Mails()) != 0 {
		t.Errorf("after accepting: %d steps and %d mails, want each person joined to a group without a mail", len(joined.Results), len(server.Mails()))
	}
	report, steady := passOnce(t, server, file)
	if len(report.Results) != 0 || len(server.Writes()) != 0 || steady > 10 {
		t.Errorf("steady: %d steps, %d writes, %d requests; want none, none and at most 10", len(report.Results), len(server.Writes()), steady)
	}
	t.Logf("%d people: backfill %d requests, steady pass %d", scalePeople, backfill, steady)
}

func acceptAll(t testing.TB, server *bitbuckettest.Server) {
	t.Helper()
	for i := range scalePeople {
		if err := server.Accept("acme", fmt.Sprintf("p%05d@acme.test", i)); err != nil {
			t.Fatal(err)
		}
	}
}

// BenchmarkBackfill invites 10,000 people into an empty workspace of the emulator.
func BenchmarkBackfill(b *testing.B) {
	for b.Loop() {
		b.StopTimer()
		server, file := scaleSite(b)
		b.StartTimer()
		_, requests := passOnce(b, server, file)
		b.ReportMetric(float64(requests)/scalePeople, "requests/person")
	}
}

// BenchmarkSteadyPass looks at 10,000 people who have all they want.
func BenchmarkSteadyPass(b *testing.B) {
	server, file := scaleSite(b)
	passOnce(b, server, file)
	acceptAll(b, server)
	passOnce(b, server, file)
	b.ResetTimer()
	for b.Loop() {
		_, requests := passOnce(b, server, file)
		b.ReportMetric(float64(requests), "requests/pass")
	}
}
