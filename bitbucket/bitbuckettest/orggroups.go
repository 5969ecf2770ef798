package bitbuckettest

import (
	"net/http"
	"slices"
)

func directoryGroupRoutes() []route {
	const members = directoryRoot + "/groups/{groupId}/memberships"
	write := route{doc: docAdmin}
	return []route{
		write.takes(bodyJSON).at(http.MethodPost, directoryRoot+"/groups", (*call).createGroup),
		write.takes(bodyJSON).at(http.MethodPost, members, (*call).addMembership),
		write.at(http.MethodDelete, members+"/{accountId}", (*call).removeMembership),
	}
}

// createGroup makes a group, and answers without a body: its id is found by a search.
func (c *call) createGroup() answer {
	var body struct {
		Name        string `json:"name"`
		Description string `json:"description"`
	}
	if refused := c.read(&body); refused != nil {
		return *refused
	}
	if body.Name == "" {
		return *c.refuse("A group needs a name")
	}
	if c.organization.groupNamed(body.Name) != nil {
		return c.problem(conflict("There is a group of this name already"))
	}
	g := c.organization.makeGroup(body.Name)
	g.description = body.Description
	c.server.tellGroup(c.organization, g)
	return textError(http.StatusCreated, "")
}

// orgGroup gives the group of the path.
func (c *call) orgGroup() (*orgGroup, *answer) {
	if !isID(c.arg("groupId")) {
		return nil, c.refuse("A group is named by its id, which is a UUID")
	}
	g, ok := c.organization.groups.get(c.arg("groupId"))
	if !ok {
		return nil, c.fails(noGroup())
	}
	return g, nil
}

func (c *call) addMembership() answer {
	var body struct {
		AccountID string `json:"accountId"`
	}
	if refused := c.read(&body); refused != nil {
		return *refused
	}
	g, missing := c.orgGroup()
	if missing != nil {
		return *missing
	}
	p, ok := c.organization.people.get(body.AccountID)
	switch {
	case g.fixed():
		return c.problem(fixedGroup())
	case !ok || c.absent(p):
		return c.problem(noUser())
	case p.status != statusActive:
		return c.problem(inactive())
	case g.members.has(p.account.id) && c.server.options.Organization.RepeatMember == member409:
		return c.problem(conflict("The user is a member of this group already"))
	case g.members.has(p.account.id):
		return noContent()
	case c.overfills(g, p):
		return c.problem(noSeats())
	}
	g.members.put(p.account.id, p)
	c.server.tell(c.organization, p)
	return noContent()
}

// absent says whether the service takes somebody for not being in the directory.
func (c *call) absent(p *orgPerson) bool {
	status, _, _ := c.statusOf(p)
	return status == asHidden || status == statusNotInvited
}

// overfills says whether a group gives a person a seat that is not there.
func (c *call) overfills(g *orgGroup, p *orgPerson) bool {
	return slices.ContainsFunc(c.server.managed(c.organization), func(w *workspace) bool {
		roles, _ := g.roles.get(w.ari())
		return opens(roles) && c.organization.level(p, w.ari()) == "" && c.server.free(c.organization, w, 1) < 1
	})
}

func (c *call) removeMembership() answer {
	g, missing := c.orgGroup()
	if missing != nil {
		return *missing
	}
	p, ok := g.members.get(c.arg("accountId"))
	switch {
	case g.fixed():
		return c.problem(fixedGroup())
	case !ok:
		return c.problem(noUser())
	}
	g.members.drop(p.account.id)
	c.server.tell(c.organization, p)
	return noContent()
}
