package bitbuckettest

import (
	"slices"
	"strings"
	"time"
)

// Person is a human for whom the emulator makes an Atlassian account. An empty Name is made from the address.
type Person struct {
	Email string
	Name  string
}

// Workspace is a workspace to be added. Its Owner is its first member and an administrator. Seats is the user limit of
// its plan, the owner included; 0 is none. Organization is the id of the organization that administers it from the start;
// empty is Bitbucket itself.
type Workspace struct {
	Slug  string
	Name  string
	Owner Person
	Seats int

	Organization string
}

// AddWorkspace adds a workspace with its owner and nothing else; one of an organization has the three groups that
// Atlassian makes for it, such as bitbucket-users-acme, with the owner among the administrators.
func (s *Server) AddWorkspace(w Workspace) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.workspaceOf(w.Slug) != nil || w.Slug == "" || w.Owner.Email == "" {
		s.violate("setup", "a workspace needs an owner and a slug that is not taken: "+w.Slug)
		return
	}
	o, known := s.organizations.get(w.Organization)
	if w.Organization != "" && !known {
		s.violate("setup", "there is no organization "+w.Organization)
		return
	}
	now := s.options.Now()
	owner := s.account(w.Owner)
	added := &workspace{
		slug: w.Slug, name: w.Name, uuid: uuidOf("workspace", w.Slug), owner: owner, seats: w.Seats, created: now,
	}
	added.members.put(owner.uuid, &member{account: owner, admin: true, joined: now})
	s.workspaces.put(w.Slug, added)
	if known {
		s.born(added, o)
	}
}

// AddUser makes an Atlassian account that is a member of nothing. It gives the account's uuid in braces and its
// Atlassian account id. For an address that has an account, it gives that one's.
func (s *Server) AddUser(email, name string) (uuid, accountID string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(Person{Email: email, Name: name})
	return a.uuid, a.id
}

// AddMember makes somebody a member of a workspace and of groups, by name, whether or not there is a seat left. Missing
// accounts and groups are made.
func (s *Server) AddMember(workspace, email string, groups ...string) {
	s.setup(workspace, func(w *workspaceSetup) {
		a := s.account(Person{Email: email})
		w.join(a, w.now)
		for _, name := range groups {
			s.group(w, name).members.put(a.uuid, a)
		}
		m, _ := w.members.get(a.uuid)
		s.adoptMember(w.workspace, m)
	})
}

// AddAdmin makes somebody an administrator of a workspace. Missing accounts are made.
func (s *Server) AddAdmin(workspace, email string) {
	s.setup(workspace, func(w *workspaceSetup) {
		a := s.account(Person{Email: email})
		w.join(a, w.now)
		m, _ := w.members.get(a.uuid)
		m.admin = true
		s.adoptMember(w.workspace, m)
	})
}

// AddGroup makes a group. Its slug is the name in lower case with dashes for blanks.
func (s *Server) AddGroup(workspace, name string) {
	s.setup(workspace, func(w *workspaceSetup) { s.group(w, name) })
}

// AddProject makes a project.
func (s *Server) AddProject(workspace, key, name string) {
	s.setup(workspace, func(w *workspaceSetup) {
		w.projects.put(key, &target{
			kind: kindProject, key: key, name: name, uuid: uuidOf(kindProject, w.slug+"/"+key), private: true, created: w.now,
		})
	})
}

// AddRepository makes a repository in a project, which must be there; an empty key is no project.
func (s *Server) AddRepository(workspace, slug, projectKey string, private bool) {
	s.setup(workspace, func(w *workspaceSetup) {
		project, ok := w.projects.get(projectKey)
		if !ok && projectKey != "" {
			s.violate("setup", "there is no project "+projectKey+" for the repository "+slug)
		}
		w.repositories.put(slug, &target{
			kind: kindRepository, key: slug, name: slug, uuid: uuidOf(kindRepository, w.slug+"/"+slug), private: private,
			project: project, created: w.now,
		})
	})
}

// SetSeats changes the user limit of a workspace, also to less than is taken; 0 is none.
func (s *Server) SetSeats(workspace string, seats int) {
	s.setup(workspace, func(w *workspaceSetup) { w.seats = seats })
}

// Move takes the administration of a workspace to admin.atlassian.com: from now on its invitation endpoints are off and
// its groups are read-only in API 1.0. It goes to the organization that it is linked to, else to the first that was added,
// else to one made for it; its groups and members come to be in the directory there, the groups with the role of a user.
// What becomes of pending invitations is said by OrganizationSwitches.PendingAtMove.
func (s *Server) Move(workspace string) {
	s.setup(workspace, func(w *workspaceSetup) { s.move(w.workspace) })
}

// AddAPIToken adds an Atlassian API token of an account, which is made where missing. It authenticates with Basic,
// address and token. Scopes are granular, such as "read:workspace:bitbucket".
func (s *Server) AddAPIToken(email, token string, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a := s.account(Person{Email: email})
	s.credentials = append(s.credentials, &credential{
		kind: kindAPIToken, name: kindAPIToken + " " + a.email, token: token, account: a, scopes: slices.Clone(scopes),
	})
}

// AddAccessToken adds a Bearer token that belongs to no person. Its kind is "workspace", "project", "repository" or
// "oauth" (what an OAuth consumer gets for its client credentials), where needed with what it is for: "workspace:acme",
// "oauth:acme", "project:acme/KEY", "repository:acme/web". Without, it is for all of that kind. Scopes are classic, such
// as "account" or "repository:admin".
func (s *Server) AddAccessToken(token, kind string, scopes ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := kind
	kind, where, _ := strings.Cut(kind, ":")
	if !slices.Contains([]string{kindWorkspaceToken, kindProject, kindRepository, kindOAuth}, kind) {
		s.violate("setup", "there is no kind of access token "+kind)
		return
	}
	s.credentials = append(s.credentials, &credential{
		kind: kind, name: name, token: token, where: where, scopes: slices.Clone(scopes),
	})
}

// workspaceSetup is a workspace in the hands of a set-up method.
type workspaceSetup struct {
	*workspace
	now time.Time
}

// group gives the group of a name, made where missing. In a workspace of an organization it is the organization's, with
// the role of a user.
func (s *Server) group(w *workspaceSetup, name string) *group {
	if w.moved {
		return s.groupOfOrganization(w.workspace, name)
	}
	slug := slugOf(name)
	if found, ok := w.groups.get(slug); ok {
		return found
	}
	made := &group{name: name, slug: slug}
	w.groups.put(slug, made)
	return made
}

// setup runs do on a workspace under the lock; a missing workspace is a violation.
func (s *Server) setup(workspace string, do func(*workspaceSetup)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settle()
	w := s.workspaceOf(workspace)
	if w == nil {
		s.violate("setup", "there is no workspace "+workspace)
		return
	}
	do(&workspaceSetup{workspace: w, now: s.options.Now()})
}

// account gives the account of an address, made where missing.
func (s *Server) account(p Person) *account {
	if found := s.accountOf(p.Email); found != nil {
		return found
	}
	email := fold(p.Email)
	name := p.Name
	if name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	uuid := uuidOf("account", email)
	made := &account{
		email: email, name: name, nickname: name, uuid: uuid, id: "557058:" + strings.Trim(uuidOf("identity", email), "{}"),
		created: s.options.Now(),
	}
	s.accounts.put(email, made)
	s.byID[made.uuid], s.byID[made.id] = made, made
	return made
}
