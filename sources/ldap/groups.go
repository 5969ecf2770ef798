package ldap

import (
	"errors"
	"fmt"

	goldap "github.com/go-ldap/ldap/v3"
)

// group is one entry of the group search.
type group struct {
	dn, name string
	members  []string // DNs or uids, as the server writes them
	problem  string   // why members are not all
}

// groups reads all groups. Members that come in ranges are read on after the search.
func (s *session) groups(search GroupSearch) ([]*group, error) {
	var groups []*group
	var open []func() error
	attributes := search.memberAttrs()
	q := query{
		base: search.BaseDN, filter: search.Filter, scope: search.Scope,
		attributes: uniqueFold(append([]string{search.NameAttr}, attributes...)), pageSize: search.PageSize,
	}
	err := s.search(q, func(entry *goldap.Entry) error {
		g := &group{dn: entry.DN, name: first(values(entry, search.NameAttr))}
		for _, name := range attributes {
			g.members = append(g.members, values(entry, name)...)
		}
		open = append(open, s.openMembers(entry, g, attributes)...)
		groups = append(groups, g)
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, read := range open {
		if err := read(); err != nil {
			return nil, err
		}
	}
	return groups, nil
}

// openMembers gives what is still to be read of a group.
func (s *session) openMembers(entry *goldap.Entry, g *group, names []string) []func() error {
	var open []func() error
	for _, name := range names {
		if part, ranged := spanOf(entry, name); ranged {
			open = append(open, func() error { return s.readOn(g, name, part) })
		}
	}
	return open
}

// readOn reads the further ranges of a group's members. What the server refuses is the group's problem; a connection that
// broke is everybody's.
func (s *session) readOn(g *group, name string, part span) error {
	members, err := s.rest(g.dn, name, part)
	_, fromServer := resultCode(err)
	switch {
	case err == nil:
		g.members = append(g.members, members...)
	case fromServer || errors.Is(err, errRange):
		g.problem = fmt.Sprintf("the server hands out %s in ranges, and not all could be read: %s", name, err)
	default:
		return fmt.Errorf("reading on in ranges: %w", explain(err))
	}
	return nil
}
