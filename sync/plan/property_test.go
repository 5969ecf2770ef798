package plan_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"bitroster/sources"
	"bitroster/sync/access"
	"bitroster/sync/identity"
	"bitroster/sync/mapping"
	"bitroster/sync/plan"
	"bitroster/sync/why"
)

// world is a random directory with rules, and a random workspace.
type world struct {
	entries []sources.Entry
	rules   []mapping.Rule
	groups  []mapping.GroupGrant
	have    access.State
	memory  plan.Memory
	limits  plan.Limits
}

func targets() []access.Target { return []access.Target{dev, ops, web, store} }

func drawWorld(t *rapid.T) world {
	w := world{have: access.State{
		Accounts: map[access.Email]access.Account{},
		Pending:  map[access.Email]access.Invitation{},
		Groups:   map[string]access.GroupState{"dev": {Slug: "dev", Members: map[string]bool{}}, "ops": {Slug: "ops", Members: map[string]bool{}}},
		People:   map[access.Target]map[string]access.Permission{web: {}, store: {}},
		GroupsOn: map[access.Target]map[string]access.Permission{web: {}, store: {}},
		Owners:   map[string]bool{},
	}, memory: plan.Memory{Invitations: map[access.Email]plan.Attempt{}}}
	for i := range rapid.IntRange(0, 12).Draw(t, "people") {
		w.drawPerson(t, access.Email(fmt.Sprintf("p%02d@x.test", i)))
	}
	w.rules = []mapping.Rule{
		{Name: "a", When: mapping.Condition{Group: "a"}, Grant: drawGrant(t, "a")},
		{Name: "b", When: mapping.Condition{Group: "b"}, Grant: drawGrant(t, "b")},
		{Name: "all", When: mapping.Condition{Everyone: true}, Grant: drawGrant(t, "all")},
	}
	w.groups = []mapping.GroupGrant{{Group: "dev", Repositories: drawGrant(t, "group").Repositories}}
	w.limits = plan.Limits{
		InvitationsPerPass: rapid.IntRange(0, 6).Draw(t, "per pass"), InvitationsPerDay: rapid.IntRange(0, 8).Draw(t, "per day"),
	}
	w.memory.SentLastDay = rapid.IntRange(0, 10).Draw(t, "sent")
	if rapid.IntRange(0, 5).Draw(t, "trouble") == 0 {
		target := rapid.SampledFrom(targets()).Draw(t, "troubled")
		w.have.Troubles = map[access.Target]access.Trouble{target: {Missing: true, Detail: "not there"}}
	}
	return w
}

func (w *world) drawPerson(t *rapid.T, email access.Email) {
	entry := sources.Entry{Email: email, Groups: rapid.SampledFrom([][]string{nil, {"a"}, {"b"}, {"a", "b"}}).Draw(t, "groups")}
	entry.Disabled = rapid.IntRange(0, 6).Draw(t, "disabled") == 0
	w.entries = append(w.entries, entry)
	id := "id-" + string(email)
	switch rapid.IntRange(0, 4).Draw(t, "seat") {
	case 0, 1:
		w.have.Accounts[email] = access.Account{ID: id, UUID: "{" + id + "}"}
		if rapid.Bool().Draw(t, "in dev") {
			w.have.Groups["dev"].Members[id] = true
		}
		w.have.People[web][id] = drawPermission(t)
		w.have.Owners[id] = rapid.IntRange(0, 8).Draw(t, "owner") == 0
	case 2:
		w.have.Pending[email] = access.Invitation{Email: email}
	case 3:
		w.memory.Invitations[email] = plan.Attempt{
			At: now, Kind: rapid.SampledFrom([]access.Kind{access.Group, access.Repository}).Draw(t, "kind"),
			Outcome: rapid.SampledFrom([]plan.Outcome{plan.Done, plan.Maybe, plan.Failed}).Draw(t, "outcome"),
		}
	}
}

func drawPermission(t *rapid.T) access.Permission {
	return rapid.SampledFrom([]access.Permission{access.None, access.Read, access.Write, access.Admin}).Draw(t, "permission")
}

func drawGrant(t *rapid.T, name string) mapping.Grant {
	subset := func(of ...string) []string {
		return slices.DeleteFunc(slices.Clone(of), func(string) bool { return rapid.Bool().Draw(t, name) })
	}
	grant := mapping.Grant{Groups: subset("dev", "ops")}
	for _, slug := range subset("web") {
		grant.Repositories = []mapping.RepositoryGrant{{Repository: slug, Permission: access.Write}}
	}
	for _, key := range subset("STORE") {
		grant.Projects = []mapping.ProjectGrant{{Project: key, Permission: access.Read}}
	}
	return grant
}

func (w world) input(entries []sources.Entry) plan.Input {
	catalog := []mapping.Catalog{{Source: "s", Groups: []sources.Group{{ID: "a", Name: "a"}, {ID: "b", Name: "b"}}}}
	people := identity.Merge([]identity.Directory{{Source: "s", Entries: entries}})
	return plan.Input{
		Workspace: "acme", Now: now, Have: w.have, Memory: w.memory, Limits: w.limits, Policy: plan.Policy{RetryAfter: 1},
		Want: mapping.Map(mapping.Input{Rules: w.rules, Groups: w.groups, People: people, Catalogs: catalog}),
	}
}

