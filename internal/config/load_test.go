package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"bitroster/internal/logging"
	"bitroster/internal/settings"
	"bitroster/sources/builtin"
	"bitroster/sources/csvdir"
	"bitroster/sync/mapping"
)

// Parts of a valid config, for tests to add to.
const (
	oneSource    = "sources:\n  - {name: hr, type: csv, path: /hr}\n"
	noRules      = "workspaces:\n  - workspace: acme\n    credentials: [{kind: api_token, email: ana@acme.example, token: 'env:TOKEN'}]\n"
	oneRule      = "    rules: [{name: all, when: {everyone: true}, grant: {groups: [staff]}}]\n"
	oneWorkspace = noRules + oneRule
	minimal      = oneSource + oneWorkspace
)

func write(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func load(t *testing.T, text string) Config {
	t.Helper()
	config, err := Load(write(t, text), nil, builtin.Registry())
	if err != nil {
		t.Fatal(err)
	}
	return config
}

// faultsOf are the faults of a text, one a line, in the order of the message.
func faultsOf(t *testing.T, text string) string {
	t.Helper()
	_, err := Load(write(t, text), nil, builtin.Registry())
	if err == nil {
		return ""
	}
	var faulty *Error
	if !errors.As(err, &faulty) {
		t.Fatalf("error %v, want an *Error", err)
	}
	return faulty.Faults.Error() + "\n"
}

func TestDefaults(t *testing.T) {
	got := load(t, minimal)
	if diff := cmp.Diff(logging.Config{Level: "info", Format: "json", Addresses: true}, got.Log); diff != "" {
		t.Errorf("log (-want +got):\n%s", diff)
	}
	w := got.Workspaces[0]
	w.Credentials, w.Rules = nil, nil
	want := Workspace{
		Slug: "acme", Administration: "bitbucket", APIURL: "https://api.bitbucket.org", Schedule: "@hourly", TimeZone: "UTC",
		Limits:      Limits{InvitationsPerMinute: 90, RequestsPerHour: 900},
		Invitations: Invitations{ReinviteMax: 3, RetryRefusedAfter: 24 * time.Hour, Settle: time.Minute},
	}
	if diff := cmp.Diff(want, w); diff != "" {
		t.Errorf("workspace (-want +got):\n%s", diff)
	}
	source := &csvdir.Config{Path: "/hr", Encoding: "auto", Settle: 2 * time.Second, SettleLimit: 30 * time.Second}
	if diff := cmp.Diff([]Source{{Name: "hr", Type: "csv", Settings: source}}, got.Sources); diff != "" {
		t.Errorf("sources (-want +got):\n%s", diff)
	}
}

func TestJournalPathStartsFromTheFolderOfTheFile(t *testing.T) {
	for _, c := range []struct {
		journal, override, want string // want is below the folder unless it is absolute
	}{
		{"", "", "bitroster.sqlite"},
		{"journal: {path: state/j.sqlite}\n", "", "state/j.sqlite"},
		{"journal: {path: ../j.sqlite}\n", "", "../j.sqlite"},
		{"journal: {path: /var/lib/j.sqlite}\n", "", "/var/lib/j.sqlite"},
		{"journal:\n", "", "bitroster.sqlite"},
		{"journal: {path: }\n", "", "bitroster.sqlite"},
		{"journal: {path: /var/lib/j.sqlite}\n", "k.sqlite", "k.sqlite"},
		{"", "/srv/k.sqlite", "/srv/k.sqlite"},
	} {
		file := write(t, minimal+c.journal)
		overrides := map[string]string{}
		if c.override != "" {
			overrides["journal-path"] = c.override
		}
		config, err := Load(file, overrides, builtin.Registry())
		if err != nil {
			t.Fatalf("%q: %v", c.journal, err)
		}
		want := c.want
		if !filepath.IsAbs(want) {
			want = filepath.Join(filepath.Dir(file), want)
		}
		if config.Journal.Path != want {
			t.Errorf("%q with %q: path %s, want %s", c.journal, c.override, config.Journal.Path, want)
		}
	}
}

func TestOverridesWinOverTheFile(t *testing.T) {
	all := map[string]string{"journal-path": "/flag.sqlite", "log-level": "debug", "log-format": "console", "unknown": "x"}
	for _, c := range []struct {
		name, file string
		overrides  map[string]string
		want       Config
	}{
		{"over the file", "log: {level: warn, format: json, addresses: false}\njournal: {path: /file.sqlite}\n", all, Config{
			Journal: Journal{Path: "/flag.sqlite"}, Log: logging.Config{Level: "debug", Format: "console"},
		}},
		{"over the defaults", "", all, Config{
			Journal: Journal{Path: "/flag.sqlite"}, Log: logging.Config{Level: "debug", Format: "console", Addresses: true},
		}},
		{"one of three", "log: {level: warn, format: console}\njournal: {path: /file.sqlite}\n", map[string]string{"log-level": "error"}, Config{
			Journal: Journal{Path: "/file.sqlite"}, Log: logging.Config{Level: "error", Format: "console", Addresses: true},
		}},
	} {
		got, err := Load(write(t, minimal+c.file), c.overrides, builtin.Registry())
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if diff := cmp.Diff(c.want, Config{Journal: got.Journal, Log: got.Log}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, diff)
		}
	}
}

