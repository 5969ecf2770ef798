package ldap

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	goldap "github.com/go-ldap/ldap/v3"

	"bitroster/sync/access"
)

// person is one entry of the user search, without the library's weight: only these are kept of a page.
type person struct {
	dn, id, name string
	email        access.Email
	fault        string // why email is empty
	uids         []string
	attributes   map[string][]string
	groups       []string // filled by join
}

// people reads all people. A value in ranges is read on after the search, so that its pages are not disturbed.
func (s *session) people(search UserSearch, pageSize int) ([]person, error) {
	var people []person
	var open []func() error
	extra := slices.Compact(slices.Sorted(slices.Values(lowered(search.Attributes))))
	wanted := append([]string{search.IDAttr, search.EmailAttr, search.NameAttr, search.UIDAttr}, extra...)
	q := query{
		base: search.BaseDN, filter: search.Filter, scope: search.Scope,
		attributes: uniqueFold(wanted), pageSize: pageSize,
	}
	err := s.search(q, func(entry *goldap.Entry) error {
		p := toPerson(entry, search, extra)
		open = append(open, s.openRanges(entry, p, extra)...)
		people = append(people, p)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, read := range open {
		if err := read(); err != nil {
			return nil, fmt.Errorf("reading on in ranges: %w", explain(err))
		}
	}
	return people, nil
}

// openRanges gives what is still to be read of a person.
func (s *session) openRanges(entry *goldap.Entry, p person, names []string) []func() error {
	var open []func() error
	for _, name := range names {
		part, ranged := spanOf(entry, name)
		if !ranged {
			continue
		}
		open = append(open, func() (err error) {
			p.attributes[name], err = s.rest(p.dn, name, part)
			return err
		})
	}
	return open
}

func toPerson(entry *goldap.Entry, search UserSearch, extra []string) person {
	p := person{
		dn:         entry.DN,
		id:         idOf(entry, search.IDAttr),
		name:       first(values(entry, search.NameAttr)),
		uids:       values(entry, search.UIDAttr),
		attributes: map[string][]string{},
	}
	p.email, p.fault = emailOf(values(entry, search.EmailAttr), search.EmailAttr)
	for _, name := range extra {
		if all := values(entry, name); len(all) > 0 {
			p.attributes[name] = all
		}
	}
	if len(p.uids) > 0 {
		p.attributes["uid"] = p.uids
	}
	return p
}

// emailOf gives the first value that is an address, or says what is wrong with the first.
func emailOf(values []string, attribute string) (access.Email, string) {
	if len(values) == 0 {
		return "", fmt.Sprintf("it has no %s that can be read", attribute)
	}
	var fault error
	for _, value := range values {
		email, err := access.ParseEmail(value)
		if err == nil {
			return email, ""
		}
		fault = cmp.Or(fault, err)
	}
	return "", fmt.Sprintf("%s is %s", attribute, fault)
}

// idOf gives the stable id; a binary one, such as objectGUID, in hex.
func idOf(entry *goldap.Entry, attribute string) string {
	id := first(values(entry, attribute))
	control := func(r rune) bool { return !unicode.IsPrint(r) }
	binary := strings.EqualFold(attribute, "objectGUID") || strings.EqualFold(attribute, "objectSid")
	if binary || !utf8.ValidString(id) || strings.ContainsFunc(id, control) {
		return hex.EncodeToString([]byte(id))
	}
	return id
}

func lowered(names []string) []string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = strings.ToLower(name)
	}
	return all
}

// uniqueFold drops names that differ only in case: a server may refuse a request that asks twice.
func uniqueFold(names []string) []string {
	var all []string
	for _, name := range names {
		if !slices.ContainsFunc(all, func(other string) bool { return strings.EqualFold(other, name) }) {
			all = append(all, name)
		}
	}
	return all
}
