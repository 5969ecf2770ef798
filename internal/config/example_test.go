package config

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"bitroster/sources/builtin"
	"bitroster/sources/csvdir"
	"bitroster/sources/ldap"
)

const exampleFile = "../../config.example.yaml"

// uncommented writes a copy of the example in which the comments that a pattern matches are settings.
func uncommented(t *testing.T, pattern string) string {
	t.Helper()
	text, err := os.ReadFile(exampleFile)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, regexp.MustCompile(`(?m)^( *)# (`+pattern+`)`).ReplaceAllString(string(text), "$1$2"))
}

func TestExampleIsValid(t *testing.T) {
	config, err := Load(exampleFile, nil, builtin.Registry())
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintln(len(config.Sources), "sources,", len(config.Workspaces), "workspace")
	if diff := cmp.Diff("2 sources, 1 workspace\n", got); diff != "" {
		t.Error(diff)
	}
}

// A line in a comment shows the default, but for a few whose default is empty and which show an example.
func TestExampleShowsTheDefaults(t *testing.T) {
	want, err := Load(exampleFile, nil, builtin.Registry())
	if err != nil {
		t.Fatal(err)
	}
	directory := want.Sources[0].Settings.(*ldap.Config)
	directory.RootCA, directory.ServerName = "/etc/bitroster/ca.pem", "ldap.example.com"
	directory.GroupSearch.MemberAttrs = []string{"member"}
	want.Workspaces[0].CAFile = "/etc/bitroster/ca.pem"
	folder := want.Sources[1].Settings.(*csvdir.Config)
	folder.Delimiter, folder.GroupSeparator = ";", ","
	folder.Columns = csvdir.Columns{
		Email: "E-Mail", Name: "Full name", GivenName: "First name", FamilyName: "Last name", Groups: "Groups",
		ID: "Personnel number", Active: "Active",
	}
	got, err := Load(uncommented(t, "[a-z_]+: "), nil, builtin.Registry())
	if err != nil {
		t.Fatalf("with the lines in comments: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the lines in comments are not the defaults (-default +shown):\n%s", diff)
	}
}

func TestExampleHasEveryKey(t *testing.T) {
	_, tree, err := read(uncommented(t, " *(- )?[a-z_]+: "), nil) // what goes in place of something, too
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	collect("", tree, used)
	var schema []string
	keysIn("", reflect.TypeFor[Config](), &schema)
	for name, config := range builtin.Registry() {
		var own []string
		keysIn("sources", reflect.TypeOf(config()).Elem(), &own)
		for _, key := range own {
			if !used[key] {
				t.Errorf("%s is missing (type %s)", key, name)
			}
		}
	}
	if len(schema) < 40 {
		t.Fatalf("only %d keys are known: the walk is broken", len(schema))
	}
	for _, key := range schema {
		if !used[key] {
			t.Errorf("%s is missing", key)
		}
	}
}

// collect notes the keys of a tree, without the positions in lists. Conditions nest: they are noted as at their top.
func collect(path string, value any, used map[string]bool) {
	switch value := value.(type) {
	case map[string]any:
		for key, item := range value {
			at := path + "." + key
			if path == "" {
				at = key
			}
			used[at] = true
			if key == "all_of" || key == "any_of" {
				at = path
			}
			collect(at, item, used)
		}
	case []any:
		for _, item := range value {
			collect(path, item, used)
		}
	}
}

// keysIn lists the keys that a type can have.
func keysIn(path string, t reflect.Type, keys *[]string) {
	for t.Kind() == reflect.Slice {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return
	}
	for key, field := range fieldsOf(t) {
		at := path + "." + key
		if path == "" {
			at = key
		}
		*keys = append(*keys, at)
		if key != "all_of" && key != "any_of" {
			keysIn(at, field, keys)
		}
	}
}