func encode(t *rapid.T, p plan.Plan) string {
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestSameInputSameBytes also shuffles the directory: its order must not show.
func TestSameInputSameBytes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		first := encode(t, plan.Make(w.input(w.entries)))
		shuffled := rapid.Permutation(w.entries).Draw(t, "order")
		if diff := cmp.Diff(first, encode(t, plan.Make(w.input(shuffled)))); diff != "" {
			t.Fatalf("shuffled input (-first +second):\n%s", diff)
		}
	})
}

// TestLimitsAreNeverExceeded counts the mails of a plan.
func TestLimitsAreNeverExceeded(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		invited := map[access.Email]int{}
		for _, a := range plan.Make(w.input(w.entries)).Steps {
			if a.Op == plan.Invite {
				invited[a.Email]++
			}
		}
		for email, n := range invited {
			_, pending := w.have.Pending[email]
			_, member := w.have.Accounts[email]
			if n > 1 || pending || member {
				t.Fatalf("%s is invited %d times; pending %v, member %v", email, n, pending, member)
			}
		}
		if most := w.limits.InvitationsPerPass; most > 0 && len(invited) > most {
			t.Fatalf("%d invitations, limit per pass %d", len(invited), most)
		}
		if most := w.limits.InvitationsPerDay; most > 0 && len(invited) > max(0, most-w.memory.SentLastDay) {
			t.Fatalf("%d invitations, limit per day %d, sent %d", len(invited), most, w.memory.SentLastDay)
		}
	})
}

// TestEveryWantIsAnswered finds each wanted right among what is there, what is done and what is held.
func TestEveryWantIsAnswered(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		input := w.input(w.entries)
		made := plan.Make(input)
		answered := map[string]int{}
		for _, a := range made.Steps {
			answered[fmt.Sprint(a.Email, a.On())]++
		}
		for _, h := range made.Held {
			answered[fmt.Sprint(h.Action.Email, h.Action.On())]++
		}
		for _, wants := range input.Want.People {
			w.checkAnswers(t, wants, answered)
		}
	})
}

// checkAnswers wants each right to be there already, or to be answered once.
func (w world) checkAnswers(t *rapid.T, wants mapping.Wants, answered map[string]int) {
	for _, wanted := range wants.Rights {
		n := answered[fmt.Sprint(wants.Email, wanted.Right.Target)]
		if there := has(w.have, wants.Email, wanted.Right); there != (n == 0) || n > 1 {
			t.Fatalf("%s, %s: answered %d times, there already: %v", wants.Email, wanted.Right, n, there)
		}
	}
}

// has says from the state alone whether somebody has a right.
func has(s access.State, email access.Email, right access.Right) bool {
	account, member := s.Accounts[email]
	if right.Target.Kind == access.Group {
		return member && s.Groups[right.Target.Name].Members[account.ID]
	}
	order := []access.Permission{access.None, access.Read, access.Write, access.CreateRepo, access.Admin}
	enough := slices.Index(order, s.People[right.Target][account.ID]) >= slices.Index(order, right.Permission)
	return member && (enough || s.Owners[account.ID])
}

// TestApplyingAPlanLeavesAnEmptyPlan carries plans out on the state, lets everybody accept, and ends with nothing to do.
func TestApplyingAPlanLeavesAnEmptyPlan(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := drawWorld(t)
		w.limits = plan.Limits{}
		first := plan.Make(w.input(w.entries))
		w.carryOut(first)
		if again := plan.Make(w.input(w.entries)); len(again.Steps) != 0 {
			t.Fatalf("steps after the plan was carried out: %v", lines(again))
		}
		w.acceptAll(first)
		w.carryOut(plan.Make(w.input(w.entries)))
		last := plan.Make(w.input(w.entries))
		if len(last.Steps) != 0 {
			t.Fatalf("steps after everybody accepted: %v", lines(last))
		}
		for _, h := range last.Held {
			if slices.ContainsFunc(first.Steps, func(a plan.Action) bool { return a.Op == plan.Invite && a.Email == h.Action.Email }) &&
				h.Reason != why.TargetMissing {
				t.Fatalf("still held for one who was invited and accepted: %v", h)
			}
		}
	})
}

// carryOut does to the state what Bitbucket would.
func (w *world) carryOut(p plan.Plan) {
	for _, a := range p.Steps {
		switch {
		case a.Op == plan.Invite:
			w.memory.Invitations[a.Email] = plan.Attempt{At: now, Kind: a.Kind, Outcome: plan.Done}
			if a.Kind == access.Group {
				w.have.Pending[a.Email] = access.Invitation{Email: a.Email}
			}
		case a.Op == plan.Join:
			w.have.Groups[a.Target].Members[a.AccountID] = true
		case a.Group != "":
			w.have.GroupsOn[a.On()][a.Group] = a.Permission
		default:
			w.have.People[a.On()][a.AccountID] = a.Permission
		}
	}
}

// acceptAll gives everybody whom the plan invited a seat, and what they were invited to.
func (w *world) acceptAll(p plan.Plan) {
	maps.DeleteFunc(w.have.Pending, func(access.Email, access.Invitation) bool { return true })
	for _, a := range p.Steps {
		if a.Op != plan.Invite {
			continue
		}
		id := "id-" + string(a.Email)
		w.have.Accounts[a.Email] = access.Account{ID: id}
		if a.Kind == access.Group {
			w.have.Groups[a.Target].Members[id] = true
		} else {
			w.have.People[a.On()][id] = a.Permission
		}
	}
}
