package ldap

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"bitroster/sources"
)

// joiner finds the people of each group.
type joiner struct {
	config Config
	people []person
	groups []*node
	// byMember finds a person by what a group calls them: a DN's key or a folded uid; several people are nobody.
	byMember map[string]int
	byDN     map[string]int // finds a group
}

// nobody stands for a uid that several people have.
const nobody = -1

// node is a group with its members found.
type node struct {
	*group
	id     string
	people []int // places in joiner.people
	nested []int // places in joiner.groups
	skip   int   // members that are groups, where nesting is off
	lost   []string
}

// join makes the snapshot of what was read. It changes people.
func join(people []person, groups []*group, config Config) (sources.Snapshot, error) {
	j := &joiner{config: config, people: people, byMember: map[string]int{}, byDN: map[string]int{}}
	if err := j.indexPeople(); err != nil {
		return sources.Snapshot{}, err
	}
	if err := j.indexGroups(groups); err != nil {
		return sources.Snapshot{}, err
	}
	for _, g := range j.groups {
		j.resolve(g)
	}
	var snapshot sources.Snapshot
	walk := j.newWalk()
	for at, g := range j.groups {
		snapshot.Groups = append(snapshot.Groups, walk.from(at))
		if reason := j.lostReason(g); reason != "" {
			snapshot.Rejects = append(snapshot.Rejects, sources.Reject{Origin: g.dn, Reason: reason})
		}
	}
	j.addPeople(&snapshot)
	return snapshot, nil
}

func (j *joiner) indexPeople() error {
	seen := make(map[string]bool, len(j.people))
	for i, p := range j.people {
		key := dnKey(p.dn)
		if seen[key] {
			return changed(p.dn)
		}
		seen[key] = true
		if j.config.GroupSearch.MemberIs == memberDN {
			j.byMember[key] = i
			continue
		}
		for _, uid := range p.uids {
			if other, taken := j.byMember[fold(uid)]; taken && other != i {
				j.byMember[fold(uid)] = nobody
				continue
			}
			j.byMember[fold(uid)] = i
		}
	}
	return nil
}

func changed(dn string) error {
	return fmt.Errorf("the server gave %s twice: the directory changed while it was read, the next read will tell", dn)
}

// indexGroups sorts the groups by ID, so that each person's list of groups comes out sorted.
func (j *joiner) indexGroups(groups []*group) error {
	slices.SortFunc(groups, func(a, b *group) int { return cmp.Compare(a.dn, b.dn) })
	taken := map[string]bool{}
	for _, g := range groups {
		id := sources.GroupKey(g.dn)
		if taken[id] {
			id = g.dn // differs from another only in an escaped blank
		}
		taken[id] = true
		j.groups = append(j.groups, &node{group: g, id: id})
	}
	slices.SortFunc(j.groups, func(a, b *node) int { return cmp.Compare(a.id, b.id) })
	for at, g := range j.groups {
		key := dnKey(g.dn)
		if _, twice := j.byDN[key]; twice {
			return changed(g.dn)
		}
		j.byDN[key] = at
	}
	return nil
}

// resolve finds what each member of a group is.
func (j *joiner) resolve(g *node) {
	byUID := j.config.GroupSearch.MemberIs == memberUID
	for _, member := range g.members {
		key := ""
		if byUID {
			key = fold(member)
		} else {
			key = dnKey(member)
		}
		if at, found := j.byMember[key]; found && at != nobody {
			g.people = append(g.people, at)
			continue
		}
		at, isGroup := j.byDN[key]
		switch {
		case !isGroup || byUID:
			g.lost = append(g.lost, member)
		case j.config.GroupSearch.Nested:
			g.nested = append(g.nested, at)
		default:
			g.skip++
		}
	}
	if g.problem == "" && !j.config.GroupSearch.AllowEmpty {
		g.problem = j.emptyProblem(g)
	}
}

