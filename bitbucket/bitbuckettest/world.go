package bitbuckettest

import (
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// table is a map that keeps the order in which its keys came. The zero value is empty.
type table[V any] struct {
	keys  []string
	byKey map[string]V
}

func (t *table[V]) get(key string) (V, bool) {
	value, ok := t.byKey[key]
	return value, ok
}

func (t *table[V]) has(key string) bool {
	_, ok := t.byKey[key]
	return ok
}

func (t *table[V]) put(key string, value V) {
	if t.byKey == nil {
		t.byKey = map[string]V{}
	}
	if !t.has(key) {
		t.keys = append(t.keys, key)
	}
	t.byKey[key] = value
}

func (t *table[V]) drop(key string) {
	if !t.has(key) {
		return
	}
	delete(t.byKey, key)
	at := slices.Index(t.keys, key)
	t.keys = slices.Delete(t.keys, at, at+1)
}

func (t *table[V]) len() int { return len(t.keys) }

func (t *table[V]) all() iter.Seq2[string, V] {
	return func(yield func(string, V) bool) {
		for _, key := range t.keys {
			if !yield(key, t.byKey[key]) {
				return
			}
		}
	}
}

// account is an Atlassian account. Accounts are kept by fold(email).
type account struct {
	email, name, nickname string
	uuid, id              string // uuid in braces; id is the Atlassian account id
	created               time.Time
}

// workspace is a workspace with all that is in it.
type workspace struct {
	slug, name, uuid string
	owner            *account
	seats            int           // 0 is no limit
	moved            bool          // its organization administers it
	organization     *organization // that it is linked to, or administered by; nil is none
	created          time.Time
	members          table[*member]  // by uuid of the account
	groups           table[*group]   // by slug
	repositories     table[*target]  // by slug
	projects         table[*target]  // by key
	pending          table[*pending] // by fold(email)
}

// member is somebody who has a seat.
type member struct {
	account *account
	admin   bool
	joined  time.Time
}

type group struct {
	id            string // in the organization; empty before the move
	name, slug    string
	permission    string // read, write or admin; empty is none
	autoAdd       bool
	forwardingOff bool
	members       table[*account] // by uuid
}

// target is a repository or a project: what has explicit grants. key is the slug of a repository.
type target struct {
	kind      string // kindRepository or kindProject
	key, name string
	uuid      string
	private   bool
	project   *target // of a repository; nil is none
	created   time.Time
	users     table[string] // permission by uuid of the account
	groups    table[string] // permission by slug of the group
}

const (
	kindGroup      = "group"
	kindRepository = "repository"
	kindProject    = "project"
)

// pending are the open invitations of one address.
type pending struct {
	email  string // as it was typed
	by     *account
	sent   time.Time     // the last of them
	groups []string      // slugs
	repos  table[string] // permission by slug
}

func (p *pending) empty() bool { return len(p.groups) == 0 && p.repos.len() == 0 }

// fold is the form in which addresses are compared.
func fold(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// slugOf is what Bitbucket makes of a group's name.
func slugOf(name string) string { return strings.ReplaceAll(strings.ToLower(name), " ", "-") }

// uuidOf makes the same identifier for the same thing in every run.
func uuidOf(kind, name string) string {
	h := fmt.Sprintf("%x", sha256.Sum256([]byte(kind+" "+name)))
	return fmt.Sprintf("{%s-%s-4%s-a%s-%s}", h[0:8], h[8:12], h[13:16], h[17:20], h[20:32])
}

// workspaceOf finds a workspace by slug or uuid; nil when there is none.
func (s *Server) workspaceOf(key string) *workspace {
	if found, ok := s.workspaces.get(key); ok {
		return found
	}
	for _, candidate := range s.workspaces.all() {
		if candidate.uuid == key {
			return candidate
		}
	}
	return nil
}

// accountOf finds an account by address; nil when there is none.
func (s *Server) accountOf(email string) *account {
	found, _ := s.accounts.get(fold(email))
	return found
}

// memberOf finds a member by uuid or Atlassian account id; nil when there is none.
func (s *Server) memberOf(w *workspace, key string) *member {
	a := s.byID[key]
	if a == nil {
		return nil
	}
	found, _ := w.members.get(a.uuid)
	return found
}

// targets gives the table of one kind.
func (w *workspace) targets(kind string) *table[*target] {
	if kind == kindProject {
		return &w.projects
	}
	return &w.repositories
}

// join makes an account a member.
func (w *workspace) join(a *account, now time.Time) {
	if !w.members.has(a.uuid) {
		w.members.put(a.uuid, &member{account: a, joined: now})
	}
}

// leaveIfBare takes the seat of a member who has neither a group nor an explicit grant left. Where an organization
// administers the workspace, roles decide instead.
func (w *workspace) leaveIfBare(a *account) {
	m, ok := w.members.get(a.uuid)
	if !ok || m.admin || w.moved {
		return
	}
	for _, g := range w.groups.all() {
		if g.members.has(a.uuid) {
			return
		}
	}
	for _, kind := range []string{kindRepository, kindProject} {
		for _, t := range w.targets(kind).all() {
			if t.users.has(a.uuid) {
				return
			}
		}
	}
	w.members.drop(a.uuid)
}