func TestFaultOfAnOverrideSaysWhereItComesFrom(t *testing.T) {
	_, err := Load(write(t, minimal+"log: {format: xml}\n"), map[string]string{"log-level": "loud", "journal-path": ""}, builtin.Registry())
	var faulty *Error
	if !errors.As(err, &faulty) {
		t.Fatalf("error %v, want an *Error", err)
	}
	want := `journal.path: it is empty, as --journal-path or BITROSTER_JOURNAL_PATH has it (the file that the journal is kept in)
log.format: "xml" is not a format (one of json, console)
log.level: "loud" is not a level, as --log-level or BITROSTER_LOG_LEVEL has it (one of debug, info, warn, error)`
	if diff := cmp.Diff(want, faulty.Faults.Error()); diff != "" {
		t.Errorf("faults (-want +got):\n%s", diff)
	}
}

// viper lower-cases keys and parts them at dots. Values must not be touched.
func TestNamesOfTheOutsideSurvive(t *testing.T) {
	const dn, group = "CN=Dev.Team\\, North,OU=Groups,DC=Example,DC=com", "Dev.Team::North, EMEA"
	got := load(t, oneSource+noRules+`
    rules:
      - name: "Dev.Rule"
        when: {any_of: [{group: 'CN=Dev.Team\, North,OU=Groups,DC=Example,DC=com'}, {attribute: {name: Dept.No, in: ["A,b.C", "5"]}}]}
        grant:
          groups: ["Dev.Team::North, EMEA"]
`)
	want := []mapping.Rule{{
		Name:  "Dev.Rule",
		When:  mapping.Condition{AnyOf: []mapping.Condition{{Group: dn}, {Attribute: mapping.Attribute{Name: "Dept.No", In: []string{"A,b.C", "5"}}}}},
		Grant: mapping.Grant{Groups: []string{group}},
	}}
	if diff := cmp.Diff(want, got.Workspaces[0].Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestAnchorsAliasesAndMergeKeys(t *testing.T) {
	got := load(t, oneSource+noRules+`
    rules:
      - &first
        name: first
        when: &hr {source: hr}
        grant: &staff {groups: &list [staff]}
      - {name: second, when: *hr, grant: {groups: *list}}
      - <<: *first
        name: third
`)
	rule := mapping.Rule{When: mapping.Condition{Source: "hr"}, Grant: mapping.Grant{Groups: []string{"staff"}}}
	var want []mapping.Rule
	for _, name := range []string{"first", "second", "third"} {
		rule.Name = name
		want = append(want, rule)
	}
	if diff := cmp.Diff(want, got.Workspaces[0].Rules); diff != "" {
		t.Errorf("rules (-want +got):\n%s", diff)
	}
}

func TestEmptyMeansTheDefault(t *testing.T) {
	want := load(t, minimal)
	got := load(t, minimal+"    schedule:\n    limits: {}\n    invitations: {settle: ~}\n    groups: []\n"+"log:\n")
	got.Journal, want.Journal = Journal{}, Journal{}
	got.Workspaces[0].Groups = nil
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-left out +empty):\n%s", diff)
	}
}

func TestDurations(t *testing.T) {
	for value, want := range map[string]time.Duration{
		"14d": 14 * 24 * time.Hour, "90s": 90 * time.Second, "12h": 12 * time.Hour, "1h30m": 90 * time.Minute,
		"0": 0, "0s": 0, "0d": 0, `"0"`: 0, `"5m"`: 5 * time.Minute, "106751d": 106751 * 24 * time.Hour,
	} {
		got := load(t, minimal+"    invitations: {settle: "+value+"}\n").Workspaces[0].Invitations.Settle
		if got != want {
			t.Errorf("%s is read as %s, want %s", value, got, want)
		}
	}
}

func TestFileThatCannotBeRead(t *testing.T) {
	folder := t.TempDir()
	for file, want := range map[string]string{
		filepath.Join(folder, "missing.yaml"): "no such file or directory",
		folder:                                "is a directory",
		"":                                    "Not Found",
	} {
		_, err := Load(file, nil, builtin.Registry())
		if err == nil || !strings.Contains(err.Error(), want) || !strings.HasSuffix(err.Error(), "(name the file with --config)") {
			t.Errorf("%q: error %v, want one with %q and what to do", file, err, want)
		}
		var faulty *Error
		if errors.As(err, &faulty) {
			t.Errorf("%q: %v is a fault of the config, want that the file cannot be read", file, err)
		}
	}
}

func TestErrorNamesTheFile(t *testing.T) {
	err := &Error{File: "/etc/bitroster/config.yaml", Faults: settings.Faults{{Path: "sources", Problem: "no source is given"}}}
	want := "/etc/bitroster/config.yaml is not a valid config:\nsources: no source is given"
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Error(diff)
	}
}
