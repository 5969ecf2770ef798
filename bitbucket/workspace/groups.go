package workspace

import (
	"fmt"
	"slices"
	"strings"

	"bitroster/bitbucket"
	"bitroster/internal/settings"
	"bitroster/sync/access"
)

// resolved is the group that a name means, or why it means none.
type resolved struct {
	group   *bitbucket.Group
	trouble access.Trouble
}

// resolve finds the groups that names mean: by name, then by slug, then by name in any case. Names that make one slug are
// told apart: a group that one name means exactly is not what another, similar name means.
func resolve(groups []bitbucket.Group, names []string) map[string]resolved {
	result := map[string]resolved{}
	exact := map[string]string{} // slug of a group that a name means exactly -> that name
	for _, name := range names {
		if hits := matching(groups, func(g bitbucket.Group) bool { return g.Name == name }); len(hits) == 1 {
			result[name] = resolved{group: hits[0]}
			exact[hits[0].Slug] = name
		}
	}
	missing := map[string]string{} // slug that a missing group would get -> its name
	for _, name := range names {
		if _, done := result[name]; !done {
			result[name] = loosely(groups, name, exact, missing)
		}
	}
	return result
}

// Troubles says of each name that means no usable group what is wrong with it.
func Troubles(groups []bitbucket.Group, names []string) map[string]access.Trouble {
	troubles := map[string]access.Trouble{}
	for name, found := range resolve(groups, names) {
		if found.group == nil {
			troubles[name] = found.trouble
		}
	}
	return troubles
}

func matching(groups []bitbucket.Group, same func(bitbucket.Group) bool) []*bitbucket.Group {
	var hits []*bitbucket.Group
	for i := range groups {
		if same(groups[i]) {
			hits = append(hits, &groups[i])
		}
	}
	return hits
}

// loosely finds a group whose name is not exactly the one asked for.
func loosely(groups []bitbucket.Group, name string, exact, missing map[string]string) resolved {
	hits := matching(groups, func(g bitbucket.Group) bool { return g.Slug == name })
	if len(hits) == 0 {
		hits = matching(groups, func(g bitbucket.Group) bool { return access.FoldName(g.Name) == access.FoldName(name) })
	}
	switch {
	case len(hits) > 1:
		return unusable("%d groups are called %q but for upper and lower case, such as %q: name the one that is meant", len(hits), name, hits[0].Name)
	case len(hits) == 1 && exact[hits[0].Slug] != "":
		return unusable("%q would mean the group %q, which the config names as well: name it in one way, or rename one of the two", name, hits[0].Name)
	case len(hits) == 1:
		return resolved{group: hits[0]}
	}
	slug := slugOf(name)
	if taken := matching(groups, func(g bitbucket.Group) bool { return g.Slug == slug }); len(taken) > 0 {
		return unusable("there is no group %q, and its slug %q is taken by the group %q: choose another name", name, slug, taken[0].Name)
	}
	if other, taken := missing[slug]; taken {
		return unusable("there is no group %q, and it would get the slug %q of %q, which is missing, too: choose another name", name, slug, other)
	}
	missing[slug] = name
	return resolved{trouble: missingGroup(groups, name)}
}

func unusable(format string, args ...any) resolved {
	return resolved{trouble: access.Trouble{Detail: fmt.Sprintf(format, args...)}}
}

// slugOf makes a slug as Bitbucket does: the name in lower case, with dashes for blanks.
// (https://confluence.atlassian.com/bitbucket/groups-endpoint-296093143.html)
func slugOf(name string) string {
	return strings.Join(strings.Fields(strings.ToLower(name)), "-")
}

func missingGroup(groups []bitbucket.Group, name string) access.Trouble {
	names := make([]string, len(groups))
	for i, group := range groups {
		names[i] = group.Name
	}
	slices.Sort(names)
	detail := fmt.Sprintf("the workspace has no group %q", name)
	if near := settings.Nearest(name, names); near != "" {
		detail += fmt.Sprintf("; did you mean %q?", near)
	}
	return access.Trouble{Missing: true, Detail: detail + ": create it, correct the rule, or set create_groups: true"}
}
