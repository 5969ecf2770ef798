package bitbuckettest

import (
	"slices"
	"time"
)

// user3 is a person of the organization API. Groups and productAccess are there only where asked for.
type user3 struct {
	AccountID        string         `json:"accountId"`
	AccountType      string         `json:"accountType"`
	Status           string         `json:"status"`
	AccountStatus    string         `json:"accountStatus"`
	MembershipStatus string         `json:"membershipStatus"`
	AddedToOrg       string         `json:"addedToOrg"`
	Name             string         `json:"name"`
	Nickname         string         `json:"nickname"`
	Email            string         `json:"email"`
	EmailVerified    bool           `json:"emailVerified"`
	ClaimStatus      string         `json:"claimStatus"`
	ManagementSource *string        `json:"managementSource"`
	MultiFactor      bool           `json:"mfaEnabled"`
	Picture          string         `json:"picture"`
	Groups           []brief3       `json:"groups,omitempty"`
	ProductAccess    []access3      `json:"productAccess,omitempty"`
	Links            map[string]any `json:"links"`
}

type brief3 struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Description string `json:"description"`
}

type access3 struct {
	Key        string  `json:"key"`
	ID         string  `json:"id"`
	LastActive *string `json:"lastActiveTimestamp"`
}

func (c *call) user3(p *orgPerson, expand []string) user3 {
	a := p.account
	shape := user3{
		AccountID: a.id, AccountType: "atlassian", AddedToOrg: p.added.UTC().Format(time.RFC3339), Name: a.name,
		Nickname: a.nickname, Email: a.email, EmailVerified: !p.waiting, ClaimStatus: "unmanaged", Picture: a.avatar(),
		Links: map[string]any{"self": nil},
	}
	shape.Status, shape.AccountStatus, shape.MembershipStatus = c.statusOf(p)
	if slices.Contains(expand, "groups") {
		for _, g := range c.organization.groups.all() {
			if g.members.has(a.id) {
				shape.Groups = append(shape.Groups, brief3{ID: g.id, Name: g.name, Description: g.description})
			}
		}
	}
	if slices.Contains(expand, "productAccess") {
		for _, w := range c.server.managed(c.organization) {
			if c.organization.level(p, w.ari()) != "" {
				shape.ProductAccess = append(shape.ProductAccess, access3{Key: "bitbucket", ID: w.ari()})
			}
		}
	}
	return shape
}

// group3 is a group of the organization API. Counts are there only where asked for.
type group3 struct {
	ID          string         `json:"id"`
	Name        string         `json:"name"`
	Description string         `json:"description"`
	DirectoryID string         `json:"directoryId"`
	Synced      bool           `json:"externalSynced"`
	ManagedBy   string         `json:"managedBy"`
	Management  management3    `json:"managementAccess"`
	Counts      *counts3       `json:"counts,omitempty"`
	Links       map[string]any `json:"links"`
}

type management3 struct {
	Deletable  bool `json:"deletable"`
	Modifiable bool `json:"modifiable"`
	Readable   bool `json:"readable"`
}

type counts3 struct {
	Users     *int `json:"users,omitempty"`
	Resources *int `json:"resources,omitempty"`
}

func (c *call) group3(g *orgGroup, expand []string) group3 {
	shape := group3{
		ID: g.id, Name: g.name, Description: g.description, DirectoryID: c.organization.directory, Synced: g.synced,
		ManagedBy: "admins", Management: management3{Deletable: !g.fixed() && g.roles.len() == 0, Modifiable: !g.fixed(), Readable: true},
		Links: map[string]any{"self": nil},
	}
	if g.synced {
		shape.ManagedBy = "external"
	}
	users, resources := g.members.len(), g.roles.len()
	if len(expand) > 0 {
		shape.Counts = &counts3{}
	}
	if slices.Contains(expand, "counts.users") {
		shape.Counts.Users = &users
	}
	if slices.Contains(expand, "counts.resources") {
		shape.Counts.Resources = &resources
	}
	return shape
}
