package mapping_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/sources"
	"bitroster/sync/access"
	"bitroster/sync/identity"
	"bitroster/sync/mapping"
)

// office is two directories: hr with an attribute, corp with DNs as group IDs.
func office() ([]identity.Person, []mapping.Catalog) {
	people := identity.Merge([]identity.Directory{
		{Source: "hr", Entries: []sources.Entry{
			{Email: "ana@x.test", Groups: []string{"dev"}, Attributes: map[string][]string{"department": {"Sales"}}},
			{Email: "bo@x.test", Groups: []string{"ops"}, Attributes: map[string][]string{"department": {"IT"}}},
			{Email: "cy@partner.test", Groups: []string{"dev", "ops"}},
		}},
		{Source: "corp", Entries: []sources.Entry{
			{Email: "ana@x.test", Groups: []string{"cn=ops,dc=x"}},
			{Email: "bo@x.test", Groups: []string{"cn=dev,dc=x"}, Attributes: map[string][]string{"department": {"Sales"}}},
		}},
	})
	catalogs := []mapping.Catalog{
		{Source: "hr", Groups: []sources.Group{{ID: "dev", Name: "dev", Members: 2}, {ID: "ops", Name: "ops", Members: 2}}},
		{Source: "corp", Groups: []sources.Group{
			{ID: "cn=dev,dc=x", Name: "dev", Members: 1},
			{ID: "cn=ops,dc=x", Name: "ops", Members: 1},
			{ID: "cn=hidden,dc=x", Name: "hidden", Problem: "members are not readable"},
			{ID: "cn=twin,ou=a,dc=x", Name: "twin", Members: 1},
			{ID: "cn=twin,ou=b,dc=x", Name: "twin", Members: 1},
		}},
	}
	return people, catalogs
}

func mapWith(when mapping.Condition) mapping.Desired {
	people, catalogs := office()
	return mapping.Map(mapping.Input{
		People: people, Catalogs: catalogs,
		Rules: []mapping.Rule{{Name: "r", When: when, Grant: mapping.Grant{Groups: []string{"g"}}}},
	})
}

func matched(d mapping.Desired) string {
	var names []string
	for _, person := range d.People {
		names = append(names, strings.SplitN(string(person.Email), "@", 2)[0])
	}
	return strings.Join(names, " ")
}

func TestConditions(t *testing.T) {
	sales := mapping.Attribute{Name: "Department", In: []string{"sales"}}
	for name, tc := range map[string]struct {
		when mapping.Condition
		want string
	}{
		"everyone":                        {mapping.Condition{Everyone: true}, "ana bo cy"},
		"source":                          {mapping.Condition{Source: "corp"}, "ana bo"},
		"group of any source":             {mapping.Condition{Group: "dev"}, "ana bo cy"},
		"group of one source":             {mapping.Condition{Source: "corp", Group: "dev"}, "bo"},
		"group in another case":           {mapping.Condition{Source: "corp", Group: "DEV"}, "bo"},
		"group by DN, spelt freely":       {mapping.Condition{Group: "CN = ops, DC=X"}, "ana"},
		"attribute, case aside":           {mapping.Condition{Attribute: sales}, "ana bo"},
		"all of one condition, one entry": {mapping.Condition{Source: "hr", Attribute: sales}, "ana"},
		"email domain":                    {mapping.Condition{EmailDomain: "Partner.Test"}, "cy"},
		"email domain in another script":  {mapping.Condition{AnyOf: []mapping.Condition{{EmailDomain: "müller.test"}, {EmailDomain: "ＰＡＲＴＮＥＲ.test"}}}, "cy"},
		"all of":                          {mapping.Condition{AllOf: []mapping.Condition{{Source: "hr", Group: "dev"}, {Source: "corp", Group: "ops"}}}, "ana"},
		"any of":                          {mapping.Condition{AnyOf: []mapping.Condition{{EmailDomain: "partner.test"}, {Source: "corp", Group: "dev"}}}, "bo cy"},
		"any of beside another":           {mapping.Condition{Source: "corp", AnyOf: []mapping.Condition{{EmailDomain: "partner.test"}, {Group: "ops"}}}, "ana bo"},
	} {
		t.Run(name, func(t *testing.T) {
			got := mapWith(tc.when)
			if matched(got) != tc.want || len(got.Doubts) != 0 {
				t.Errorf("matched %q with doubts %v, want %q and none", matched(got), got.Doubts, tc.want)
			}
		})
	}
}

