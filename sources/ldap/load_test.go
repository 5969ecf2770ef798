package ldap

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"bitroster/sources/ldap/slapdtest"
)

// company is 10,000 people in 50 groups of 200.
func company(t testing.TB) *slapdtest.Server {
	t.Helper()
	const teams, size = 50, 200
	var ldif strings.Builder
	for team := range teams {
		members := make([]string, size)
		for i := range members {
			uid := fmt.Sprintf("u%05d", team*size+i)
			ldif.WriteString(slapdtest.Person(uid, "Person "+uid, uid+"@example.test"))
			members[i] = slapdtest.PersonDN(uid)
		}
		ldif.WriteString(slapdtest.Group(fmt.Sprintf("team-%02d", team), members...))
	}
	return slapdtest.Start(t, slapdtest.Options{LDIF: ldif.String()})
}

func TestNumberOfSearches(t *testing.T) {
	t.Parallel()
	p := startProxy(t, company(t).URL, -1, false)
	snapshot := read(t, configFor(p.url, ""))
	if len(snapshot.Entries) != 10_000 || len(snapshot.Groups) != 50 || len(snapshot.Rejects) != 0 {
		t.Errorf("%d entries, %d groups, %d rejects; want 10,000, 50 and none",
			len(snapshot.Entries), len(snapshot.Groups), len(snapshot.Rejects))
	}
	for _, group := range snapshot.Groups {
		if group.Members != 200 || group.Problem != "" {
			t.Errorf("group %+v, want 200 members and no problem", group)
		}
	}
	// 10 pages of people, and one each for the groups and the root DSE.
	if got := p.searches.Load(); got > 13 {
		t.Errorf("%d searches, want at most 13", got)
	}
}

// BenchmarkRead compares a read with ldapsearch's of the same people and groups, the least that it could take.
func BenchmarkRead(b *testing.B) {
	server := company(b)
	counted := startProxy(b, server.URL, -1, false)
	read(b, configFor(counted.url, ""))
	source := open(b, configFor(server.URL, ""))
	var ours, theirs time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if _, err := source.Read(b.Context()); err != nil {
			b.Fatal(err)
		}
		ours += time.Since(start)
		b.StopTimer()
		theirs += ldapsearch(b, server.URL)
		b.StartTimer()
	}
	b.ReportMetric(float64(counted.searches.Load()), "searches/op")
	b.ReportMetric(float64(theirs.Milliseconds())/float64(b.N), "ldapsearch-ms")
	b.ReportMetric(float64(ours.Milliseconds())/float64(b.N), "read-ms")
	b.ReportMetric(float64(ours)/float64(theirs), "ratio")
}

func ldapsearch(b *testing.B, url string) time.Duration {
	b.Helper()
	start := time.Now()
	for base, what := range map[string][]string{
		slapdtest.PeopleDN: {"(objectClass=inetOrgPerson)", "entryUUID", "mail", "cn", "uid"},
		slapdtest.GroupsDN: {"(objectClass=groupOfNames)", "cn", "member"},
	} {
		args := append([]string{
			"-x", "-LLL", "-H", url, "-D", slapdtest.ReaderDN, "-w", slapdtest.Password, "-E", "pr=1000/noprompt", "-b", base,
		}, what...)
		if out, err := exec.Command("ldapsearch", args...).Output(); err != nil || len(out) == 0 {
			b.Fatalf("ldapsearch: %v", err)
		}
	}
	return time.Since(start)
}
