package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// faultCase is a config and its faults, which are all there are.
type faultCase struct{ name, text, want string }

func checkFaults(t *testing.T, cases []faultCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(strings.TrimLeft(c.want, "\n"), faultsOf(t, c.text)); diff != "" {
				t.Errorf("faults (-want +got):\n%s", diff)
			}
		})
	}
}

func TestAllFaultsComeAtOnce(t *testing.T) {
	checkFaults(t, []faultCase{{"all", `
sources:
  - name: corp
    type: ldap
    urls: [ldap://one, ldaps://two]
    bind_dn: cn=reader,dc=example
    bind_password: env:LDAP
    user_search: {base_dn: nonsense, scop: one, attributes: mail}
    group_search: {base_dn: "dc=example", page_size: 0}
  - {name: corp, type: cvs, path: /hr}
workspaces:
  - workspace: acme
    shedule: "@daily"
    time_zone: Mars/Olympus
    credentials: [{kind: api_token, token: 'env:TOKEN'}]
    limits: {invitations_per_day: many, requests_per_hour: -1}
    rules:
      - {name: a, wen: {everyone: true}, grant: {groups: [staff]}}
      - {name: b, when: {source: crop}, grant: {repositories: [{repository: web, permission: owner}]}}
logs: {level: loud}
`, `
logs: unknown key (did you mean "log"?)
sources[0].group_search.page_size: 0 is not a number of entries (1,000 suits most servers)
sources[0].urls[0]: ldap:// sends the password in the clear (write ldaps://, or start_tls: true, or allow it with insecure_plain_text: true)
sources[0].user_search.attributes: want a list, not a text (write [a, b], or begin each element with a dash)
sources[0].user_search.base_dn: "nonsense" is not a DN: DN ended with incomplete type, value pair (such as ou=people,dc=example,dc=com; a comma within a name is written \,)
sources[0].user_search.scop: unknown key (did you mean "scope"?)
sources[1].name: "corp" is the name of sources[0], too (give each source a name of its own)
sources[1].type: "cvs" is not a type of source (did you mean "csv"?)
workspaces[0].credentials[0].email: the address is missing (the address of the Atlassian account that the token belongs to)
workspaces[0].limits.invitations_per_day: want a whole number, not a text
workspaces[0].limits.requests_per_hour: -1 is negative (0 is no limit)
workspaces[0].rules[0].wen: unknown key (did you mean "when"?)
workspaces[0].rules[1].grant.repositories[0].permission: "owner" is not a permission on a repository (one of read, write, admin)
workspaces[0].rules[1].when.source: no source is named "crop" (did you mean "corp"?)
workspaces[0].shedule: unknown key (did you mean "schedule"?)
workspaces[0].time_zone: "Mars/Olympus" is not a time zone (a name such as Europe/Berlin or UTC)
`}})
}

func TestUnknownKeys(t *testing.T) {
	checkFaults(t, []faultCase{
		{"top level", minimal + "jurnal: {path: x}\n", "jurnal: unknown key (did you mean \"journal\"?)\n"},
		{"far from any", minimal + "telemetry: 1\n", "telemetry: unknown key (known: journal, log, sources, workspaces)\n"},
		{"empty", minimal + "jurnal:\nlgo: {}\n", "jurnal: unknown key (did you mean \"journal\"?)\nlgo: unknown key (did you mean \"log\"?)\n"},
		{"with dots", minimal + "log.level: debug\n", "log.level: unknown key (known: journal, log, sources, workspaces)\n"},
		{"with viper's delimiter", minimal + "log::level: debug\n", "log: a blank is missing behind the colon (write log: value)\n"},
		{"no text", minimal + "1: x\ntrue: x\n", `
1: unknown key (known: journal, log, sources, workspaces)
true: unknown key (known: journal, log, sources, workspaces)
`},
		{"in a workspace", minimal + "    time_zome: UTC\n", "workspaces[0].time_zome: unknown key (did you mean \"time_zone\"?)\n"},
		{"deep in a rule", oneSource + noRules + `
    rules:
      - name: a
        when: {any_of: [{source: hr}, {all_of: [{email_domian: x.example}]}]}
        grant: {groups: [staff], projects: [{project: WEB, permision: read}]}
`, `
workspaces[0].rules[0].grant.projects[0].permision: unknown key (did you mean "permission"?)
workspaces[0].rules[0].when.any_of[1].all_of[0].email_domian: unknown key (did you mean "email_domain"?)
`},
		{"in a source", "sources: [{name: hr, type: csv, paht: /x, colums: {email: E}, settle: 1s}]\n" + oneWorkspace, `
sources[0].colums: unknown key (did you mean "columns"?)
sources[0].paht: unknown key (did you mean "path"?)
`},
		{"of another type of source", "sources: [{name: hr, type: csv, path: /x, bind_dn: cn=x}]\n" + oneWorkspace, `
sources[0].bind_dn: unknown key (known: columns, delimiter, encoding, group_separator, name, path, settle, settle_limit, type)
`},
		{"in upper case", "Sources:\n  - {name: hr, type: csv, path: /hr}\n" + oneWorkspace + "    Schedule: '@daily'\nLOG: {Level: info}\n", `
LOG: unknown key (did you mean "log"?)
LOG.Level: unknown key (did you mean "level"?)
Sources: unknown key (did you mean "sources"?)
workspaces[0].Schedule: unknown key (did you mean "schedule"?)
`},
	})
}

