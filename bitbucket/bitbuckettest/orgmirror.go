package bitbuckettest

import (
	"strconv"
	"time"
)

// echo is a change of an organization on its way to Bitbucket.
type echo struct {
	due   time.Time
	apply func()
}

// personView is what Bitbucket is told of one person: the role, empty for none, and the ids of the groups.
type personView struct {
	account *account
	level   string
	groups  map[string]bool
}

// later queues a change until Options.OrganizationLag has gone by.
func (s *Server) later(apply func()) {
	s.echoes = append(s.echoes, echo{due: s.options.Now().Add(s.options.OrganizationLag), apply: apply})
}

// settle lets Bitbucket see what is due. The lag is the same for all, so that the order is that of the changes.
func (s *Server) settle() {
	now := s.options.Now()
	for len(s.echoes) > 0 && !now.Before(s.echoes[0].due) {
		next := s.echoes[0]
		s.echoes = s.echoes[1:]
		next.apply()
	}
}

// tell tells Bitbucket what a person is now in each workspace.
func (s *Server) tell(o *organization, p *orgPerson) {
	for _, w := range s.managed(o) {
		view := personView{account: p.account, groups: map[string]bool{}}
		if !p.waiting {
			view.level = o.level(p, w.ari())
		}
		for id, g := range o.groups.all() {
			view.groups[id] = view.level != "" && g.members.has(p.account.id)
		}
		s.later(func() { w.show(view, s.options.Now()) })
	}
}

// tellGroup tells Bitbucket which workspaces have a group now, and who is in it.
func (s *Server) tellGroup(o *organization, g *orgGroup) {
	for _, w := range s.managed(o) {
		shown := s.options.Organization.ShowGroupsWithoutRole || g.roles.has(w.ari())
		s.later(func() { w.showGroup(g, shown) })
	}
	for _, p := range g.members.all() {
		s.tell(o, p)
	}
}

// show makes somebody in a workspace what the organization says. The owner stays.
func (w *workspace) show(v personView, now time.Time) {
	for _, g := range w.groups.all() {
		if v.groups[g.id] {
			g.members.put(v.account.uuid, v.account)
		} else {
			g.members.drop(v.account.uuid)
		}
	}
	switch {
	case v.level != "":
		w.join(v.account, now)
		m, _ := w.members.get(v.account.uuid)
		m.admin = v.level == roleAdmin
	case v.account != w.owner:
		w.members.drop(v.account.uuid)
		for _, kind := range []string{kindRepository, kindProject} {
			for _, t := range w.targets(kind).all() {
				t.users.drop(v.account.uuid)
			}
		}
	}
}

// showGroup adds a group of the organization to a workspace, or takes it away with its grants.
func (w *workspace) showGroup(of *orgGroup, shown bool) {
	have := w.groupWith(of.id)
	switch {
	case shown && have == nil:
		slug := slugOf(of.name)
		for n := 1; w.groups.has(slug); n++ {
			slug = slugOf(of.name) + "-" + strconv.Itoa(n)
		}
		w.groups.put(slug, &group{id: of.id, name: of.name, slug: slug})
	case !shown && have != nil:
		w.dropGroup(have)
	}
}

// groupWith finds a group by its id in the organization; nil when there is none.
func (w *workspace) groupWith(id string) *group {
	for _, g := range w.groups.all() {
		if g.id == id {
			return g
		}
	}
	return nil
}

// dropGroup takes a group away with its grants.
func (w *workspace) dropGroup(g *group) {
	w.groups.drop(g.slug)
	for _, kind := range []string{kindRepository, kindProject} {
		for _, t := range w.targets(kind).all() {
			t.groups.drop(g.slug)
		}
	}
}
