package ldap

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"bitroster/internal/settings"
	"bitroster/sources"
	"bitroster/sources/ldap/slapdtest"
	"bitroster/sources/sourcestest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestContract(t *testing.T) {
	t.Parallel()
	sourcestest.Run(t, func(t *testing.T) sourcestest.Directory {
		server := slapdtest.Start(t, slapdtest.Options{})
		return sourcestest.Directory{
			Fill: func(t *testing.T, people []sourcestest.Person) {
				check(t, server.Replace(ldifOf(people)))
			},
			Source: open(t, configFor(server.TLSURL, server.CAFile)),
			Break:  func(t *testing.T) { check(t, server.Stop()) },
			Mend:   func(t *testing.T) { check(t, server.Restart()) },
		}
	})
}

func ldifOf(people []sourcestest.Person) string {
	var ldif strings.Builder
	members := map[string][]string{}
	for i, person := range people {
		uid := fmt.Sprintf("u%04d", i)
		ldif.WriteString(slapdtest.Person(uid, person.Name, person.Email))
		for _, group := range person.Groups {
			members[group] = append(members[group], slapdtest.PersonDN(uid))
		}
	}
	for group, dns := range members {
		ldif.WriteString(slapdtest.Group(group, dns...))
	}
	return ldif.String()
}

// configFor gives settings for a slapdtest tree; changes are made to them.
func configFor(url, caFile string, changes ...func(*Config)) *Config {
	c := New().(*Config)
	c.URLs, c.RootCA = []string{url}, caFile
	c.BindDN, c.BindPassword = slapdtest.ReaderDN, "env:LDAP_PASSWORD"
	c.InsecurePlainText = true
	c.UserSearch.BaseDN, c.GroupSearch.BaseDN = slapdtest.PeopleDN, slapdtest.GroupsDN
	for _, change := range changes {
		change(c)
	}
	return c
}