// emptyProblem says why a group without a single found member is not believed.
func (j *joiner) emptyProblem(g *node) string {
	attributes := strings.Join(j.config.GroupSearch.memberAttrs(), ", ")
	switch {
	case len(g.people)+len(g.nested) > 0:
		return ""
	case len(g.members) == 0:
		return fmt.Sprintf("no value of %s can be read: check the bind account's right to read it; "+
			"if the group is empty, allow_empty: true believes that", attributes)
	case g.skip > 0:
		return "no person is a direct member, only groups are, and nested is off"
	}
	return "no member is found, check user_search and the bind account's rights: " + j.lostReason(g)
}

// lostReason counts the members that are neither a person nor a group read here, and names the first: a DN, or a uid that
// is no e-mail address.
func (j *joiner) lostReason(g *node) string {
	search := j.config.UserSearch
	var parts []string
	if len(g.lost) > 0 {
		part := fmt.Sprintf("%d of %s not found under %s with %s", len(g.lost),
			count(len(g.members), "member is", "members are"), search.BaseDN, search.Filter)
		if example := slices.Min(g.lost); strings.Contains(example, "=") || !strings.Contains(example, "@") {
			part += ": first " + example
		}
		parts = append(parts, part)
	}
	if g.skip > 0 {
		parts = append(parts, fmt.Sprintf("%d of %s a group, and nested is off", g.skip,
			count(len(g.members), "member is", "members are")))
	}
	return strings.Join(parts, "; ")
}

// walk goes through a group and the groups nested in it, breadth first. Its two slices say for which group a person, or a
// group, was last seen, so that nothing is cleared between groups and a cycle ends.
type walk struct {
	*joiner
	personSeen, groupSeen []int
}

func (j *joiner) newWalk() *walk {
	return &walk{joiner: j, personSeen: make([]int, len(j.people)), groupSeen: make([]int, len(j.groups))}
}

// from gives the group at a place, and enters it with everybody who is in it.
func (w *walk) from(at int) sources.Group {
	start, stamp := w.groups[at], at+1
	result := sources.Group{ID: start.id, Name: start.name, Problem: start.problem}
	queue := []int{at}
	w.groupSeen[at] = stamp
	for len(queue) > 0 {
		g := w.groups[queue[0]]
		queue = queue[1:]
		if result.Problem == "" && g.problem != "" {
			result.Problem = fmt.Sprintf("its member %s: %s", g.dn, g.problem)
		}
		result.Members += w.enter(g, start.id, stamp)
		for _, next := range g.nested {
			if w.groupSeen[next] != stamp {
				w.groupSeen[next] = stamp
				queue = append(queue, next)
			}
		}
	}
	return result
}

// enter notes the group with the direct members of g that do not have it yet, and counts them.
func (w *walk) enter(g *node, id string, stamp int) int {
	entered := 0
	for _, i := range g.people {
		if w.personSeen[i] != stamp {
			w.personSeen[i] = stamp
			w.people[i].groups = append(w.people[i].groups, id)
			entered++
		}
	}
	return entered
}

// addPeople puts the people into the snapshot: those with an address sorted by it, the others as rejects.
func (j *joiner) addPeople(snapshot *sources.Snapshot) {
	for _, p := range j.people {
		if p.email == "" {
			snapshot.Rejects = append(snapshot.Rejects, sources.Reject{Origin: p.dn, Reason: p.fault})
			continue
		}
		snapshot.Entries = append(snapshot.Entries, sources.Entry{
			ID: p.id, Email: p.email, Name: p.name, Groups: p.groups, Attributes: p.attributes, Origin: p.dn,
		})
	}
	slices.SortFunc(snapshot.Entries, func(a, b sources.Entry) int {
		return cmp.Or(cmp.Compare(a.Email, b.Email), cmp.Compare(a.Origin, b.Origin))
	})
	slices.SortFunc(snapshot.Rejects, func(a, b sources.Reject) int {
		return cmp.Or(cmp.Compare(a.Origin, b.Origin), cmp.Compare(a.Reason, b.Reason))
	})
}
