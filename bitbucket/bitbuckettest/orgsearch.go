package bitbuckettest

import (
	"net/http"
	"slices"
	"strings"
)

// usersBody is the body of the search for people.
type usersBody struct {
	Limit            *int       `json:"limit"`
	AccountIDs       []string   `json:"accountIds"`
	DirectoryIDs     []string   `json:"directoryIds"`
	ResourceIDs      []string   `json:"resourceIds"`
	GroupIDs         []string   `json:"groupIds"`
	RoleIDs          []string   `json:"roleIds"`
	Emails           []string   `json:"emails"`
	EmailDomains     []string   `json:"emailDomains"`
	Status           []string   `json:"status"`
	AccountStatus    []string   `json:"accountStatus"`
	MembershipStatus []string   `json:"membershipStatus"`
	ClaimStatus      *string    `json:"claimStatus"`
	MultiFactor      *bool      `json:"mfaEnabled"`
	SearchTerm       *string    `json:"searchTerm"`
	Expand           []string   `json:"expand"`
	SortBy           []sortItem `json:"sortBy"`
}

// groupsBody is the body of the search for groups.
type groupsBody struct {
	Limit          *int       `json:"limit"`
	Names          []string   `json:"groupNames"`
	SearchTerm     *string    `json:"searchTerm"`
	GroupIDs       []string   `json:"groupIds"`
	AccountIDs     []string   `json:"accountIds"`
	DirectoryIDs   []string   `json:"directoryIds"`
	RoleIDs        []string   `json:"roleIds"`
	ResourceOwners []string   `json:"resourceOwners"`
	ResourceIDs    []string   `json:"resourceIds"`
	Expand         []string   `json:"expand"`
	SortBy         []sortItem `json:"sortBy"`
}

type sortItem struct {
	Field     string `json:"field"`
	Direction string `json:"direction"` // asc or desc
}

// Page lengths of the searches where none is asked for.
const (
	usualUsers  = 50
	usualGroups = 20
)

func searchRoutes() []route {
	search := route{doc: docAdmin, body: bodyJSON, admin: adminManner{reads: true}}
	return []route{
		search.at(http.MethodPost, directoryRoot+"/users/search", (*call).searchUsers),
		search.at(http.MethodPost, directoryRoot+"/groups/search", (*call).searchGroups),
	}
}

// filter is a list of a search by which it filters: its values, how many may be given, and which there are, where these are fixed.
type filter struct {
	name    string
	values  []string
	most    int
	allowed []string
}

// checkLists refuses values that do not exist, and more values than the service takes.
func (c *call) checkLists(filters ...filter) *answer {
	for _, l := range filters {
		if len(l.values) > l.most {
			return c.refuse("The property " + l.name + " has too many values")
		}
		for _, value := range l.values {
			if l.allowed != nil && !slices.Contains(l.allowed, value) {
				return c.refuse("The property " + l.name + " cannot have the value " + value)
			}
		}
	}
	return nil
}

// checkSort refuses an order that the service does not have.
func (c *call) checkSort(items []sortItem, field string) *answer {
	for _, item := range items {
		if len(items) > 1 || item.Field != field || item.Direction != "asc" && item.Direction != "desc" {
			return c.refuse("Only " + field + " can be sorted by, asc or desc")
		}
	}
	return nil
}

// Numbers of values that filters take.
const (
	mostIDs       = 10
	mostResources = 20
	mostNames     = 100
)

func (c *call) checkUsers(body usersBody) *answer {
	if len(body.Emails) > 0 && body.SearchTerm != nil {
		return c.refuse("The properties emails and searchTerm exclude each other")
	}
	if body.ClaimStatus != nil && *body.ClaimStatus != "managed" && *body.ClaimStatus != "unmanaged" {
		return c.refuse("The property claimStatus is neither managed nor unmanaged")
	}
	if refused := c.checkSort(body.SortBy, "nick_name"); refused != nil {
		return refused
	}
	return c.checkLists(
		filter{"accountIds", body.AccountIDs, mostIDs, nil}, filter{"directoryIds", body.DirectoryIDs, mostIDs, nil},
		filter{"groupIds", body.GroupIDs, mostIDs, nil}, filter{"roleIds", body.RoleIDs, mostIDs, nil},
		filter{"resourceIds", body.ResourceIDs, mostResources, nil}, filter{"emails", body.Emails, mostNames, nil},
		filter{"emailDomains", body.EmailDomains, mostIDs, nil}, filter{"status", body.Status, mostIDs, append(statuses(), "for_deletion")},
		filter{"accountStatus", body.AccountStatus, mostIDs, []string{"active", "inactive", "closed"}},
		filter{"membershipStatus", body.MembershipStatus, mostIDs, []string{"active", "suspended", "no_membership"}},
		filter{"expand", body.Expand, mostIDs, []string{"platformRoles", "counts.resources", "productAccess", "groups"}},
	)
}