func TestDoubts(t *testing.T) {
	for name, tc := range map[string]struct {
		when mapping.Condition
		want string
	}{
		"misspelt group names the nearest": {mapping.Condition{Source: "hr", Group: "devv"}, `hr/devv: no group of that name; did you mean "dev"?`},
		"missing everywhere":               {mapping.Condition{Group: "nowhere"}, "/nowhere: no group of that name"},
		"a name of two groups":             {mapping.Condition{Source: "corp", Group: "twin"}, `corp/twin: 2 groups have that name: name it by its full DN, such as "cn=twin,ou=a,dc=x"`},
		"members that cannot be read":      {mapping.Condition{Group: "hidden"}, "corp/hidden: members are not readable"},
		"deep inside":                      {mapping.Condition{AnyOf: []mapping.Condition{{Source: "hr"}, {AllOf: []mapping.Condition{{Group: "nowhere"}}}}}, "/nowhere: no group of that name"},
	} {
		t.Run(name, func(t *testing.T) {
			doubts := mapWith(tc.when).Doubts
			if len(doubts) != 1 {
				t.Fatalf("doubts %v, want one", doubts)
			}
			got := fmt.Sprintf("%s/%s: %s", doubts[0].Source, doubts[0].Group, doubts[0].Problem)
			if !strings.HasPrefix(got, tc.want) || doubts[0].Rule != "r" {
				t.Errorf("doubt %q of rule %q, want %q of r", got, doubts[0].Rule, tc.want)
			}
		})
	}
}

func TestUnreadSourceIsNoMissingGroup(t *testing.T) {
	people, catalogs := office()
	input := mapping.Input{People: people, Catalogs: catalogs[:1], Unread: true, Rules: []mapping.Rule{
		{Name: "any", When: mapping.Condition{Group: "only-in-corp"}, Grant: mapping.Grant{Groups: []string{"g"}}},
		{Name: "corp", When: mapping.Condition{Source: "corp", Group: "dev"}, Grant: mapping.Grant{Groups: []string{"g"}}},
	}}
	if got := mapping.Map(input); len(got.Doubts) != 0 {
		t.Errorf("doubts %v, want none: the source has a doubt of its own", got.Doubts)
	}
}

func TestHighestPermissionWins(t *testing.T) {
	people, catalogs := office()
	repository := func(p access.Permission) mapping.Grant {
		return mapping.Grant{Repositories: []mapping.RepositoryGrant{{Repository: "web", Permission: p}}}
	}
	got := mapping.Map(mapping.Input{People: people, Catalogs: catalogs, Rules: []mapping.Rule{
		{Name: "readers", When: mapping.Condition{Everyone: true}, Grant: repository(access.Read)},
		{Name: "writers", When: mapping.Condition{Source: "hr", Group: "dev"}, Grant: repository(access.Write)},
		{Name: "late readers", When: mapping.Condition{Everyone: true}, Grant: repository(access.Read)},
	}})
	want := map[access.Email]string{
		"ana@x.test": "writers write", "bo@x.test": "readers read", "cy@partner.test": "writers write",
	}
	rules := map[access.Email]string{}
	for _, person := range got.People {
		if len(person.Rights) != 1 {
			t.Fatalf("%s has %d rights, want one target once", person.Email, len(person.Rights))
		}
		rules[person.Email] = person.Rights[0].Rule + " " + string(person.Rights[0].Right.Permission)
	}
	if diff := cmp.Diff(want, rules); diff != "" {
		t.Errorf("winning rules (-want +got):\n%s", diff)
	}
}

