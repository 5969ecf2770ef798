// Package access holds the words of the trade: who may do what, and where, in a Bitbucket Cloud workspace.
//
// It is a leaf: everything else is said in these words. A Right is one thing that a subject may have, a State is what a
// workspace grants now.
package access

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Permission is what a grant allows on a repository or a project. The zero value is "none". The texts are those of the
// API (Bitbucket Cloud REST API 2.0, permissions-config) and of our storage.
type Permission string

// The permissions, weakest first. CreateRepo exists on projects only.
const (
	None       Permission = ""
	Read       Permission = "read"
	Write      Permission = "write"
	CreateRepo Permission = "create-repo"
	Admin      Permission = "admin"
)

// ParsePermission reads a permission as it stands in a config or an answer of the API; "none" is None.
func ParsePermission(s string) (Permission, error) {
	p := Permission(s)
	if s == "none" {
		p = None
	}
	if p.rank() < 0 {
		return None, fmt.Errorf("%q is not a permission: want read, write, create-repo (projects only) or admin", s)
	}
	return p, nil
}

// Covers reports whether who has p needs nothing more to have q.
func (p Permission) Covers(q Permission) bool { return p.rank() >= q.rank() }

func (p Permission) rank() int {
	return slices.Index([]Permission{None, Read, Write, CreateRepo, Admin}, p)
}

// Kind is the sort of thing that a right is about. Its text is part of the storage format.
type Kind string

// The kinds of target.
const (
	Group      Kind = "group"
	Repository Kind = "repository"
	Project    Kind = "project"
)

// Target is what a right is about. Name is a group's name as the config has it, a repository's slug, or a project's key.
type Target struct {
	Kind Kind
	Name string
}

// String gives "group developers", "repository web", "project WEB".
func (t Target) String() string { return string(t.Kind) + " " + t.Name }

// CompareTargets orders targets by kind, then name.
func CompareTargets(a, b Target) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}

// Right is membership of a group (Permission is None) or a permission on a repository or a project.
type Right struct {
	Target     Target
	Permission Permission
}

// String gives "member of group developers" or "write on repository web".
func (r Right) String() string {
	if r.Target.Kind == Group {
		return "member of " + r.Target.String()
	}
	return string(r.Permission) + " on " + r.Target.String()
}

// Account is a Bitbucket account. ID is the Atlassian account id, the key that both administrations know; UUID is
// Bitbucket's own, in braces, which API 1.0 wants in paths.
type Account struct {
	ID   string
	UUID string
	Name string
}

// FoldName is the form in which names of groups, repositories and projects are compared when an exact match fails.
func FoldName(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