func TestWrongKinds(t *testing.T) {
	checkFaults(t, []faultCase{
		{"sources as a mapping", "sources: {hr: {type: csv, path: /x}}\n" + oneWorkspace, `
sources: want a list, not keys and values (begin each element with a dash)
`},
		{"sources that are none", "sources: [hr, ~, [x], 5]\n" + oneWorkspace, `
sources[0]: want keys and values, not a text
sources[1]: the element is empty (write something behind the dash, or drop it)
sources[2]: want keys and values, not a list
sources[3]: want keys and values, not a number
`},
		{"workspaces as a text", oneSource + "workspaces: acme\n", "workspaces: want a list, not a text (begin each element with a dash)\n"},
		{"name and type", "sources: [{name: 5, type: [csv]}, {name: x, type: csv, path: /x}]\n" + oneWorkspace, `
sources[0].name: want a text, not a number (put it in quotes)
sources[0].type: want a text, not a list
`},
		{"list for keys and values", minimal + "log: [info]\n    \n", "log: want keys and values, not a list\n"},
		{"text for true or false", minimal + "    allow_admin: 'yes'\nlog: {addresses: 1}\n", `
log.addresses: want true or false, not a number
workspaces[0].allow_admin: want true or false, not a text
`},
		{"numbers", minimal + "    limits: {invitations_per_pass: '5', invitations_per_day: 2.5, invitations_per_minute: 1e30, requests_per_hour: 18446744073709551615}\n", `
workspaces[0].limits.invitations_per_day: want a whole number, not one with a point or an exponent
workspaces[0].limits.invitations_per_minute: the number is too large
workspaces[0].limits.invitations_per_pass: want a whole number, not a text (leave out the quotes)
workspaces[0].limits.requests_per_hour: the number is too large
`},
		{"names of groups", oneSource + noRules + "    rules: [{name: a, when: {everyone: true}, grant: {groups: [2024, 2024-02-01, true, 1.5, ~, [x], {x: y}, '2024', off]}}]\n", `
workspaces[0].rules[0].grant.groups[0]: want a text, not a number (put it in quotes)
workspaces[0].rules[0].grant.groups[1]: want a text, not a date (put it in quotes)
workspaces[0].rules[0].grant.groups[2]: want a text, not true or false (put it in quotes)
workspaces[0].rules[0].grant.groups[3]: want a text, not a number (put it in quotes)
workspaces[0].rules[0].grant.groups[4]: the element is empty (write something behind the dash, or drop it)
workspaces[0].rules[0].grant.groups[5]: want a text, not a list
workspaces[0].rules[0].grant.groups[6]: want a text, not keys and values
`},
		{"empty elements", oneSource + noRules + "    rules:\n      -\n    groups:\n      -\n", `
workspaces[0].groups[0]: the element is empty (write something behind the dash, or drop it)
workspaces[0].rules[0]: the element is empty (write something behind the dash, or drop it)
`},
		{"durations", minimal + "    invitations: {settle: 60, reinvite_after: 14, retry_refused_after: [1d]}\n", `
workspaces[0].invitations.reinvite_after: want a duration such as 90s, 12h or 14d, not a number (say its unit)
workspaces[0].invitations.retry_refused_after: want a duration such as 90s, 12h or 14d, not a list
workspaces[0].invitations.settle: want a duration such as 90s, 12h or 14d, not a number (say its unit)
`},
		{"durations as text", minimal + "    invitations: {settle: '60', reinvite_after: two weeks, retry_refused_after: 999999999d}\n", `
workspaces[0].invitations.reinvite_after: "two weeks" is not a duration such as 90s, 12h or 14d
workspaces[0].invitations.retry_refused_after: "999999999d" is not a duration such as 90s, 12h or 14d
workspaces[0].invitations.settle: "60" is not a duration such as 90s, 12h or 14d
`},
	})
}

