package bitbuckettest

import (
	"net/url"
	"time"
)

// The shapes of API 2.0. Links lead to the true service, as those of a recording would; no client is to follow them.

const (
	apiRoot = "https://api.bitbucket.org/2.0"
	webRoot = "https://bitbucket.org"
)

type link struct {
	Href string `json:"href"`
}

type links map[string]link

// account2 is an account of a person, or of a workspace (Type "team").
type account2 struct {
	Type        string `json:"type"`
	UUID        string `json:"uuid"`
	AccountID   string `json:"account_id,omitempty"`
	DisplayName string `json:"display_name"`
	Nickname    string `json:"nickname,omitempty"`
	Links       links  `json:"links"`
	Email       string `json:"email,omitempty"` // only where asked for by this address
}

// self2 is an account as GET /2.0/user has it, person2 one of a person.
type self2 struct {
	account2
	CreatedOn time.Time `json:"created_on"`
}

type person2 struct {
	self2
	Status    string `json:"account_status"`
	TwoFactor bool   `json:"has_2fa_enabled"`
	IsStaff   bool   `json:"is_staff"`
}

type workspace2 struct {
	Type            string    `json:"type"` // "workspace"
	UUID            string    `json:"uuid"`
	Slug            string    `json:"slug"`
	Name            string    `json:"name"`
	IsPrivate       bool      `json:"is_private"`
	IsPersonal      bool      `json:"is_personal"`
	PrivacyEnforced bool      `json:"is_privacy_enforced"`
	ForkingMode     string    `json:"forking_mode"`
	CreatedOn       time.Time `json:"created_on"`
	UpdatedOn       time.Time `json:"updated_on"`
	Links           links     `json:"links"`
}

// brief2 is a workspace within another shape. As a "workspace_base" it has no name.
type brief2 struct {
	Type  string `json:"type"`
	UUID  string `json:"uuid"`
	Slug  string `json:"slug"`
	Name  string `json:"name,omitempty"`
	Links links  `json:"links"`
}

type access2 struct {
	Type          string `json:"type"` // "workspace_access"
	Administrator bool   `json:"administrator"`
	Workspace     brief2 `json:"workspace"`
}

// membership2 has the last three only in the lists of permissions, and the last two only before a move.
type membership2 struct {
	Type         string     `json:"type"` // "workspace_membership"
	User         account2   `json:"user"`
	Workspace    brief2     `json:"workspace"`
	Links        links      `json:"links"`
	Permission   string     `json:"permission,omitempty"` // owner or member
	AddedOn      *time.Time `json:"added_on,omitempty"`
	LastAccessed *time.Time `json:"last_accessed,omitempty"`
}

type project2 struct {
	Type           string    `json:"type"` // "project"
	UUID           string    `json:"uuid"`
	Key            string    `json:"key"`
	Name           string    `json:"name"`
	Description    string    `json:"description"`
	IsPrivate      bool      `json:"is_private"`
	Owner          account2  `json:"owner"`
	Workspace      brief2    `json:"workspace"`
	CreatedOn      time.Time `json:"created_on"`
	UpdatedOn      time.Time `json:"updated_on"`
	HasPublicRepos bool      `json:"has_publicly_visible_repos"`
	Links          links     `json:"links"`
}

type branch2 struct {
	Type string `json:"type"` // "branch"
	Name string `json:"name"`
}

type repository2 struct {
	Type        string    `json:"type"` // "repository"
	UUID        string    `json:"uuid"`
	FullName    string    `json:"full_name"`
	Name        string    `json:"name"`
	Slug        string    `json:"slug"`
	Description string    `json:"description"`
	IsPrivate   bool      `json:"is_private"`
	SCM         string    `json:"scm"`
	Owner       account2  `json:"owner"`
	Workspace   brief2    `json:"workspace"`
	Project     *project2 `json:"project,omitempty"`
	MainBranch  *branch2  `json:"mainbranch"`
	CreatedOn   time.Time `json:"created_on"`
	UpdatedOn   time.Time `json:"updated_on"`
	Size        int       `json:"size"`
	Language    string    `json:"language"`
	HasIssues   bool      `json:"has_issues"`
	HasWiki     bool      `json:"has_wiki"`
	ForkPolicy  string    `json:"fork_policy"`
	Links       links     `json:"links"`
}

type group2 struct {
	Type      string `json:"type"` // "group"
	Name      string `json:"name"`
	Slug      string `json:"slug"`
	FullSlug  string `json:"full_slug"` // "workspace:slug"
	Workspace brief2 `json:"workspace"`
	Links     links  `json:"links"`
}

