package bitbuckettest

import (
	"slices"
	"strings"
)

// orgAdmins is the group of an organization's administrators, which the API cannot change.
const orgAdmins = "org-admins"

// AddOrganization makes an Atlassian organization with one directory and an empty group of administrators. Its id is a
// UUID without braces.
func (s *Server) AddOrganization(id, name string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.organizations.has(id) || !isID(id) {
		s.violate("setup", "an organization needs a UUID that is not taken: "+id)
		return
	}
	s.organization(id, name)
}

func (s *Server) organization(id, name string) *organization {
	o := &organization{
		id: id, name: name, directory: strings.Trim(uuidOf("directory", id), "{}"), counts: map[string]*perMinute{},
	}
	o.makeGroup(orgAdmins).builtIn = true
	s.organizations.put(id, o)
	return o
}

// AddOrganizationKey adds an API key of an organization, which authenticates as a Bearer below /admin and nowhere else.
// Without scopes it may do everything; with scopes, such as "read:workspaces:admin", it may use the calls for which
// Atlassian names one of them.
func (s *Server) AddOrganizationKey(organization, key string, scopes ...string) {
	s.inOrganization(organization, func(o *organizationSetup) {
		s.credentials = append(s.credentials, &credential{
			kind: kindOrganizationKey, name: kindOrganizationKey + " " + o.id, token: key, where: o.id, scopes: slices.Clone(scopes),
		})
	})
}

// AddSyncedGroup adds a group that an identity provider keeps, with people, who are made active in the directory. It has
// no role until the API assigns one.
func (s *Server) AddSyncedGroup(organization, name string, emails ...string) {
	s.inOrganization(organization, func(o *organizationSetup) {
		if o.groupNamed(name) != nil {
			s.violate("setup", "there is a group "+name+" already")
			return
		}
		g := o.makeGroup(name)
		g.synced = true
		for _, email := range emails {
			p := o.enter(s.account(Person{Email: email}), s.options.Now())
			g.members.put(p.account.id, p)
		}
		s.tellGroup(o.organization, g)
	})
}

// SetPersonStatus makes somebody "active", "suspended", "deactivated" or "not_invited" in the directory of an
// organization, and enters an account that is missing there. Only who is active has access to anything.
func (s *Server) SetPersonStatus(organization, email, status string) {
	s.inOrganization(organization, func(o *organizationSetup) {
		if !slices.Contains(statuses(), status) {
			s.violate("setup", "there is no status "+status)
			return
		}
		p := o.enter(s.account(Person{Email: email}), s.options.Now())
		p.status, p.waiting = status, false
		s.tell(o.organization, p)
	})
}

// Link links a workspace to an organization, which then lists it, and changes nothing of who administers it.
func (s *Server) Link(workspace, organization string) {
	s.inOrganization(organization, func(o *organizationSetup) {
		w := s.workspaceOf(workspace)
		if w == nil || w.moved {
			s.violate("setup", "there is no workspace to link: "+workspace)
			return
		}
		w.organization = o.organization
	})
}

// organizationSetup is an organization in the hands of a set-up method.
type organizationSetup struct{ *organization }

// inOrganization runs do on an organization under the lock; a missing one is a violation.
func (s *Server) inOrganization(id string, do func(*organizationSetup)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	o, ok := s.organizations.get(id)
	if !ok {
		s.violate("setup", "there is no organization "+id)
		return
	}
	do(&organizationSetup{o})
}

// move gives a workspace to the organization that it is linked to, or to the first, or to one made for it.
func (s *Server) move(w *workspace) {
	if w.moved {
		return
	}
	if w.organization == nil && s.organizations.len() > 0 {
		w.organization, _ = s.organizations.get(s.organizations.keys[0])
	}
	if w.organization == nil {
		w.organization = s.organization(strings.Trim(uuidOf("organization", w.slug), "{}"), w.name)
	}
	w.moved = true
	if s.options.Organization.PendingAtMove == pendingGone {
		w.pending = table[*pending]{}
	}
	for _, g := range w.groups.all() {
		s.adoptGroup(w, g)
	}
	s.showRest(w)
	for _, m := range w.members.all() {
		s.adoptMember(w, m)
	}
}

// showRest shows a workspace the groups of its organization that have no role on it, where the switch says so.
func (s *Server) showRest(w *workspace) {
	for _, g := range w.organization.groups.all() {
		w.showGroup(g, s.options.Organization.ShowGroupsWithoutRole || g.roles.has(w.ari()))
	}
}

// adoptGroup enters a group of a moved workspace into its organization, where it carries the role of a user. A name that
// is taken there gets the slug of the workspace behind.
func (s *Server) adoptGroup(w *workspace, g *group) {
	o := w.organization
	for suffix := s.options.Organization.SuffixMovedGroups; suffix || o.groupNamed(g.name) != nil; suffix = false {
		g.name += "-" + w.slug
	}
	made := o.makeGroup(g.name)
	g.id = made.id
	give(&made.roles, w.ari(), roleUser)
}

// adoptMember enters a member of a moved workspace into its organization, with the groups, and a role of its own where
// the groups give less than it has.
func (s *Server) adoptMember(w *workspace, m *member) {
	o := w.organization
	if !w.moved {
		return
	}
	p := o.enter(m.account, s.options.Now())
	p.status, p.waiting = statusActive, false
	for _, g := range w.groups.all() {
		if g.members.has(m.account.uuid) {
			of, _ := o.groups.get(g.id)
			of.members.put(m.account.id, p)
		}
	}
	switch level := o.level(p, w.ari()); {
	case m.admin && level != roleAdmin:
		give(&p.roles, w.ari(), roleAdmin)
	case level == "":
		give(&p.roles, w.ari(), roleUser)
	}
	s.tell(o, p)
}

// born enters a new workspace into an organization, with the three groups that Atlassian makes for it; the owner is in
// the one of the administrators.
func (s *Server) born(w *workspace, o *organization) {
	w.organization, w.moved = o, true
	s.showRest(w)
	for _, row := range []struct{ prefix, role string }{
		{"bitbucket-users-", roleUser}, {"bitbucket-admins-", roleAdmin}, {"bitbucket-user-access-admins-", roleUserAccessAdmin},
	} {
		made := o.makeGroup(row.prefix + w.slug)
		give(&made.roles, w.ari(), row.role)
		w.showGroup(made, true)
		if row.role == roleAdmin {
			p := o.enter(w.owner, w.created)
			made.members.put(p.account.id, p)
			s.tell(o, p)
		}
	}
}

func statuses() []string {
	return []string{statusActive, statusSuspended, statusNotInvited, statusDeactivated}
}

// isID says whether a text is a UUID without braces.
func isID(text string) bool {
	parts := strings.Split(text, "-")
	for i, length := range []int{8, 4, 4, 4, 12} {
		if len(parts) != 5 || len(parts[i]) != length || strings.Trim(parts[i], "0123456789abcdefABCDEF") != "" {
			return false
		}
	}
	return true
}

// groupOfOrganization gives the group of a name in a workspace that an organization administers, made where missing.
func (s *Server) groupOfOrganization(w *workspace, name string) *group {
	of := w.organization.groupNamed(name)
	if of == nil {
		of = w.organization.makeGroup(name)
	}
	if !of.roles.has(w.ari()) {
		give(&of.roles, w.ari(), roleUser)
		s.tellGroup(w.organization, of)
	}
	w.showGroup(of, true)
	return w.groupWith(of.id)
}
