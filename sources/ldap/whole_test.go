package ldap

import (
	"fmt"
	"strings"
	"testing"

	goldap "github.com/go-ldap/ldap/v3"
	"github.com/google/go-cmp/cmp"

	"bitroster/sources"
	"bitroster/sources/ldap/slapdtest"
)

// crowd is n people, and one group of them all.
func crowd(n int) string {
	var ldif strings.Builder
	var members []string
	for i := range n {
		uid := fmt.Sprintf("u%05d", i)
		ldif.WriteString(slapdtest.Person(uid, "Person "+uid, uid+"@example.test"))
		members = append(members, slapdtest.PersonDN(uid))
	}
	return ldif.String() + slapdtest.Group("everyone", members...)
}

func TestLimitsAndPages(t *testing.T) {
	t.Parallel()
	const n = slapdtest.SizeLimit + 100
	server := slapdtest.Start(t, slapdtest.Options{LDIF: crowd(n)})
	mustFail(t, configFor(server.URL, "", func(c *Config) { c.BindDN = slapdtest.LimitedDN }),
		"user_search", "smaller page_size", "size.prtotal=unlimited")
	for pageSize, pages := range map[int]int64{1: n, 7: n/7 + 1, 100: n / 100, n - 1: 2, n: 1, n + 1: 1} {
		p := startProxy(t, server.URL, -1, false)
		snapshot := read(t, configFor(p.url, "", func(c *Config) { c.PageSize = pageSize }))
		wantPeople := len(snapshot.Entries) == n && len(snapshot.Groups) == 1 && snapshot.Groups[0].Members == n
		// One search for the root DSE, one for the groups. A page that is just full may be followed by an empty one.
		if got := p.searches.Load() - 2; !wantPeople || got < pages || got > pages+1 {
			t.Errorf("page_size %d: %d people in %d searches, want %d in %d", pageSize, len(snapshot.Entries), got, n, pages)
		}
	}
}

// TestCutConnection cuts the answers after so and so many bytes, from the login to the last page.
func TestCutConnection(t *testing.T) {
	t.Parallel()
	server := slapdtest.Start(t, slapdtest.Options{LDIF: crowd(300)})
	small := func(c *Config) { c.PageSize = 20 }
	whole := answerBytes(t, server, small)
	cuts := []int64{whole - 1, whole - 2, whole - 10}
	for i := range int64(40) {
		cuts = append(cuts, whole*i/40)
	}
	for _, cut := range cuts {
		mustFail(t, configFor(startProxy(t, server.URL, cut, false).url, "", small))
	}
}

// answers makes a fake that finds one person, and groups as given.
func answers(groups func(w *wire, q asked)) fake {
	return fake{search: func(w *wire, q asked) {
		if q.base != slapdtest.PeopleDN {
			groups(w, q)
			return
		}
		w.entry("UID=ana,ou=people,dc=lab,dc=test", "MAIL", "ana@example.test", "objectGUID", "0123456789abcdef", "CN;lang-de", "Ana")
		w.done(goldap.ApplicationSearchResultDone, 0, "")
	}}
}

func ends(code int64, text string) func(*wire, asked) {
	return func(w *wire, _ asked) {
		w.entry(slapdtest.GroupDN("all"), "member", slapdtest.PersonDN("ana"))
		w.done(goldap.ApplicationSearchResultDone, code, text)
	}
}

func TestServerWithoutPages(t *testing.T) {
	t.Parallel()
	snapshot := read(t, configFor(startFake(t, answers(ends(0, ""))), "", func(c *Config) { c.UserSearch.IDAttr = "objectGUID" }))
	want := sources.Snapshot{
		Entries: []sources.Entry{{
			ID: "30313233343536373839616263646566", Email: "ana@example.test", Name: "Ana",
			Groups: []string{slapdtest.GroupDN("all")}, Attributes: map[string][]string{},
			Origin: "UID=ana,ou=people,dc=lab,dc=test",
		}},
		Groups: []sources.Group{{ID: slapdtest.GroupDN("all"), Members: 1}},
	}
	if diff := cmp.Diff(want, snapshot); diff != "" {
		t.Errorf("snapshot (-want +got):\n%s", diff)
	}
}

