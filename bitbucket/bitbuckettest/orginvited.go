package bitbuckettest

import (
	"slices"
	"time"
)

// failed says whether one of a person's assignments did.
func (r invited3) failed() bool {
	return slices.ContainsFunc(r.Results, func(a assignment3) bool {
		return slices.ContainsFunc(a.Roles, func(r roleResult3) bool { return r.Status == resultError }) ||
			slices.ContainsFunc(a.Groups, func(g groupResult3) bool { return g.Status == resultError })
	})
}

// inviteGuest invites one person of a call, and says what became of it.
func (c *call) inviteGuest(g guest, given offer) invited3 {
	if g.fault == nil && c.full(g, given) {
		fault := noSeats()
		g.fault = &fault
	}
	if g.fault != nil {
		return failedGuest(g, given)
	}
	p := c.admit(g)
	result := assignment3{Roles: []roleResult3{}, Groups: []groupResult3{}}
	for _, r := range given.rules {
		status, reason := c.outcome(p.holds(r), false)
		give(&p.roles, r.Resource, r.Role)
		result.Roles = append(result.Roles, roleResult3{Resource: r.Resource, Role: r.Role, Status: status, Reason: reason})
	}
	for _, of := range given.groups {
		status, reason := c.outcome(of.members.has(p.account.id), of.fixed())
		if !of.fixed() {
			of.members.put(p.account.id, p)
		}
		result.Groups = append(result.Groups, groupResult3{Group: of.id, Status: status, Reason: reason})
	}
	if given.notify && (g.fresh || c.server.options.Organization.RepeatInvite == againMails) {
		c.mailOf(g.email, given)
	}
	c.server.tell(c.organization, p)
	return invited3{ID: p.account.id, Email: g.email, Results: []assignment3{result}}
}

// failedGuest reports a person of whom nothing was done.
func failedGuest(g guest, given offer) invited3 {
	result, reason := assignment3{Roles: []roleResult3{}, Groups: []groupResult3{}}, g.fault.title
	for _, r := range given.rules {
		result.Roles = append(result.Roles, roleResult3{Resource: r.Resource, Role: r.Role, Status: resultError, Reason: &reason})
	}
	for _, of := range given.groups {
		result.Groups = append(result.Groups, groupResult3{Group: of.id, Status: resultError, Reason: &reason})
	}
	shape := invited3{Email: g.email, Results: []assignment3{result}}
	if g.person != nil {
		shape.ID = g.person.account.id
	}
	return shape
}

// admit enters a guest into the directory, with an account made where missing.
func (c *call) admit(g guest) *orgPerson {
	s := c.server
	known := s.accountOf(g.email) != nil
	p := c.organization.enter(s.account(Person{Email: g.email}), s.options.Now())
	if g.person == nil || p.status == statusNotInvited {
		p.status = statusActive
		p.waiting = !known || !s.options.Organization.KnownAccountsJoin
	}
	return p
}

// outcome is the result of one assignment.
func (c *call) outcome(held, fixed bool) (status string, reason *string) {
	text := ""
	switch {
	case fixed:
		text = fixedGroup().title
	case held && c.server.options.Organization.RepeatInvite == againError:
		text = "The user has this already"
	default:
		return resultInvited, nil
	}
	return resultError, &text
}

// mailOf records the mail of an invitation.
func (c *call) mailOf(email string, given offer) {
	mail := Mail{Email: email, Kind: "organization", Target: c.organization.id, At: c.server.options.Now()}
	if len(given.opens) > 0 {
		mail.Workspace = given.opens[0].slug
	}
	c.server.mails = append(c.server.mails, mail)
}

// acceptInDirectory plays somebody who accepts the invitation of an organization that gives access to a workspace; false
// when there is none.
func (s *Server) acceptInDirectory(w *workspace, email, other string) bool {
	o := w.organization
	if !w.moved {
		return false
	}
	p := s.personOf(o, email)
	if p == nil || !p.waiting || o.level(p, w.ari()) == "" {
		return false
	}
	if a := s.account(Person{Email: other}); a != p.account {
		p = o.replace(p, a, s.options.Now())
	}
	p.status, p.waiting = statusActive, false
	s.tell(o, p)
	return true
}

// replace puts an account in the place of an invited one.
func (o *organization) replace(invited *orgPerson, a *account, now time.Time) *orgPerson {
	p := o.enter(a, now)
	for ari, roles := range invited.roles.all() {
		for _, role := range roles {
			give(&p.roles, ari, role)
		}
	}
	for _, g := range o.groups.all() {
		if g.members.has(invited.account.id) {
			g.members.drop(invited.account.id)
			g.members.put(a.id, p)
		}
	}
	o.people.drop(invited.account.id)
	return p
}

// addWaiting adds those who were invited by an organization, with access to a workspace, and have not accepted.
func (s *Server) addWaiting(w *workspace, open map[string][]string) {
	if !w.moved {
		return
	}
	for _, p := range w.organization.people.all() {
		if !p.waiting || w.organization.level(p, w.ari()) == "" {
			continue
		}
		email := p.account.email
		for _, g := range w.organization.groups.all() {
			if g.members.has(p.account.id) {
				open[email] = append(open[email], kindGroup+" "+slugOf(g.name))
			}
		}
		roles, _ := p.roles.get(w.ari())
		for _, role := range roles {
			open[email] = append(open[email], "role "+role)
		}
	}
}