func (c *call) searchUsers() answer {
	var body usersBody
	if refused := c.readList(&body); refused != nil {
		return *refused
	}
	if refused := c.checkUsers(body); refused != nil {
		return *refused
	}
	limit, refused := c.limitOf(body.Limit, usualUsers)
	if refused != nil {
		return *refused
	}
	for i, email := range body.Emails {
		body.Emails[i] = fold(email)
	}
	var found []*orgPerson
	for _, p := range c.organization.people.all() {
		if c.matches(body, p) {
			found = append(found, p)
		}
	}
	if len(body.SortBy) > 0 {
		sortBy(found, orderOf(body.SortBy[0]), func(p *orgPerson) string { return p.account.nickname })
	}
	return adminPaged(c, found, limit, func(p *orgPerson) user3 { return c.user3(p, body.Expand) })
}

// orderOf is an order in the manner of sortBy.
func orderOf(item sortItem) string {
	if item.Direction == "desc" {
		return "-" + item.Field
	}
	return item.Field
}

// matches says whether a person is one of those that a search asks for.
func (c *call) matches(body usersBody, p *orgPerson) bool {
	o, in := c.organization, slices.Contains[[]string]
	status, accountStatus, membership := c.statusOf(p)
	_, domain, _ := strings.Cut(p.account.email, "@")
	for _, f := range []struct {
		values []string
		holds  bool
	}{
		{body.AccountIDs, in(body.AccountIDs, p.account.id)},
		{body.DirectoryIDs, in(body.DirectoryIDs, o.directory)},
		{body.ResourceIDs, slices.ContainsFunc(body.ResourceIDs, func(ari string) bool { return o.level(p, ari) != "" })},
		{body.GroupIDs, slices.ContainsFunc(body.GroupIDs, func(id string) bool { return o.inGroup(p, id) })},
		{body.RoleIDs, slices.ContainsFunc(body.RoleIDs, func(role string) bool { return c.hasRole(p, role) })},
		{body.Emails, in(body.Emails, p.account.email)},
		{body.EmailDomains, in(body.EmailDomains, domain)},
		{body.Status, in(body.Status, status)},
		{body.AccountStatus, in(body.AccountStatus, accountStatus)},
		{body.MembershipStatus, in(body.MembershipStatus, membership)},
	} {
		if len(f.values) > 0 && !f.holds {
			return false
		}
	}
	managed := body.ClaimStatus != nil && *body.ClaimStatus == "managed" // nobody is
	term := body.SearchTerm == nil || containsFold(p.account.name, *body.SearchTerm) || containsFold(p.account.email, *body.SearchTerm)
	secured := body.MultiFactor != nil && *body.MultiFactor // nobody is
	return status != asHidden && !managed && !secured && term
}

// statusOf gives what the searches say of a person: the composite status, that of the account and that of the membership.
func (c *call) statusOf(p *orgPerson) (status, account, membership string) {
	status = p.status
	if p.waiting {
		status = c.server.options.Organization.InvitedAs
	}
	switch status {
	case statusSuspended:
		return status, "active", "suspended"
	case statusNotInvited:
		return status, "active", "no_membership"
	case statusDeactivated:
		return status, "inactive", "no_membership"
	}
	return status, "active", "active"
}

func (o *organization) inGroup(p *orgPerson, id string) bool {
	g, ok := o.groups.get(id)
	return ok && g.members.has(p.account.id)
}

// hasRole says whether a person has a role on any workspace.
func (c *call) hasRole(p *orgPerson, role string) bool {
	return slices.ContainsFunc(c.server.managed(c.organization), func(w *workspace) bool {
		return slices.Contains(c.organization.rolesOf(p, w.ari()), role)
	})
}
