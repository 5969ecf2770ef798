package slapdtest

import (
	"slices"
	"testing"

	goldap "github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"
)

func TestServer(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{LDIF: Person("ana", "Ana Åbel", "ana@example.test") + Group("all", PersonDN("ana"))})
	step := func(name string, err error, want ...string) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := cmp.Diff(want, uids(t, s)); diff != "" {
			t.Errorf("%s: uids (-want +got):\n%s", name, diff)
		}
	}
	step("start", nil, "ana")
	step("modify", s.Modify(Person("bo", "Bo", "")), "ana", "bo")
	if err := s.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := s.logIn(); err == nil {
		t.Error("it answers after Stop")
	}
	step("restart", s.Restart(), "ana", "bo")
	step("replace", s.Replace(Person("cy, d", "Cy", "")), "cy, d")
	if err := s.Replace("nonsense\n"); err == nil {
		t.Error("LDIF without sense was loaded")
	}
}

func uids(t *testing.T, s *Server) []string {
	t.Helper()
	conn, err := goldap.DialURL(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // a test
	if err := conn.Bind(ReaderDN, Password); err != nil {
		t.Fatal(err)
	}
	answer, err := conn.Search(&goldap.SearchRequest{
		BaseDN: PeopleDN, Scope: goldap.ScopeSingleLevel, Filter: "(uid=*)", Attributes: []string{"uid"},
	})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, entry := range answer.Entries {
		all = append(all, entry.GetAttributeValue("uid"))
	}
	slices.Sort(all)
	return all
}
