package bitbuckettest

import "slices"

// Members gives the addresses of a workspace's members, sorted.
func (s *Server) Members(workspace string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	var emails []string
	if w := s.workspaceOf(workspace); w != nil {
		for _, m := range w.members.all() {
			emails = append(emails, m.account.email)
		}
	}
	slices.Sort(emails)
	return emails
}

// GroupMembers gives the addresses of a group's members, sorted. The group is named by its slug.
func (s *Server) GroupMembers(workspace, slug string) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	var emails []string
	if w := s.workspaceOf(workspace); w != nil && w.groups.has(slug) {
		g, _ := w.groups.get(slug)
		for _, a := range g.members.all() {
			emails = append(emails, a.email)
		}
	}
	slices.Sort(emails)
	return emails
}

// Pending gives what each address is invited to and has not accepted, by lower-case address: "group developers" or
// "repository web", in the order of the invitations. Somebody with more than one group is blocked, see ErrBlocked. Where
// an organization administers the workspace, it gives the groups and roles of those who were invited with access to it,
// as "group developers" and "role atlassian/user"; nobody is blocked.
func (s *Server) Pending(workspace string) map[string][]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	open := map[string][]string{}
	w := s.workspaceOf(workspace)
	if w == nil {
		return open
	}
	for email, p := range w.pending.all() {
		for _, slug := range p.groups {
			open[email] = append(open[email], kindGroup+" "+slug)
		}
		for _, slug := range p.repos.keys {
			open[email] = append(open[email], kindRepository+" "+slug)
		}
	}
	s.addWaiting(w, open)
	return open
}

// Grants gives the explicit permissions on a repository (kind "repository", by slug) or a project (kind "project", by
// key): by the address of a person, or "group developers" for a group.
func (s *Server) Grants(workspace, kind, key string) map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	grants := map[string]string{}
	w := s.workspaceOf(workspace)
	if w == nil {
		return grants
	}
	t, ok := w.targets(kind).get(key)
	if !ok {
		return grants
	}
	for uuid, permission := range t.users.all() {
		grants[s.byID[uuid].email] = permission
	}
	for slug, permission := range t.groups.all() {
		grants[kindGroup+" "+slug] = permission
	}
	return grants
}
