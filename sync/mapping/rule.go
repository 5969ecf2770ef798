package mapping

import (
	"fmt"
	"slices"
	"strings"

	"bitroster/internal/settings"
	"bitroster/sync/access"
)

// Rule turns the people it matches into wanted access.
type Rule struct {
	// Name is what plans, journals and logs call the rule. It must be unique in its workspace.
	Name  string    `mapstructure:"name"`
	When  Condition `mapstructure:"when"`
	Grant Grant     `mapstructure:"grant"`
}

// Condition selects people. All that is said in one Condition must hold at once; Source, Group and Attribute must hold of
// one and the same entry. AllOf and AnyOf nest.
type Condition struct {
	Source      string      `mapstructure:"source"`
	Group       string      `mapstructure:"group"`
	Attribute   Attribute   `mapstructure:"attribute"`
	EmailDomain string      `mapstructure:"email_domain"`
	Everyone    bool        `mapstructure:"everyone"`
	AllOf       []Condition `mapstructure:"all_of"`
	AnyOf       []Condition `mapstructure:"any_of"`
}

// Attribute asks for an entry that has one of the values, upper and lower case alike.
type Attribute struct {
	Name string   `mapstructure:"name"`
	In   []string `mapstructure:"in"`
}

// Grant is what a rule gives to each person it matches.
type Grant struct {
	Groups       []string          `mapstructure:"groups"`
	Repositories []RepositoryGrant `mapstructure:"repositories"`
	Projects     []ProjectGrant    `mapstructure:"projects"`
}

// GroupGrant is what a Bitbucket group is to have.
type GroupGrant struct {
	Group        string            `mapstructure:"group"`
	Repositories []RepositoryGrant `mapstructure:"repositories"`
	Projects     []ProjectGrant    `mapstructure:"projects"`
}

// RepositoryGrant is a permission on a repository, named by its slug.
type RepositoryGrant struct {
	Repository string            `mapstructure:"repository"`
	Permission access.Permission `mapstructure:"permission"`
}

// ProjectGrant is a permission on a project, named by its key.
type ProjectGrant struct {
	Project    string            `mapstructure:"project"`
	Permission access.Permission `mapstructure:"permission"`
}

// rights lists what the grant gives, groups first, each list in the order of the config.
func (g Grant) rights() []access.Right {
	var rights []access.Right
	for _, group := range g.Groups {
		rights = append(rights, access.Right{Target: access.Target{Kind: access.Group, Name: group}})
	}
	return append(rights, resourceRights(g.Repositories, g.Projects)...)
}

func resourceRights(repositories []RepositoryGrant, projects []ProjectGrant) []access.Right {
	var rights []access.Right
	for _, r := range repositories {
		rights = append(rights, access.Right{Target: access.Target{Kind: access.Repository, Name: r.Repository}, Permission: r.Permission})
	}
	for _, p := range projects {
		rights = append(rights, access.Right{Target: access.Target{Kind: access.Project, Name: p.Project}, Permission: p.Permission})
	}
	return rights
}

// Limits of what a config may say.
type Limits struct {
	// Sources are the names of the configured sources.
	Sources []string
	// AllowAdmin lets rules give the permission admin.
	AllowAdmin bool
	// AllowedDomains bound who may be invited.
	AllowedDomains []string
}

// Validate reports every fault of the rules and of the groups' own grants, with paths below the workspace.
func Validate(rules []Rule, groups []GroupGrant, limits Limits) settings.Faults {
	var faults settings.Faults
	for i, domain := range limits.AllowedDomains {
		if _, err := access.ParseDomain(domain); err != nil {
			faults.Add(fmt.Sprintf("invitations.allowed_domains[%d]", i), "write example.com", "%q %v", domain, err)
		}
	}
	seen := map[string]int{}
	for i, rule := range rules {
		path := fmt.Sprintf("rules[%d]", i)
		if first, twice := seen[rule.Name]; twice && rule.Name != "" {
			faults.Add(path+".name", "give each rule a name of its own", "%q is the name of rules[%d], too", rule.Name, first)
		}
		seen[rule.Name] = i
		faults.Under(path, rule.validate(limits))
	}
	for i, group := range groups {
		path := fmt.Sprintf("groups[%d]", i)
		if group.Group == "" {
			faults.Add(path+".group", "", "the group's name is missing")
		}
		if len(group.Repositories)+len(group.Projects) == 0 {
			faults.Add(path, "add repositories or projects", "gives the group nothing")
		}
		faults.Under(path, validateResources(group.Repositories, group.Projects, limits))
	}
	return faults
}