func TestWrongValues(t *testing.T) {
	checkFaults(t, []faultCase{
		{"nothing", "journal: {path: ''}\n", `
journal.path: it is empty (the file that the journal is kept in)
sources: no source is given (add at least one)
workspaces: no workspace is given (add at least one)
`},
		{"empty lists", "sources: []\nworkspaces: []\n", `
sources: no source is given (add at least one)
workspaces: no workspace is given (add at least one)
`},
		{"a workspace without anything", oneSource + "workspaces:\n  - {}\n", `
workspaces[0].credentials: no credential is given (such as one of kind: api_token)
workspaces[0].rules: no rule is given (add at least one)
workspaces[0].workspace: the workspace is missing (the slug, as in bitbucket.org/SLUG)
`},
		{"negative durations", minimal + "    invitations: {settle: -1s, reinvite_after: -14d, retry_refused_after: -1h}\n", `
workspaces[0].invitations.reinvite_after: the duration is negative (0 is never)
workspaces[0].invitations.retry_refused_after: the duration is negative (0 is at once)
workspaces[0].invitations.settle: the duration is negative (0 does not wait)
`},
		{"domains", minimal + "    invitations: {allowed_domains: [Acme.Example, '@acme.example', localhost, 'a b.c', 'x.', müller.example, '']}\n", `
workspaces[0].invitations.allowed_domains[1]: "@acme.example" is not a valid domain name (write example.com)
workspaces[0].invitations.allowed_domains[2]: "localhost" has no dot (write example.com)
workspaces[0].invitations.allowed_domains[3]: "a b.c" is not a valid domain name (write example.com)
workspaces[0].invitations.allowed_domains[4]: "x." is not a valid domain name (write example.com)
workspaces[0].invitations.allowed_domains[6]: "" is not a valid domain name (write example.com)
`},
		{"duplicate names", "sources:\n  - {name: hr, type: csv, path: /a}\n  - {name: hr, type: csv, path: /b}\n" + oneWorkspace + oneWorkspace[len("workspaces:\n"):], `
sources[1].name: "hr" is the name of sources[0], too (give each source a name of its own)
workspaces[1].workspace: "acme" is the workspace of workspaces[0], too (join the two)
`},
		{"no name, no type", "sources: [{path: /hr}, {name: hr, type: xml}]\n" + oneWorkspace, `
sources[0].name: the name is missing (rules and reports call the source by it)
sources[0].type: the type is missing (one of csv, ldap)
sources[1].type: "xml" is not a type of source (one of csv, ldap)
`},
		{"two credentials", strings.Replace(minimal, "'env:TOKEN'}]", "'env:TOKEN'}, {kind: oauth, token: 'env:TWO'}]", 1), `
workspaces[0].credentials[1].client_id: the key is missing (the consumer's key, in the workspace's settings below OAuth consumers)
workspaces[0].credentials[1].client_secret: want a reference to the secret, not the secret itself: file:/path, env:NAME or cred:NAME
workspaces[0].credentials[1].token: is not used by kind: oauth (take it out)
`},
		{"addresses", minimal + "    administration: auto\n    api_url: http://proxy.example\n", `
workspaces[0].administration: "auto" is not supported (this version works with "bitbucket" only)
workspaces[0].api_url: want https: the credential would go over the wire in the clear
`},
	})
}

// The exact words about cron expressions are those of the package that reads them.
func TestSchedules(t *testing.T) {
	for setting, want := range map[string]string{
		"schedule: 61 * * * *":                 `workspaces[0].schedule: "61 * * * *" is not a cron expression`,
		"schedule: hourly":                     `workspaces[0].schedule: "hourly" is not a cron expression`,
		"schedule: 0 0 31 2 *":                 `workspaces[0].schedule: "0 0 31 2 *" never comes due`,
		"schedule: TZ=Europe/Berlin 0 8 * * *": "workspaces[0].schedule: a time zone stands in time_zone",
		"schedule: CRON_TZ=":                   "workspaces[0].schedule: a time zone stands in time_zone",
		"schedule: time_zone":                  `workspaces[0].schedule: "time_zone" is not a cron expression`,
		"schedule: ''":                         `workspaces[0].schedule: "" is not a cron expression`,
		"time_zone: Berlin":                    `workspaces[0].time_zone: "Berlin" is not a time zone`,
		"time_zone: ../../etc/passwd":          `workspaces[0].time_zone: "../../etc/passwd" is not a time zone`,
		"schedule: '@daily'":                   "",
		"schedule: '*/15 8-18 * * MON-FRI'\n    time_zone: Europe/Berlin": "",
	} {
		got := faultsOf(t, minimal+"    "+setting+"\n")
		if !strings.HasPrefix(got, want) || want == "" && got != "" || strings.Count(got, "\n") > 1 {
			t.Errorf("%s: faults %q, want one that begins %q", setting, got, want)
		}
	}
}