func TestAnswersThatAreNotBelieved(t *testing.T) {
	t.Parallel()
	promising := answers(ends(0, ""))
	promising.paging = true
	second := answers(func(w *wire, q asked) {
		w.entry(slapdtest.GroupDN("g"+q.cookie), "member", slapdtest.PersonDN("ana"))
		if q.cookie == "" {
			w.more()
			return
		}
		w.done(goldap.ApplicationSearchResultDone, 0, "")
	})
	for name, test := range map[string]struct {
		fake  fake
		words []string
	}{
		"a page without its control":        {promising, []string{"page 1 came without the paging control"}},
		"a second page without its control": {second, []string{"page 2 came without the paging control"}},
		"closed between two pages": {answers(func(w *wire, q asked) {
			if q.cookie != "" {
				_ = w.conn.Close()
				return
			}
			w.entry(slapdtest.GroupDN("all"), "member", slapdtest.PersonDN("ana"))
			w.more()
		}), nil},
		"closed for idleness after a page": {answers(func(w *wire, _ asked) {
			w.entry(slapdtest.GroupDN("all"), "member", slapdtest.PersonDN("ana"))
			w.more()
			_ = w.conn.Close()
		}), nil},
		"pages without end":   {answers(func(w *wire, _ asked) { w.more() }), []string{"1001 empty pages in a row"}},
		"an entry twice":      {answers(func(w *wire, q asked) { w.entry(slapdtest.GroupDN("ALL")); ends(0, "")(w, q) }), []string{"twice"}},
		"time limit":          {answers(ends(3, "")), []string{"time limit"}},
		"size limit":          {answers(ends(4, "")), []string{"smaller page_size", "raise the limit"}},
		"referral":            {answers(ends(10, "")), []string{"not followed", "3268"}[:1]},
		"global catalog":      {answers(ends(10, "")), []string{"port 3269"}},
		"lookthrough limit":   {answers(ends(11, "")), []string{"administrative limit"}},
		"no right":            {answers(ends(50, "")), []string{"bind account may not"}},
		"not bound":           {answers(ends(1, "")), []string{"use bind_dn"}},
		"some other result":   {answers(ends(80, "out of luck")), []string{"out of luck"}},
		"wrong AD password":   {refusing("80090308: LdapErr: DSID-0C090447, comment: AcceptSecurityContext error, data 52e, v3839"), []string{"the password is wrong"}},
		"disabled AD account": {refusing("comment: AcceptSecurityContext error, data 533, v3839"), []string{"the account is disabled"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			mustFail(t, configFor(startFake(t, test.fake), ""), test.words...)
		})
	}
}

func refusing(text string) fake {
	return fake{bind: func(w *wire) { w.done(goldap.ApplicationBindResponse, 49, text) }}
}

func TestReferencesAreNotFollowed(t *testing.T) {
	t.Parallel()
	snapshot := read(t, configFor(startFake(t, answers(func(w *wire, q asked) {
		w.reference("ldaps://lab.test/CN=Configuration,DC=lab,DC=test")
		w.reference("ldap://127.0.0.1:1/DC=child,DC=lab,DC=test")
		w.reference("ldap://127.0.0.1:1/DC=child,DC=lab,DC=test")
		ends(0, "")(w, q)
	})), ""))
	if len(snapshot.Rejects) != 1 || snapshot.Rejects[0].Origin != "ldap://127.0.0.1:1/DC=child,DC=lab,DC=test" {
		t.Errorf("rejects %v, want one for the child domain", snapshot.Rejects)
	}
}

// TestRanges reads a group as Active Directory hands it out: in parts, under names with the part's bounds.
func TestRanges(t *testing.T) {
	t.Parallel()
	team := slapdtest.GroupDN("team")
	ranged := func(parts map[string][]string) fake {
		return answers(func(w *wire, q asked) {
			key := "member"
			if q.base == team {
				key = q.attributes[0]
			}
			part, found := parts[key]
			switch {
			case !found:
				w.done(goldap.ApplicationSearchResultDone, 80, "no such part")
				return
			default:
				w.entry(team, append([]string{"cn", "team"}, part...)...)
				w.done(goldap.ApplicationSearchResultDone, 0, "")
			}
		})
	}
	ana, gone := slapdtest.PersonDN("ana"), slapdtest.PersonDN("gone")
	start := []string{"member", "", "member;range=0-0", gone}
	for name, test := range map[string]struct {
		parts map[string][]string
		want  string
	}{
		"whole":          {map[string][]string{"member": start, "member;range=1-*": {"Member;Range=1-*", ana}}, "team 1: "},
		"one part":       {map[string][]string{"member": {"member;range=0-*", ana}}, "team 1: "},
		"a hole":         {map[string][]string{"member": start, "member;range=1-*": {"member;range=2-*", ana}}, "not all could be read"},
		"no progress":    {map[string][]string{"member": start, "member;range=1-*": {"member;range=1-1", ""}}, "not all could be read"},
		"without bounds": {map[string][]string{"member": start, "member;range=1-*": {"member;range=x", ana}}, "not all could be read"},
		"no range":       {map[string][]string{"member": start, "member;range=1-*": {"member", ana}}, "not all could be read"},
		"refused":        {map[string][]string{"member": start}, "no such part"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := memberships(read(t, configFor(startFake(t, ranged(test.parts)), "")))
			if len(got) != 1 || !strings.Contains(got[0], test.want) {
				t.Errorf("memberships %q, want %q", got, test.want)
			}
		})
	}
}

func TestRangesOfOnePerson(t *testing.T) {
	t.Parallel()
	f := answers(ends(0, ""))
	groups := f.search
	f.search = func(w *wire, q asked) {
		switch q.base {
		case slapdtest.PeopleDN:
			w.entry("uid=ana,"+q.base, "mail", "ana@example.test", "memberOf;range=0-0", "cn=a")
			w.done(goldap.ApplicationSearchResultDone, 0, "")
		case "uid=ana," + slapdtest.PeopleDN:
			w.entry(q.base, "memberOf;range=1-*", "cn=b")
			w.done(goldap.ApplicationSearchResultDone, 0, "")
		default:
			groups(w, q)
		}
	}
	snapshot := read(t, configFor(startFake(t, f), "", func(c *Config) { c.UserSearch.Attributes = []string{"memberOf"} }))
	if diff := cmp.Diff(map[string][]string{"memberof": {"cn=a", "cn=b"}}, snapshot.Entries[0].Attributes); diff != "" {
		t.Errorf("attributes (-want +got):\n%s", diff)
	}
}
