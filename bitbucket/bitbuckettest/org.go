package bitbuckettest

import (
	"slices"
	"strings"
	"time"
)

// What a person is to a directory.
const (
	statusActive      = "active"
	statusSuspended   = "suspended"
	statusNotInvited  = "not_invited" // an account that the organization manages and that is in no directory
	statusDeactivated = "deactivated"
)

// The roles that a Bitbucket workspace knows.
const (
	roleUser            = "atlassian/user"
	roleAdmin           = "atlassian/admin"
	roleUserAccessAdmin = "atlassian/user-access-admin" // of groups only, and gives no access
)

// organization is an Atlassian organization with its one directory.
type organization struct {
	id, name  string
	directory string                // its id
	people    table[*orgPerson]     // by Atlassian account id
	groups    table[*orgGroup]      // by id
	counts    map[string]*perMinute // requests, by key and route
}

// orgPerson is somebody in the directory.
type orgPerson struct {
	account *account
	status  string
	waiting bool // was invited and has not accepted
	added   time.Time
	roles   table[[]string] // that are not a group's, by resource
}

// orgGroup is a group of the directory.
type orgGroup struct {
	id, name, description string
	synced                bool              // by an identity provider
	builtIn               bool              // the administrators of the organization
	members               table[*orgPerson] // by Atlassian account id
	roles                 table[[]string]   // by resource
}

// ari names a workspace for the organization API.
func (w *workspace) ari() string {
	return "ari:cloud:bitbucket::workspace/" + strings.Trim(w.uuid, "{}")
}

// managed are the workspaces that an organization administers: those that are merely linked to it are not.
func (s *Server) managed(o *organization) []*workspace {
	var found []*workspace
	for _, w := range s.workspaces.all() {
		if w.organization == o && w.moved {
			found = append(found, w)
		}
	}
	return found
}

// resource finds a workspace that an organization administers; nil when there is none.
func (s *Server) resource(o *organization, ari string) *workspace {
	managed := s.managed(o)
	at := slices.IndexFunc(managed, func(w *workspace) bool { return w.ari() == ari })
	if at < 0 {
		return nil
	}
	return managed[at]
}

// personOf finds the person of an address in the directory; nil when there is none.
func (s *Server) personOf(o *organization, email string) *orgPerson {
	a := s.accountOf(email)
	if a == nil {
		return nil
	}
	p, _ := o.people.get(a.id)
	return p
}

// enter gives the person of an account, made active where missing.
func (o *organization) enter(a *account, now time.Time) *orgPerson {
	p, ok := o.people.get(a.id)
	if !ok {
		p = &orgPerson{account: a, status: statusActive, added: now}
		o.people.put(a.id, p)
	}
	return p
}

// groupNamed finds a group by its name in any case; nil when there is none.
func (o *organization) groupNamed(name string) *orgGroup {
	for _, g := range o.groups.all() {
		if strings.EqualFold(g.name, name) {
			return g
		}
	}
	return nil
}

// makeGroup makes a group. The caller has looked that the name is free.
func (o *organization) makeGroup(name string) *orgGroup {
	g := &orgGroup{id: strings.Trim(uuidOf("organization group", o.id+"/"+name), "{}"), name: name}
	o.groups.put(g.id, g)
	return g
}

// give adds a role to those on a resource.
func give(roles *table[[]string], ari, role string) {
	held, _ := roles.get(ari)
	if !slices.Contains(held, role) {
		roles.put(ari, append(slices.Clone(held), role))
	}
}

// take removes a role from those on a resource; false when it was none of them.
func take(roles *table[[]string], ari, role string) bool {
	held, _ := roles.get(ari)
	if !slices.Contains(held, role) {
		return false
	}
	left := slices.DeleteFunc(slices.Clone(held), func(r string) bool { return r == role })
	roles.put(ari, left)
	if len(left) == 0 {
		roles.drop(ari)
	}
	return true
}

// rolesOf gives the roles that a person has on a resource, its own and those of its groups.
func (o *organization) rolesOf(p *orgPerson, ari string) []string {
	held, _ := p.roles.get(ari)
	all := slices.Clone(held)
	for _, g := range o.groups.all() {
		if g.members.has(p.account.id) {
			more, _ := g.roles.get(ari)
			all = append(all, more...)
		}
	}
	return all
}

// opens says whether one of the roles gives access to the workspace, and so takes a seat.
func opens(roles []string) bool {
	return slices.Contains(roles, roleUser) || slices.Contains(roles, roleAdmin)
}

// level is the role by which a person has a seat, accepted or not: empty is none.
func (o *organization) level(p *orgPerson, ari string) string {
	roles := o.rolesOf(p, ari)
	switch {
	case p.status != statusActive:
		return ""
	case slices.Contains(roles, roleAdmin):
		return roleAdmin
	case slices.Contains(roles, roleUser):
		return roleUser
	}
	return ""
}

// usage counts the seats of a workspace that are taken.
func (s *Server) usage(o *organization, w *workspace) int {
	if !w.moved {
		return w.members.len()
	}
	taken := 0
	for _, p := range o.people.all() {
		if p.waiting && s.options.Switches.FreeInvitations {
			continue
		}
		if o.level(p, w.ari()) != "" {
			taken++
		}
	}
	return taken
}

// free counts the seats that are left, or gives enough where there is no limit.
func (s *Server) free(o *organization, w *workspace, enough int) int {
	if w.seats == 0 {
		return enough
	}
	return w.seats - s.usage(o, w)
}