// One cause makes one fault: what follows from a setting that could not be read is not told besides.
func TestNoFaultFollowsFromAnother(t *testing.T) {
	const directory = "sources:\n  - {name: corp, type: ldap, user_search: {base_dn: dc=example}, group_search: {base_dn: dc=example}, "
	checkFaults(t, []faultCase{
		{"a rule that cannot be read gives nothing", oneSource + noRules + "    rules: [{name: a, when: [x], grant: {groups: staff}}]\n", `
workspaces[0].rules[0].grant.groups: want a list, not a text (write [a, b], or begin each element with a dash)
workspaces[0].rules[0].when: want keys and values, not a list
`},
		{"a misspelt condition is a condition", oneSource + noRules + "    rules: [{name: a, when: {attribute: {nam: dept, in: [x]}}, grant: {group: [staff]}}]\n", `
workspaces[0].rules[0].grant.group: unknown key (did you mean "groups"?)
workspaces[0].rules[0].when.attribute.nam: unknown key (did you mean "name"?)
`},
		{"rules may name sources that could not be read", "source: []\n" + noRules + "    rules: [{name: a, when: {any_of: [{source: hr}]}, grant: {groups: [staff]}}]\n", `
source: unknown key (did you mean "sources"?)
`},
		{"rules may name a source whose name is missing", "sources: [{type: csv, path: /x}]\n" + noRules + "    rules: [{name: a, when: {source: hr}, grant: {groups: [staff]}}]\n", `
sources[0].name: the name is missing (rules and reports call the source by it)
`},
		{"admin may be allowed", oneSource + noRules + "    alow_admin: true\n    rules: [{name: a, when: {everyone: true}, grant: {projects: [{project: WEB, permission: admin}]}}]\n", `
workspaces[0].alow_admin: unknown key (did you mean "allow_admin"?)
`},
		{"TLS may be wanted", directory + "urls: [ldap://x.example], start_tsl: true, bind_dn: cn=x, bind_password: 'env:P'}\n" + oneWorkspace, `
sources[0].start_tsl: unknown key (did you mean "start_tls"?)
`},
		{"the account may be there", directory + "urls: [ldaps://x.example], bind_dn: 5}\n" + oneWorkspace, `
sources[0].bind_dn: want a text, not a number (put it in quotes)
`},
		{"yet another key of that name is looked at", oneSource + oneWorkspace + "logg: {}\nlog: {level: loud}\n", `
log.level: "loud" is not a level (one of debug, info, warn, error)
logg: unknown key (did you mean "log"?)
`},
		{"yet names that only begin alike are looked at", minimal + "    limit: 5\n    limits: {invitations_per_day: -1}\n", `
workspaces[0].limit: unknown key (did you mean "limits"?)
workspaces[0].limits.invitations_per_day: -1 is negative (0 is no limit)
`},
	})
}

// Of two keys that differ in capitals only, the one in lower case counts, every time.
func TestKeysThatDifferInCapitals(t *testing.T) {
	want := `LOG: unknown key (did you mean "log"?)
Log: unknown key (did you mean "log"?)
journal: want keys and values, not a number
`
	for range 50 {
		got := faultsOf(t, minimal+"Log: 1\nlog: {level: info}\nLOG: []\njournal: 5\n")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("faults (-want +got):\n%s", diff)
		}
	}
}

func TestFaultsStandInTheOrderOfTheirPaths(t *testing.T) {
	text := oneSource
	for range 10 {
		text += "  - {name: hr, type: csv, path: /hr}\n"
	}
	got := faultsOf(t, text+oneWorkspace)
	if strings.Index(got, "sources[2].") > strings.Index(got, "sources[10].") {
		t.Errorf("sources[10] stands before sources[2]:\n%s", got)
	}
}
