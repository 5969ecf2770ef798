package bitbuckettest

import (
	"net/http"
	"slices"
	"strings"
)

// maxInvited is how many people one call may invite.
const maxInvited = 25

// Results of one assignment.
const (
	resultInvited = "INVITED"
	resultError   = "ERROR"
)

// inviteBody is the body of an invitation.
type inviteBody struct {
	Emails []string     `json:"emails"`
	Rules  []inviteRule `json:"permissionRules"`
	Groups []string     `json:"additionalGroups"`
	Notify bool         `json:"sendNotification"`
	Text   string       `json:"notificationText"`
}

type inviteRule struct {
	Resource string `json:"resource"`
	Role     string `json:"role"`
}

// invited3 is what became of one person. The id is absent where nobody was invited.
type invited3 struct {
	ID      string        `json:"id,omitempty"`
	Email   string        `json:"email"`
	Results []assignment3 `json:"results"`
}

type assignment3 struct {
	Roles  []roleResult3  `json:"roleAssignmentResult"`
	Groups []groupResult3 `json:"groupAssignmentResult"`
}

type roleResult3 struct {
	Resource string  `json:"resource"`
	Role     string  `json:"role"`
	Status   string  `json:"status"`
	Reason   *string `json:"statusReason"`
}

type groupResult3 struct {
	Group  string  `json:"group"`
	Status string  `json:"status"`
	Reason *string `json:"statusReason"`
}

// offer is what one call gives to everybody in it.
type offer struct {
	rules  []inviteRule
	groups []*orgGroup
	opens  []*workspace // that it gives access to
	notify bool
}

// guest is one person of a call.
type guest struct {
	email  string
	person *orgPerson // nil when not in the directory
	fault  *problem
	fresh  bool // gets something that is not held already
}

func inviteRoutes() []route {
	invite := route{doc: docAdmin, body: bodyJSON, admin: adminManner{access: true}}
	return []route{invite.at(http.MethodPost, adminRoot+"/users/invite", (*call).inviteToOrganization)}
}

func (c *call) inviteToOrganization() answer {
	var body inviteBody
	if refused := c.read(&body); refused != nil {
		return *refused
	}
	if refused := c.checkInvite(body); refused != nil {
		return *refused
	}
	given, refused := c.offerOf(body)
	if refused != nil {
		return *refused
	}
	guests := c.guests(body.Emails, given)
	if refused := c.checkGuests(guests, given); refused != nil {
		return *refused
	}
	page := struct {
		Data []invited3 `json:"data"`
	}{}
	mixed := false
	for _, g := range guests {
		result := c.inviteGuest(g, given)
		mixed = mixed || result.failed()
		page.Data = append(page.Data, result)
	}
	status := c.server.options.Organization.InviteStatus
	if status == 0 {
		status = http.StatusOK
		if mixed {
			status = http.StatusPartialContent
		}
	}
	return answer{status: status, body: page}
}

// checkInvite refuses what can never be right, and what the organization or the switches do not allow.
func (c *call) checkInvite(body inviteBody) *answer {
	if len(body.Emails) == 0 || len(body.Emails) > maxInvited {
		return c.refuse("The number of emails is not 1 to 25")
	}
	for _, r := range body.Rules {
		if !slices.Contains(inviteRoles(), r.Role) {
			return c.refuse("There is no role " + r.Role)
		}
		if !strings.HasPrefix(r.Resource, "ari:") {
			return c.refuse("The resource is not an ARI")
		}
	}
	for _, id := range body.Groups {
		if !isID(id) {
			return c.refuse("A group is named by its id, which is a UUID")
		}
	}
	switch {
	case c.server.options.Organization.Unpaid:
		return c.fails(problem{status: http.StatusPaymentRequired, title: "The organization has no paid subscription"})
	case c.server.options.Organization.RulesNeeded && len(body.Rules) == 0:
		return c.fails(problem{status: http.StatusBadRequest, title: "There are no permissionRules"})
	}
	return nil
}

// inviteRoles are the roles that an invitation may name, whatever the app.
func inviteRoles() []string {
	return []string{
		roleUser, roleAdmin, "atlassian/guest", "atlassian/contributor", "atlassian/customer", "atlassian/basic",
		"atlassian/stakeholder", "atlassian/viewer",
	}
}