func (r Rule) validate(limits Limits) settings.Faults {
	var faults settings.Faults
	if r.Name == "" {
		faults.Add("name", "plans and logs give it as the reason of each step", "the rule has no name")
	}
	faults.Under("when", r.When.validate(limits.Sources))
	if len(r.Grant.rights()) == 0 {
		faults.Add("grant", "add groups, repositories or projects", "the rule gives nothing")
	}
	for i, group := range r.Grant.Groups {
		if strings.TrimSpace(group) == "" {
			faults.Add(fmt.Sprintf("grant.groups[%d]", i), "", "the group's name is empty")
		}
	}
	faults.Under("grant", validateResources(r.Grant.Repositories, r.Grant.Projects, limits))
	return faults
}

func (c Condition) validate(sources []string) settings.Faults {
	var faults settings.Faults
	plain := c.Source != "" || c.Group != "" || c.Attribute.Name != "" || c.EmailDomain != ""
	if !plain && !c.Everyone && len(c.AllOf)+len(c.AnyOf) == 0 {
		faults.Add("", "say source, group, attribute or email_domain, or everyone: true", "no condition is given")
	}
	if c.Everyone && (plain || len(c.AllOf)+len(c.AnyOf) > 0) {
		faults.Add("everyone", "drop one of the two", "everyone: true beside another condition")
	}
	if c.Source != "" && !slices.Contains(sources, c.Source) {
		faults.Add("source", meant(c.Source, sources), "no source is named %q", c.Source)
	}
	if c.Attribute.Name == "" && len(c.Attribute.In) > 0 {
		faults.Add("attribute.name", "", "the attribute's name is missing")
	}
	if c.Attribute.Name != "" && len(c.Attribute.In) == 0 {
		faults.Add("attribute.in", `for example in: ["Sales"]`, "the wanted values are missing")
	}
	if _, err := access.ParseDomain(c.EmailDomain); c.EmailDomain != "" && err != nil {
		faults.Add("email_domain", "write example.com", "%q %v", c.EmailDomain, err)
	}
	for i, part := range c.AllOf {
		faults.Under(fmt.Sprintf("all_of[%d]", i), part.validate(sources))
	}
	for i, part := range c.AnyOf {
		faults.Under(fmt.Sprintf("any_of[%d]", i), part.validate(sources))
	}
	return faults
}

func validateResources(repositories []RepositoryGrant, projects []ProjectGrant, limits Limits) settings.Faults {
	var faults settings.Faults
	for i, r := range repositories {
		path := fmt.Sprintf("repositories[%d]", i)
		if r.Repository == "" {
			faults.Add(path+".repository", "the slug, as in the repository's address", "the repository is missing")
		}
		faults.Under(path+".permission", validatePermission(r.Permission, access.Repository, limits))
	}
	for i, p := range projects {
		path := fmt.Sprintf("projects[%d]", i)
		if p.Project == "" {
			faults.Add(path+".project", "the key, in capitals", "the project is missing")
		}
		faults.Under(path+".permission", validatePermission(p.Permission, access.Project, limits))
	}
	return faults
}

func validatePermission(p access.Permission, on access.Kind, limits Limits) settings.Faults {
	words := []string{"read", "write", "admin"}
	if on == access.Project {
		words = []string{"read", "write", "create-repo", "admin"}
	}
	var faults settings.Faults
	switch {
	case p == access.None:
		faults.Add("", "one of "+strings.Join(words, ", "), "the permission is missing")
	case !slices.Contains(words, string(p)):
		faults.Add("", "one of "+strings.Join(words, ", "), "%q is not a permission on a %s", string(p), on)
	case p == access.Admin && !limits.AllowAdmin:
		faults.Add("", "set allow_admin: true in the workspace if you mean it", "admin is not allowed here")
	}
	return faults
}

// meant suggests the nearest known word, or lists them all.
func meant(word string, known []string) string {
	if near := settings.Nearest(word, known); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "known: " + strings.Join(known, ", ")
}
