package mapping

import (
	"fmt"
	"slices"

	"bitroster/internal/settings"
	"bitroster/sources"
)

// catalogs finds the groups that rules name.
type catalogs struct {
	list   []Catalog
	unread bool
	byKey  []map[string][]int // per catalog: group key -> positions in its Groups
}

func newCatalogs(list []Catalog, unread bool) catalogs {
	c := catalogs{list: list, unread: unread, byKey: make([]map[string][]int, len(list))}
	for i, catalog := range list {
		c.byKey[i] = map[string][]int{}
		for j, group := range catalog.Groups {
			c.note(i, j, sources.GroupKey(group.Name))
			c.note(i, j, sources.GroupKey(group.ID))
		}
	}
	return c
}

func (c catalogs) note(catalog, group int, key string) {
	if !slices.Contains(c.byKey[catalog][key], group) {
		c.byKey[catalog][key] = append(c.byKey[catalog][key], group)
	}
}

// compile makes a matcher of a condition, with the doubts that stand against it.
func (c catalogs) compile(condition Condition, rule string) (matcher, []Doubt) {
	var parts []matcher
	var doubts []Doubt
	if condition.EmailDomain != "" {
		parts = append(parts, matchDomain(condition.EmailDomain))
	}
	if condition.Source != "" || condition.Group != "" || condition.Attribute.Name != "" {
		groups, d := c.resolve(condition.Source, condition.Group, rule)
		doubts = append(doubts, d...)
		parts = append(parts, matchEntry(condition, groups))
	}
	all, d := c.compileEach(condition.AllOf, rule)
	parts, doubts = append(parts, all...), append(doubts, d...)
	if len(condition.AnyOf) > 0 {
		alternatives, d := c.compileEach(condition.AnyOf, rule)
		parts, doubts = append(parts, matchAny(alternatives)), append(doubts, d...)
	}
	return matchAll(parts), doubts
}

func (c catalogs) compileEach(conditions []Condition, rule string) ([]matcher, []Doubt) {
	var parts []matcher
	var doubts []Doubt
	for _, condition := range conditions {
		m, d := c.compile(condition, rule)
		parts, doubts = append(parts, m), append(doubts, d...)
	}
	return parts, doubts
}

// resolve finds the IDs of a named group, per source. A group that is missing, ambiguous or not to be believed has none.
func (c catalogs) resolve(source, name, rule string) (map[string]map[string]bool, []Doubt) {
	if name == "" {
		return nil, nil
	}
	found := map[string]map[string]bool{}
	var doubts []Doubt
	looked, known := false, []string{}
	for i, catalog := range c.list {
		if source != "" && catalog.Source != source {
			continue
		}
		looked = true
		hits := c.byKey[i][sources.GroupKey(name)]
		known = append(known, groupNames(catalog.Groups)...)
		group, problem := single(catalog.Groups, hits)
		switch {
		case problem != "":
			doubts = append(doubts, Doubt{Source: catalog.Source, Group: name, Rule: rule, Problem: problem})
		case group != nil:
			found[catalog.Source] = map[string]bool{group.ID: true}
		}
	}
	// A source that is named but was not read has its own doubt already.
	missing := looked && len(found)+len(doubts) == 0 && (source != "" || !c.unread)
	if missing {
		problem := "no group of that name"
		if near := settings.Nearest(name, known); near != "" {
			problem += fmt.Sprintf("; did you mean %q?", near)
		}
		doubts = append(doubts, Doubt{Source: source, Group: name, Rule: rule, Problem: problem + ": check the spelling in the rule, the group's base DN and filter, or the groups column"})
	}
	return found, doubts
}

// single is the one believable group among the hits; nil and no problem where there are none.
func single(groups []sources.Group, hits []int) (*sources.Group, string) {
	switch {
	case len(hits) == 0:
		return nil, ""
	case len(hits) > 1:
		return nil, fmt.Sprintf("%d groups have that name: name it by its full DN, such as %q", len(hits), groups[hits[0]].ID)
	case groups[hits[0]].Problem != "":
		return nil, groups[hits[0]].Problem
	}
	return &groups[hits[0]], ""
}

func groupNames(groups []sources.Group) []string {
	names := make([]string, len(groups))
	for i, group := range groups {
		names[i] = group.Name
	}
	return names
}
