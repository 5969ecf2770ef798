package ldap

import (
	"fmt"
	"strconv"
	"strings"

	goldap "github.com/go-ldap/ldap/v3"

	"bitroster/sources"
)

// query is one search of the directory.
type query struct {
	base, filter, scope string
	attributes          []string
	pageSize            int
}

// maxEmptyPages is how many pages without an entry, but with a promise of more, a server may send in a row.
const maxEmptyPages = 1000

// search hands every entry to use, page by page (RFC 2696). Whatever went wrong, even with entries in hand, is an error.
// Each page is a new request, because the library writes into the one it sent.
func (s *session) search(q query, use func(*goldap.Entry) error) error {
	var cookie []byte
	for page, empty := 1, 0; ; page++ {
		answer, err := s.page(q, cookie)
		if err != nil {
			return err
		}
		for _, entry := range answer.Entries {
			if err := use(entry); err != nil {
				return err
			}
		}
		s.references = append(s.references, answer.Referrals...)
		control, paged := goldap.FindControl(answer.Controls, goldap.ControlTypePaging).(*goldap.ControlPaging)
		if !paged && (s.pages || page > 1) {
			return fmt.Errorf("page %d came without the paging control, so it may not be the last: the server is not to be "+
				"believed (is a proxy before it?)", page)
		}
		if !paged || len(control.Cookie) == 0 {
			return nil
		}
		cookie = control.Cookie
		if empty = emptyInARow(empty, answer); empty > maxEmptyPages {
			return fmt.Errorf("the server promises more, but sent %d empty pages in a row", empty)
		}
	}
}

func emptyInARow(before int, answer *goldap.SearchResult) int {
	if len(answer.Entries) > 0 {
		return 0
	}
	return before + 1
}

func (s *session) page(q query, cookie []byte) (*goldap.SearchResult, error) {
	paging := goldap.NewControlPaging(uint32(q.pageSize))
	paging.SetCookie(cookie)
	answer, err := s.conn.Search(&goldap.SearchRequest{
		BaseDN: q.base, Scope: scopes()[q.scope], DerefAliases: goldap.NeverDerefAliases,
		Filter: q.filter, Attributes: q.attributes, Controls: []goldap.Control{paging},
	})
	if err != nil {
		return nil, explain(err)
	}
	return answer, nil
}

// elsewhere lists the parts of the tree that the server refers to others for; they are not followed, because that would send
// the password to whom the server names. Every search of an Active Directory domain names its three system partitions:
// nobody misses those.
func (s *session) elsewhere() []sources.Reject {
	var rejects []sources.Reject
	seen := map[string]bool{}
	for _, reference := range s.references {
		if seen[reference] || isSystemPartition(reference) {
			continue
		}
		seen[reference] = true
		rejects = append(rejects, sources.Reject{
			Origin: reference,
			Reason: "this part of the tree is on another server and is not read: make it a source of its own, or narrow base_dn",
		})
	}
	return rejects
}

func isSystemPartition(reference string) bool {
	_, rest, _ := strings.Cut(reference, "://")
	_, dn, _ := strings.Cut(strings.ToLower(rest), "/")
	for _, partition := range []string{"cn=configuration,", "dc=domaindnszones,", "dc=forestdnszones,"} {
		if strings.HasPrefix(dn, partition) {
			return true
		}
	}
	return false
}

// values gives all values of an attribute, whatever case the server writes its name in and whatever options are behind it
// ("cn;lang-de"), but not those of a range.
func values(entry *goldap.Entry, name string) []string {
	var all []string
	for _, attribute := range entry.Attributes {
		base, options, _ := strings.Cut(attribute.Name, ";")
		if !strings.EqualFold(base, name) {
			continue
		}
		if _, _, ranged := rangeIn(options); !ranged {
			all = append(all, attribute.Values...)
		}
	}
	return all
}

func first(values []string) string {
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

// span is a part of an attribute's values that the server cut: Active Directory hands out at most 1,500 at once, under the
// name "member;range=0-1499", and "member" itself without any ([MS-ADTS], section 3.1.1.3.1.3.3).
type span struct {
	from   int
	last   bool // nothing follows
	values []string
}

func spanOf(entry *goldap.Entry, name string) (span, bool) {
	for _, attribute := range entry.Attributes {
		base, options, _ := strings.Cut(attribute.Name, ";")
		if from, last, ranged := rangeIn(options); ranged && strings.EqualFold(base, name) {
			return span{from: from, last: last, values: attribute.Values}, true
		}
	}
	return span{}, false
}

// rangeIn finds "range=0-1499" or "range=1500-*" among the options of an attribute. One that cannot be read starts at -1,
// where none is expected.
func rangeIn(options string) (from int, last, found bool) {
	for option := range strings.SplitSeq(strings.ToLower(options), ";") {
		text, isRange := strings.CutPrefix(option, "range=")
		if !isRange {
			continue
		}
		low, high, _ := strings.Cut(text, "-")
		n, err := strconv.Atoi(low)
		if err != nil {
			n = -1
		}
		return n, high == "*", true
	}
	return 0, false, false
}

// rangeError is an error without a variable.
type rangeError string

func (e rangeError) Error() string { return string(e) }

// errRange says that a server's ranges make no whole.
const errRange rangeError = "the ranges in which the server hands out the values do not fit together"

// rest reads on from the first span of an attribute to its last.
func (s *session) rest(dn, name string, part span) ([]string, error) {
	var all []string
	for {
		if part.from != len(all) || len(part.values) == 0 && !part.last {
			return nil, errRange
		}
		all = append(all, part.values...)
		if part.last {
			return all, nil
		}
		answer, err := s.conn.Search(&goldap.SearchRequest{
			BaseDN: dn, Scope: goldap.ScopeBaseObject, Filter: "(objectClass=*)",
			Attributes: []string{fmt.Sprintf("%s;range=%d-*", name, len(all))},
		})
		if err != nil {
			return nil, err
		}
		if len(answer.Entries) != 1 {
			return nil, errRange
		}
		var found bool
		if part, found = spanOf(answer.Entries[0], name); !found {
			return nil, errRange
		}
	}
}
