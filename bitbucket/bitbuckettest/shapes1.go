package bitbuckettest

import (
	"net/url"
	"time"
)

// The shapes of API 1.0.

// user1 is a person of API 1.0. It has no address.
type user1 struct {
	DisplayName string `json:"display_name"`
	AccountID   string `json:"account_id"`
	IsTeam      bool   `json:"is_team"`
	IsStaff     bool   `json:"is_staff"`
	IsActive    bool   `json:"is_active"`
	Avatar      string `json:"avatar"`
	ResourceURI string `json:"resource_uri"`
	Nickname    string `json:"nickname"`
	UUID        string `json:"uuid"`
}

// owner1 is whom something belongs to, or who did it.
type owner1 struct {
	DisplayName string  `json:"display_name"`
	UUID        string  `json:"uuid"`
	AccountID   *string `json:"account_id"`
	IsTeam      bool    `json:"is_team"`
	Avatar      string  `json:"avatar"`
	Nickname    string  `json:"nickname"`
	ResourceURI string  `json:"resource_uri"`
}

type group1 struct {
	Name          string  `json:"name"`
	Slug          string  `json:"slug"`
	Permission    *string `json:"permission"`
	AutoAdd       bool    `json:"auto_add"`
	ForwardingOff bool    `json:"email_forwarding_disabled"`
	Members       []user1 `json:"members"`
	Owner         owner1  `json:"owner"`
}

// pending1 is an element of the list of invitations: one per address, with all its groups as "owner/slug".
type pending1 struct {
	Groups    []string `json:"groups"`
	InvitedBy owner1   `json:"invited_by"`
	SentOn    string   `json:"utc_sent_on"` // "2012-07-19 16:22:51+00:00"
	Email     string   `json:"email"`
}

// invitation1 is an invitation to a repository.
type invitation1 struct {
	SentOn     string      `json:"sent_on"` // "2012-07-19 16:22:51", in UTC
	Permission string      `json:"permission"`
	InvitedBy  owner1      `json:"invited_by"`
	Repository repository1 `json:"repository"`
	Email      string      `json:"email"`
}

type repository1 struct {
	Website       string  `json:"website"`
	ReadOnly      bool    `json:"read_only"`
	HasWiki       bool    `json:"has_wiki"`
	LastUpdated   string  `json:"last_updated"`
	Name          string  `json:"name"`
	Language      string  `json:"language"`
	Deleted       bool    `json:"deleted"`
	IsMQ          bool    `json:"is_mq"`
	MQOf          *string `json:"mq_of"`
	CreatedOn     string  `json:"created_on"`
	ForkOf        *string `json:"fork_of"`
	EmailWriters  bool    `json:"email_writers"`
	Size          int     `json:"size"`
	Owner         string  `json:"owner"`
	HasIssues     bool    `json:"has_issues"`
	NoPublicForks bool    `json:"no_public_forks"`
	MailingList   string  `json:"email_mailinglist"`
	IsFork        bool    `json:"is_fork"`
	Slug          string  `json:"slug"`
	IsPrivate     bool    `json:"is_private"`
	Description   string  `json:"description"`
}

const time1 = "2006-01-02 15:04:05"

// stamp1 is a time as API 1.0 writes it, without a zone.
func stamp1(t time.Time) string { return t.UTC().Format(time1) }

func (a *account) user1() user1 {
	return user1{
		DisplayName: a.name, AccountID: a.id, IsActive: true, Avatar: a.avatar(), Nickname: a.nickname, UUID: a.uuid,
		ResourceURI: "/2.0/users/" + url.PathEscape(a.uuid),
	}
}

func (a *account) owner1() owner1 {
	return owner1{
		DisplayName: a.name, AccountID: &a.id, Avatar: a.avatar(), Nickname: a.nickname, UUID: a.uuid,
		ResourceURI: "/2.0/users/" + url.PathEscape(a.uuid),
	}
}

func (a *account) avatar() string { return avatarRoot + url.PathEscape(a.uuid) }

const avatarRoot = "https://avatar-management.services.atlassian.com/"

// owner1 is the workspace as an owner.
func (w *workspace) owner1() owner1 {
	return owner1{
		DisplayName: w.name, UUID: w.uuid, IsTeam: true, Avatar: avatarRoot + w.slug, Nickname: w.slug,
		ResourceURI: "/2.0/workspaces/" + w.slug,
	}
}

func (w *workspace) group1(g *group) group1 {
	shape := group1{
		Name: g.name, Slug: g.slug, AutoAdd: g.autoAdd, ForwardingOff: g.forwardingOff, Members: members1(g), Owner: w.owner1(),
	}
	if g.permission != "" {
		permission := g.permission
		shape.Permission = &permission
	}
	return shape
}

func members1(g *group) []user1 {
	members := make([]user1, 0, g.members.len())
	for _, a := range g.members.all() {
		members = append(members, a.user1())
	}
	return members
}

func (w *workspace) pending1(p *pending) pending1 {
	shape := pending1{Groups: []string{}, InvitedBy: p.by.owner1(), SentOn: stamp1(p.sent) + "+00:00", Email: p.email}
	for _, slug := range p.groups {
		shape.Groups = append(shape.Groups, w.slug+"/"+slug)
	}
	return shape
}

func (w *workspace) repository1(t *target) repository1 {
	return repository1{
		Name: t.name, Slug: t.key, IsPrivate: t.private, CreatedOn: stamp1(t.created), LastUpdated: stamp1(t.created),
		Owner: w.slug, NoPublicForks: t.private,
	}
}

// invitation1 is the answer to an invitation of p to a repository.
func (w *workspace) invitation1(t *target, p *pending, permission string) invitation1 {
	return invitation1{
		SentOn: stamp1(p.sent), Permission: permission, InvitedBy: p.by.owner1(), Repository: w.repository1(t),
		Email: p.email,
	}
}