func TestPeopleComeByRuleThenAddress(t *testing.T) {
	people, catalogs := office()
	got := mapping.Map(mapping.Input{People: people, Catalogs: catalogs, Rules: []mapping.Rule{
		{Name: "pilots", When: mapping.Condition{EmailDomain: "partner.test"}, Grant: mapping.Grant{Groups: []string{"g"}}},
		{Name: "rest", When: mapping.Condition{Everyone: true}, Grant: mapping.Grant{Groups: []string{"h"}}},
	}})
	if matched(got) != "cy ana bo" {
		t.Errorf("order %q, want the first rule's people first", matched(got))
	}
}

func TestValidate(t *testing.T) {
	rule := func(change func(*mapping.Rule)) mapping.Rule {
		r := mapping.Rule{Name: "r", When: mapping.Condition{Everyone: true}, Grant: mapping.Grant{Groups: []string{"g"}}}
		change(&r)
		return r
	}
	for name, tc := range map[string]struct {
		rules  []mapping.Rule
		groups []mapping.GroupGrant
		want   string
	}{
		"valid":          {[]mapping.Rule{rule(func(*mapping.Rule) {})}, nil, ""},
		"no name":        {[]mapping.Rule{rule(func(r *mapping.Rule) { r.Name = "" })}, nil, "rules[0].name"},
		"a name twice":   {[]mapping.Rule{rule(func(*mapping.Rule) {}), rule(func(*mapping.Rule) {})}, nil, "rules[1].name"},
		"no condition":   {[]mapping.Rule{rule(func(r *mapping.Rule) { r.When = mapping.Condition{} })}, nil, "rules[0].when"},
		"unknown source": {[]mapping.Rule{rule(func(r *mapping.Rule) { r.When = mapping.Condition{Source: "hrr"} })}, nil, `rules[0].when.source: no source is named "hrr" (did you mean "hr"?)`},
		"everyone and":   {[]mapping.Rule{rule(func(r *mapping.Rule) { r.When.Group = "g" })}, nil, "rules[0].when.everyone"},
		"gives nothing":  {[]mapping.Rule{rule(func(r *mapping.Rule) { r.Grant = mapping.Grant{} })}, nil, "rules[0].grant"},
		"deep condition": {[]mapping.Rule{rule(func(r *mapping.Rule) { r.When = mapping.Condition{AnyOf: []mapping.Condition{{EmailDomain: "a@b"}}} })}, nil, "rules[0].when.any_of[0].email_domain"},
		"no values":      {[]mapping.Rule{rule(func(r *mapping.Rule) { r.When = mapping.Condition{Attribute: mapping.Attribute{Name: "a"}} })}, nil, "rules[0].when.attribute.in"},
		"bad permission": {[]mapping.Rule{rule(func(r *mapping.Rule) {
			r.Grant.Repositories = []mapping.RepositoryGrant{{Repository: "a", Permission: "owner"}}
		})}, nil, `rules[0].grant.repositories[0].permission: "owner"`},
		"only on project": {[]mapping.Rule{rule(func(r *mapping.Rule) {
			r.Grant.Repositories = []mapping.RepositoryGrant{{Repository: "a", Permission: "create-repo"}}
		})}, nil, "rules[0].grant.repositories[0].permission"},
		"admin unasked": {nil, []mapping.GroupGrant{{Group: "g", Projects: []mapping.ProjectGrant{{Project: "P", Permission: "admin"}}}}, "groups[0].projects[0].permission: admin is not allowed"},
		"empty group":   {nil, []mapping.GroupGrant{{Group: "g"}}, "groups[0]: gives the group nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			faults := mapping.Validate(tc.rules, tc.groups, mapping.Limits{Sources: []string{"hr", "corp"}})
			if tc.want == "" && len(faults) == 0 {
				return
			}
			if len(faults) != 1 || !strings.HasPrefix(faults[0].String(), tc.want) || tc.want == "" {
				t.Errorf("faults:\n%v\nwant one that begins %q", faults, tc.want)
			}
		})
	}
}