func open(t testing.TB, c *Config) sources.Source {
	t.Helper()
	if faults := c.Validate(); len(faults) > 0 {
		t.Fatalf("faults: %v", faults)
	}
	source, err := c.Open(settings.Secrets{Getenv: func(string) string { return slapdtest.Password }})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func read(t testing.TB, c *Config) sources.Snapshot {
	t.Helper()
	snapshot, err := open(t, c).Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return snapshot
}

// mustFail reads, and wants an error that says all of the words, and nobody.
func mustFail(t testing.TB, c *Config, words ...string) {
	t.Helper()
	snapshot, err := open(t, c).Read(t.Context())
	if len(snapshot.Entries)+len(snapshot.Groups) > 0 {
		t.Errorf("%d entries and %d groups with an error", len(snapshot.Entries), len(snapshot.Groups))
	}
	if err == nil {
		t.Fatalf("no error, want one that says %q", words)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
	if strings.Contains(err.Error(), slapdtest.Password) {
		t.Errorf("error %q holds the password", err)
	}
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// memberships gives "name: uids" for each group, problem included, by the uids that the entries have.
func memberships(snapshot sources.Snapshot) []string {
	var lines []string
	for _, group := range snapshot.Groups {
		var uids []string
		for _, entry := range snapshot.Entries {
			if slices.Contains(entry.Groups, group.ID) {
				uids = append(uids, entry.Attributes["uid"]...)
			}
		}
		line := fmt.Sprintf("%s %d: %s", group.Name, group.Members, strings.Join(uids, " "))
		if group.Problem != "" {
			line += " !" + group.Problem
		}
		lines = append(lines, line)
	}
	return lines
}

func wantMemberships(t *testing.T, snapshot sources.Snapshot, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, memberships(snapshot)); diff != "" {
		t.Errorf("memberships (-want +got):\n%s", diff)
	}
}

func people(uids ...string) string {
	var ldif strings.Builder
	for i, uid := range uids {
		ldif.WriteString(slapdtest.Person(uid, strings.ToUpper(uid), fmt.Sprintf("p%d@example.test", i)))
	}
	return ldif.String()
}

func TestEntry(t *testing.T) {
	t.Parallel()
	server := slapdtest.Start(t, slapdtest.Options{LDIF: slapdtest.Person("ana", "Ana Åbel", "",
		"mail", "not an address", "mail", "Ana@Example.test", "mail", "second@example.test",
		"employeeType", "staff", "departmentNumber;lang-de", "17") +
		slapdtest.Person("bo", "Bo", "", "mail", "nonsense") +
		slapdtest.Person("cy", "Cy", "") +
		slapdtest.Person("dee", "Dee", "ana@example.test") +
		slapdtest.Group("all", slapdtest.PersonDN("ana"), slapdtest.PersonDN("bo"))})
	snapshot := read(t, configFor(server.URL, "", func(c *Config) {
		c.UserSearch.Attributes = []string{"EMPLOYEETYPE", "departmentnumber", "title"}
		c.UserSearch.EmailAttr = "MAIL"
	}))
	for i := range snapshot.Entries {
		if len(snapshot.Entries[i].ID) != len("00000000-0000-0000-0000-000000000000") {
			t.Errorf("id %q is no entryUUID", snapshot.Entries[i].ID)
		}
		snapshot.Entries[i].ID = ""
	}
	all := slapdtest.GroupDN("all")
	want := sources.Snapshot{
		Entries: []sources.Entry{
			{
				Email: "ana@example.test", Name: "Ana Åbel", Groups: []string{all}, Origin: slapdtest.PersonDN("ana"),
				Attributes: map[string][]string{"uid": {"ana"}, "employeetype": {"staff"}, "departmentnumber": {"17"}},
			},
			{
				Email: "ana@example.test", Name: "Dee", Origin: slapdtest.PersonDN("dee"),
				Attributes: map[string][]string{"uid": {"dee"}},
			},
		},
		Groups: []sources.Group{{ID: all, Name: "all", Members: 2}},
		Rejects: []sources.Reject{
			{Origin: slapdtest.PersonDN("bo"), Reason: "MAIL is not an e-mail address: it has no @"},
			{Origin: slapdtest.PersonDN("cy"), Reason: "it has no MAIL that can be read"},
		},
	}
	if diff := cmp.Diff(want, snapshot); diff != "" {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}
}

func TestNestedGroups(t *testing.T) {
	t.Parallel()
	p, g := slapdtest.PersonDN, slapdtest.GroupDN
	server := slapdtest.Start(t, slapdtest.Options{LDIF: people("ana", "bo", "cy") +
		slapdtest.Group("a-org", g("b-div"), g("c-team"), p("ana")) +
		slapdtest.Group("b-div", g("c-team"), p("bo")) +
		slapdtest.Group("c-team", p("cy"), p("gone"), p("away")) +
		slapdtest.Group("d-ring", g("e-ring"), p("ana")) +
		slapdtest.Group("e-ring", g("d-ring"), p("bo")) +
		slapdtest.Group("f-self", g("f-self"), p("cy")) +
		slapdtest.Group("g-only", g("c-team"))})
	t.Run("nested", func(t *testing.T) {
		snapshot := read(t, configFor(server.URL, ""))
		wantMemberships(t, snapshot, "a-org 3: ana bo cy", "b-div 2: bo cy", "c-team 1: cy", "d-ring 2: ana bo",
			"e-ring 2: ana bo", "f-self 1: cy", "g-only 1: cy")
		want := []sources.Reject{{Origin: g("c-team"), Reason: "2 of 3 members are not found under ou=people,dc=lab,dc=test " +
			"with (objectClass=inetOrgPerson): first uid=away,ou=people,dc=lab,dc=test"}}
		if diff := cmp.Diff(want, snapshot.Rejects); diff != "" {
			t.Errorf("rejects (-want +got):\n%s", diff)
		}
	})
	t.Run("flat", func(t *testing.T) {
		snapshot := read(t, configFor(server.URL, "", func(c *Config) { c.GroupSearch.Nested = false }))
		wantMemberships(t, snapshot, "a-org 1: ana", "b-div 1: bo", "c-team 1: cy", "d-ring 1: ana", "e-ring 1: bo",
			"f-self 1: cy", "g-only 0:  !no person is a direct member, only groups are, and nested is off")
		if len(snapshot.Rejects) != 7 {
			t.Errorf("rejects %v, want one for each group with a member that is left out", snapshot.Rejects)
		}
	})
}

func TestSpellingsOfMembers(t *testing.T) {
	t.Parallel()
	server := slapdtest.Start(t, slapdtest.Options{LDIF: people("ana", "Smith, Jo", "Öz") +
		slapdtest.Group("Case", "UID=ANA,OU=People,DC=Lab,DC=Test") +
		slapdtest.Group("Comma", `uid=Smith\2C Jo,`+slapdtest.PeopleDN, "uid=ana,  ou=people , dc=lab,dc=test") +
		slapdtest.Group("Oddly, Named", `uid=smith\,  jo,`+slapdtest.PeopleDN) +
		slapdtest.Group("Ümlaut", "uid=öZ,"+slapdtest.PeopleDN, `uid=\c3\96z,ou=PEOPLE,dc=lab,dc=test`)})
	snapshot := read(t, configFor(server.URL, ""))
	slices.SortFunc(snapshot.Groups, func(a, b sources.Group) int { return strings.Compare(a.Name, b.Name) })
	wantMemberships(t, snapshot, "Case 1: ana", "Comma 2: ana Smith, Jo", "Oddly, Named 1: Smith, Jo", "Ümlaut 1: Öz")
}

func TestPosixGroups(t *testing.T) {
	t.Parallel()
	posix := func(cn string, uids ...string) string {
		pairs := []string{"objectClass", "posixGroup", "cn", cn, "gidNumber", "100"}
		for _, uid := range uids {
			pairs = append(pairs, "memberUid", uid)
		}
		return slapdtest.Entry(slapdtest.GroupDN(cn), pairs...)
	}
	server := slapdtest.Start(t, slapdtest.Options{LDIF: people("ana", "bo", "cy") +
		slapdtest.Person("cy2", "Another Cy", "cy2@example.test", "uid", "cy") +
		posix("one", "ANA", "bo", "gone") + posix("two", "cy", "bo") + posix("zero")})
	posixConfig := func(more func(*Config)) *Config {
		return configFor(server.URL, "", func(c *Config) {
			c.GroupSearch.Filter, c.GroupSearch.MemberIs = "(objectClass=posixGroup)", "uid"
			c.GroupSearch.MemberAttrs = []string{"memberUid"}
			more(c)
		})
	}
	snapshot := read(t, posixConfig(func(*Config) {}))
	wantMemberships(t, snapshot, "one 2: ana bo", "two 1: bo", "zero 0:  !no value of memberUid can be read: "+
		"check the bind account's right to read it; if the group is empty, allow_empty: true believes that")
	if len(snapshot.Rejects) != 2 || !strings.HasSuffix(snapshot.Rejects[1].Reason, "first cy") {
		t.Errorf("rejects %v, want gone, and cy, whom two people are", snapshot.Rejects)
	}
	snapshot = read(t, posixConfig(func(c *Config) { c.GroupSearch.AllowEmpty = true }))
	wantMemberships(t, snapshot, "one 2: ana bo", "two 1: bo", "zero 0: ")
}

func TestHiddenMembersAreAProblem(t *testing.T) {
	t.Parallel()
	server := slapdtest.Start(t, slapdtest.Options{
		Access: []string{fmt.Sprintf("access to dn.exact=%q attrs=member by * none", slapdtest.GroupDN("hidden"))},
		LDIF: people("ana") + slapdtest.Group("hidden", slapdtest.PersonDN("ana")) +
			slapdtest.Group("lost", slapdtest.PersonDN("gone")) +
			slapdtest.Group("open", slapdtest.PersonDN("ana")) +
			slapdtest.Group("outer", slapdtest.PersonDN("ana"), slapdtest.GroupDN("hidden")),
	})
	const hidden = "no value of member can be read: check the bind account's right to read it; " +
		"if the group is empty, allow_empty: true believes that"
	wantMemberships(t, read(t, configFor(server.URL, "")),
		"hidden 0:  !"+hidden,
		"lost 0:  !no member is found, check user_search and the bind account's rights: 1 of 1 member is not found under "+
			"ou=people,dc=lab,dc=test with (objectClass=inetOrgPerson): first uid=gone,ou=people,dc=lab,dc=test",
		"open 1: ana", "outer 1: ana !its member cn=hidden,ou=groups,dc=lab,dc=test: "+hidden)
}

func TestNobodyIsAnError(t *testing.T) {
	t.Parallel()
	server := slapdtest.Start(t, slapdtest.Options{
		LDIF:   people("ana", "bo") + slapdtest.Group("all", slapdtest.PersonDN("ana")),
		Access: []string{fmt.Sprintf("access to attrs=mail by dn.exact=%q read by * none", slapdtest.LimitedDN)},
	})
	as := func(dn string, change func(*Config)) *Config {
		return configFor(server.URL, "", func(c *Config) { c.BindDN = dn }, change)
	}
	mustFail(t, as(slapdtest.LimitedDN, func(c *Config) { c.UserSearch.Filter = "(objectClass=inetOrgPersn)" }),
		"user_search", "nobody is found under ou=people,dc=lab,dc=test with (objectClass=inetOrgPersn)")
	mustFail(t, as(slapdtest.LimitedDN, func(c *Config) { c.UserSearch.BaseDN = "ou=peple," + slapdtest.BaseDN }),
		"user_search", "base_dn is not found", "No Such Object")
	mustFail(t, as(slapdtest.LimitedDN, func(c *Config) { c.GroupSearch.BaseDN = "ou=peple," + slapdtest.BaseDN }),
		"group_search", "base_dn is not found")
	mustFail(t, as(slapdtest.ReaderDN, func(*Config) {}), "none of the 2 people has a usable mail", "right to read it")
}