// offerOf finds what an invitation names.
func (c *call) offerOf(body inviteBody) (offer, *answer) {
	o := c.organization
	given := offer{rules: body.Rules, notify: body.Notify}
	for _, r := range body.Rules {
		if c.server.resource(o, r.Resource) == nil {
			return given, c.fails(noResource())
		}
		if !opens([]string{r.Role}) {
			return given, c.fails(wrongRole())
		}
	}
	for _, id := range body.Groups {
		g, ok := o.groups.get(id)
		if !ok {
			return given, c.fails(noGroup())
		}
		given.groups = append(given.groups, g)
	}
	for _, w := range c.server.managed(o) {
		if given.opensOne(w.ari()) {
			given.opens = append(given.opens, w)
		}
	}
	return given, nil
}

// opensOne says whether an offer gives access to a workspace.
func (f offer) opensOne(ari string) bool {
	return slices.ContainsFunc(f.rules, func(r inviteRule) bool { return r.Resource == ari }) ||
		slices.ContainsFunc(f.groups, func(g *orgGroup) bool {
			roles, _ := g.roles.get(ari)
			return !g.fixed() && opens(roles)
		})
}

// fixed says that the API cannot change who is in a group.
func (g *orgGroup) fixed() bool { return g.synced || g.builtIn }

// guests looks at each person of a call, once.
func (c *call) guests(emails []string, given offer) []guest {
	var guests []guest
	for _, email := range emails {
		if slices.ContainsFunc(guests, func(g guest) bool { return fold(g.email) == fold(email) }) {
			continue
		}
		g := guest{email: email, person: c.server.personOf(c.organization, email)}
		g.fresh = g.person == nil || g.person.status == statusNotInvited || given.isMoreThan(g.person)
		switch {
		case !looksLikeAddress(email):
			fault := badAddress()
			g.fault = &fault
		case g.person != nil && (g.person.status == statusSuspended || g.person.status == statusDeactivated):
			fault := inactive()
			g.fault = &fault
		}
		guests = append(guests, g)
	}
	return guests
}

// isMoreThan says whether an offer has something that a person does not hold.
func (f offer) isMoreThan(p *orgPerson) bool {
	return slices.ContainsFunc(f.rules, func(r inviteRule) bool { return !p.holds(r) }) ||
		slices.ContainsFunc(f.groups, func(g *orgGroup) bool { return !g.fixed() && !g.members.has(p.account.id) })
}

// holds says whether a person has a role on a resource that is not a group's.
func (p *orgPerson) holds(r inviteRule) bool {
	roles, _ := p.roles.get(r.Resource)
	return slices.Contains(roles, r.Role)
}

// checkGuests refuses a whole call for what the switches say.
func (c *call) checkGuests(guests []guest, given offer) *answer {
	w := c.server.options.Organization
	for _, g := range guests {
		if g.fault != nil && w.PersonErrors == wholeCall {
			return c.fails(*g.fault)
		}
		if !g.fresh && g.fault == nil && w.RepeatInvite == again409 {
			return c.fails(conflict("The user has been invited already"))
		}
	}
	if w.SeatErrors == wholeCall && !c.server.options.Switches.FreeInvitations {
		return c.checkSeats(guests, given)
	}
	return nil
}

// checkSeats refuses a call for more people than there are seats left.
func (c *call) checkSeats(guests []guest, given offer) *answer {
	for _, w := range given.opens {
		needed := 0
		for _, g := range guests {
			if g.fault == nil && !c.seatedIn(g, w) {
				needed++
			}
		}
		if needed > 0 && needed > c.server.free(c.organization, w, needed) {
			return c.fails(noSeats())
		}
	}
	return nil
}

// seatedIn says whether a guest takes no further seat of a workspace.
func (c *call) seatedIn(g guest, w *workspace) bool {
	return g.person != nil && c.organization.level(g.person, w.ari()) != ""
}

// full says whether a guest lacks a seat in one of the workspaces, where that is not the whole call's fault.
func (c *call) full(g guest, given offer) bool {
	w := c.server.options
	return w.Organization.SeatErrors == oneItem && !w.Switches.FreeInvitations && slices.ContainsFunc(given.opens, func(w *workspace) bool {
		return !c.seatedIn(g, w) && c.server.free(c.organization, w, 1) < 1
	})
}
