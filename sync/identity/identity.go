// Package identity makes one person out of the entries that several directories hold about them.
//
// It is pure: the same entries give the same people, in the same order.
package identity

import (
	"cmp"
	"slices"

	"bitroster/sources"
	"bitroster/sync/access"
)

// Directory is the content of one source that was read whole.
type Directory struct {
	Source  string
	Entries []sources.Entry
}

// Person is one human: all entries with one normalised address.
type Person struct {
	Email access.Email
	// Name is the first one found, in the order of the sources in the config.
	Name string
	// Disabled is true when any directory has shut the person's account: the careful answer when directories differ.
	Disabled bool
	Entries  []Sighting
}

// Sighting is an entry and the source that holds it.
type Sighting struct {
	Source string
	Entry  sources.Entry
}

// Merge joins the entries of all directories by address. The result is sorted by address; a person's entries keep the
// order of the directories.
func Merge(directories []Directory) []Person {
	index := map[access.Email]int{}
	var people []Person
	for _, directory := range directories {
		for _, entry := range directory.Entries {
			at, known := index[entry.Email]
			if !known {
				at = len(people)
				index[entry.Email] = at
				people = append(people, Person{Email: entry.Email})
			}
			people[at].add(directory.Source, entry)
		}
	}
	slices.SortFunc(people, func(a, b Person) int { return cmp.Compare(a.Email, b.Email) })
	return people
}

func (p *Person) add(source string, entry sources.Entry) {
	p.Name = cmp.Or(p.Name, entry.Name)
	p.Disabled = p.Disabled || entry.Disabled
	p.Entries = append(p.Entries, Sighting{Source: source, Entry: entry})
}