// grant2 is an explicit permission: of a group or of a user.
type grant2 struct {
	Type       string    `json:"type"` // "repository_group_permission" and so on
	Group      *group2   `json:"group,omitempty"`
	User       *account2 `json:"user,omitempty"`
	Permission string    `json:"permission"`
	Links      links     `json:"links"`
}

func (a *account) account2() account2 {
	path := url.PathEscape(a.uuid)
	return account2{
		Type: "user", UUID: a.uuid, AccountID: a.id, DisplayName: a.name, Nickname: a.nickname,
		Links: links{
			"self": {apiRoot + "/users/" + path}, "avatar": {a.avatar()}, "html": {webRoot + "/" + path + "/"},
			"repositories": {apiRoot + "/repositories/" + path},
		},
	}
}

// account2 is the workspace as an account.
func (w *workspace) account2() account2 {
	return account2{Type: "team", UUID: w.uuid, DisplayName: w.name, Links: w.links()}
}

func (w *workspace) links() links {
	return links{"self": {apiRoot + "/workspaces/" + w.slug}, "avatar": {webRoot + "/workspaces/" + w.slug + "/avatar/"}}
}

func (w *workspace) brief2(kind string) brief2 {
	brief := brief2{Type: kind, UUID: w.uuid, Slug: w.slug, Links: w.links()}
	if kind == "workspace" {
		brief.Name = w.name
		brief.Links["html"] = link{webRoot + "/" + w.slug + "/"}
	}
	return brief
}

func (w *workspace) workspace2() workspace2 {
	shape := workspace2{
		Type: "workspace", UUID: w.uuid, Slug: w.slug, Name: w.name, IsPrivate: true, ForkingMode: "allow_forks",
		CreatedOn: w.created.UTC(), UpdatedOn: w.created.UTC(), Links: w.links(),
	}
	shape.Links["html"] = link{webRoot + "/" + w.slug + "/"}
	for name, path := range map[string]string{
		"members": "/workspaces/" + w.slug + "/members", "projects": "/workspaces/" + w.slug + "/projects",
		"owners":       "/workspaces/" + w.slug + `/permissions?q=permission%3D%22owner%22`,
		"repositories": "/repositories/" + w.slug, "snippets": "/snippets/" + w.slug,
	} {
		shape.Links[name] = link{apiRoot + path}
	}
	return shape
}

func (w *workspace) membership2(m *member) membership2 {
	self := apiRoot + "/workspaces/" + w.slug + "/members/" + url.PathEscape(m.account.uuid)
	return membership2{
		Type: "workspace_membership", User: m.account.account2(), Workspace: w.brief2("workspace"), Links: links{"self": {self}},
	}
}

// permission2 is a membership with what the lists of permissions add.
func (w *workspace) permission2(m *member) membership2 {
	shape := w.membership2(m)
	shape.Permission = "member"
	if m.admin {
		shape.Permission = "owner"
	}
	if !w.moved {
		joined := m.joined.UTC()
		shape.AddedOn, shape.LastAccessed = &joined, &joined
	}
	return shape
}

func (w *workspace) project2(t *target) project2 {
	return project2{
		Type: kindProject, UUID: t.uuid, Key: t.key, Name: t.name, IsPrivate: t.private, Owner: w.account2(),
		Workspace: w.brief2("workspace"), CreatedOn: t.created.UTC(), UpdatedOn: t.created.UTC(),
		Links: links{
			"html":   {webRoot + "/" + w.slug + "/workspace/projects/" + t.key},
			"avatar": {webRoot + "/" + w.slug + "/workspace/projects/" + t.key + "/avatar/32"},
		},
	}
}

func (w *workspace) repository2(t *target) repository2 {
	full := w.slug + "/" + t.key
	shape := repository2{
		Type: kindRepository, UUID: t.uuid, FullName: full, Name: t.name, Slug: t.key, IsPrivate: t.private, SCM: "git",
		Owner: w.account2(), Workspace: w.brief2("workspace"), MainBranch: &branch2{Type: "branch", Name: "main"},
		CreatedOn: t.created.UTC(), UpdatedOn: t.created.UTC(), ForkPolicy: "allow_forks",
		Links: links{"self": {apiRoot + "/repositories/" + full}, "html": {webRoot + "/" + full}},
	}
	if t.private {
		shape.ForkPolicy = "no_public_forks"
	}
	if t.project != nil {
		project := w.project2(t.project)
		shape.Project = &project
	}
	return shape
}

func (w *workspace) group2(g *group) group2 {
	return group2{
		Type: kindGroup, Name: g.name, Slug: g.slug, FullSlug: w.slug + ":" + g.slug, Workspace: w.brief2("workspace"),
		Links: links{"html": {webRoot + "/" + w.slug + "/workspace/settings/groups/" + g.slug}},
	}
}
