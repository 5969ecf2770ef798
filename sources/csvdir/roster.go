package csvdir

import (
	"cmp"
	"slices"

	"bitroster/sources"
	"bitroster/sync/access"
)

// roster gathers the rows of all files.
type roster struct {
	entries map[access.Email]*sources.Entry
	// groups are by folded name.
	groups  map[string]*sources.Group
	rejects []sources.Reject
}

func newRoster() *roster {
	return &roster{entries: map[access.Email]*sources.Entry{}, groups: map[string]*sources.Group{}}
}

// add takes a row. One with a fault becomes a reject, which still counts as a member of the groups that it names.
func (r *roster) add(entry sources.Entry, fault string) {
	entry.Groups = r.spell(entry.Groups)
	if fault != "" {
		r.rejects = append(r.rejects, sources.Reject{Origin: entry.Origin, Reason: fault})
		r.count(entry.Groups)
		return
	}
	known, found := r.entries[entry.Email]
	if !found {
		r.entries[entry.Email] = &entry
		return
	}
	known.ID = cmp.Or(known.ID, entry.ID)
	known.Name = cmp.Or(known.Name, entry.Name)
	known.Disabled = known.Disabled || entry.Disabled
	known.Groups = append(known.Groups, entry.Groups...)
	if known.Attributes == nil {
		known.Attributes = entry.Attributes
		return
	}
	for name, values := range entry.Attributes {
		known.Attributes[name] = append(known.Attributes[name], values...)
	}
}

// spell gives each group the spelling in which it was first seen, and each once.
func (r *roster) spell(names []string) []string {
	for i, name := range names {
		key := access.FoldName(name)
		if r.groups[key] == nil {
			r.groups[key] = &sources.Group{ID: name, Name: name}
		}
		names[i] = r.groups[key].ID
	}
	return unique(names)
}

func (r *roster) count(groups []string) {
	for _, name := range groups {
		r.groups[access.FoldName(name)].Members++
	}
}

// snapshot ends the gathering: it may be called once.
func (r *roster) snapshot() sources.Snapshot {
	s := sources.Snapshot{Rejects: r.rejects}
	for _, entry := range r.entries {
		entry.Groups = unique(entry.Groups)
		for name, values := range entry.Attributes {
			entry.Attributes[name] = unique(values)
		}
		r.count(entry.Groups)
		s.Entries = append(s.Entries, *entry)
	}
	for _, group := range r.groups {
		s.Groups = append(s.Groups, *group)
	}
	slices.SortFunc(s.Entries, func(a, b sources.Entry) int { return cmp.Compare(a.Email, b.Email) })
	slices.SortFunc(s.Groups, func(a, b sources.Group) int { return cmp.Compare(a.ID, b.ID) })
	return s
}

// unique sorts, and keeps each word once. It is done once a person, at the end, since a file may name one person a
// million times.
func unique(words []string) []string {
	slices.Sort(words)
	return slices.Compact(words)
}
