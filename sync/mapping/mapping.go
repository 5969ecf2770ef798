// Package mapping turns people into the access they should have, and names the rule that says so.
//
// It is pure. What a rule asks of a directory that the directory cannot answer (a group that is missing, or whose members
// are not to be believed) becomes a Doubt, never "nobody".
package mapping

import (
	"slices"
	"strings"

	"bitroster/sources"
	"bitroster/sync/access"
	"bitroster/sync/identity"
)

// Input is all that the mapping of one workspace depends on.
type Input struct {
	Rules  []Rule
	Groups []GroupGrant
	People []identity.Person
	// Catalogs are the groups of each source that was read whole.
	Catalogs []Catalog
	// Unread is true when another source was not read: then a group that no catalog has is not called missing.
	Unread bool
}

// Catalog is the groups of one source.
type Catalog struct {
	Source string
	Groups []sources.Group
}

// Desired is the access that the rules want.
type Desired struct {
	// People are those whom a rule matches, by rule order, then address: the order in which they are served.
	People []Wants
	// Groups is the access of groups themselves, in the order of the config.
	Groups []GroupWant
	// Doubts are what the rules ask of the directories and cannot be told.
	Doubts []Doubt
}

// Wants is what one person should have.
type Wants struct {
	Email    access.Email
	Name     string
	Disabled bool
	// Rights are in rule order, each target once, with the highest permission of all rules.
	Rights []Wanted
}

// Wanted is one right and the rule that wins it.
type Wanted struct {
	Right access.Right
	Rule  string
}

// GroupWant is one right that a Bitbucket group should have.
type GroupWant struct {
	Group string
	Right access.Right
}

// Doubt is something in a directory that could not be read or is not to be believed, and what to check. Group is empty
// when it is the whole source, Source when the group is missing from all of them.
type Doubt struct {
	Source  string `json:"source,omitempty"`
	Group   string `json:"group,omitempty"`
	Rule    string `json:"rule,omitempty"`
	Problem string `json:"problem"`
}

// Map applies the rules to the people.
func Map(in Input) Desired {
	catalogs := newCatalogs(in.Catalogs, in.Unread)
	matchers := make([]matcher, len(in.Rules))
	var doubts []Doubt
	for i, rule := range in.Rules {
		m, d := catalogs.compile(rule.When, rule.Name)
		matchers[i] = m
		doubts = append(doubts, d...)
	}
	return Desired{People: wantsOf(in, matchers), Groups: groupWants(in.Groups), Doubts: compactDoubts(doubts)}
}

// wantsOf sorts people into the order of the first rule that matches them.
func wantsOf(in Input, matchers []matcher) []Wants {
	byRule := make([][]Wants, len(matchers))
	for _, person := range in.People {
		wants := Wants{Email: person.Email, Name: person.Name, Disabled: person.Disabled}
		first := -1
		for i, matches := range matchers {
			if !matches(person) {
				continue
			}
			if first < 0 {
				first = i
			}
			wants.add(in.Rules[i])
		}
		if first >= 0 {
			byRule[first] = append(byRule[first], wants)
		}
	}
	return slices.Concat(byRule...)
}

// add takes over what a rule gives; a permission that is not higher than what earlier rules give changes nothing.
func (w *Wants) add(rule Rule) {
	for _, right := range rule.Grant.rights() {
		at := slices.IndexFunc(w.Rights, func(have Wanted) bool { return have.Right.Target == right.Target })
		switch {
		case at < 0:
			w.Rights = append(w.Rights, Wanted{Right: right, Rule: rule.Name})
		case !w.Rights[at].Right.Permission.Covers(right.Permission):
			w.Rights[at] = Wanted{Right: right, Rule: rule.Name}
		}
	}
}

func groupWants(groups []GroupGrant) []GroupWant {
	var wants []GroupWant
	for _, group := range groups {
		for _, right := range resourceRights(group.Repositories, group.Projects) {
			wants = append(wants, GroupWant{Group: group.Group, Right: right})
		}
	}
	return wants
}

// compactDoubts keeps the first of several rules that stumble over one group.
func compactDoubts(doubts []Doubt) []Doubt {
	type key struct{ source, group string }
	seen := map[key]bool{}
	return slices.DeleteFunc(doubts, func(d Doubt) bool {
		k := key{d.Source, sources.GroupKey(d.Group)}
		known := seen[k]
		seen[k] = true
		return known
	})
}

// matcher tells whether a rule matches a person.
type matcher func(identity.Person) bool

func matchAll(parts []matcher) matcher {
	return func(p identity.Person) bool {
		return !slices.ContainsFunc(parts, func(m matcher) bool { return !m(p) })
	}
}

func matchAny(parts []matcher) matcher {
	return func(p identity.Person) bool {
		return slices.ContainsFunc(parts, func(m matcher) bool { return m(p) })
	}
}

func matchDomain(domain string) matcher {
	normal, err := access.ParseDomain(domain)
	return func(p identity.Person) bool { return err == nil && p.Email.Domain() == normal }
}

// matchEntry holds for a person who has one entry of which everything holds.
func matchEntry(c Condition, groups map[string]map[string]bool) matcher {
	name := strings.ToLower(c.Attribute.Name)
	return func(p identity.Person) bool {
		return slices.ContainsFunc(p.Entries, func(s identity.Sighting) bool {
			return (c.Source == "" || s.Source == c.Source) &&
				(c.Group == "" || inGroup(s, groups)) &&
				(name == "" || hasValue(s.Entry.Attributes[name], c.Attribute.In))
		})
	}
}

func inGroup(s identity.Sighting, groups map[string]map[string]bool) bool {
	wanted := groups[s.Source]
	return slices.ContainsFunc(s.Entry.Groups, func(id string) bool { return wanted[id] })
}

func hasValue(values, wanted []string) bool {
	return slices.ContainsFunc(values, func(value string) bool {
		return slices.ContainsFunc(wanted, func(want string) bool { return strings.EqualFold(value, want) })
	})
}
