package config

import (
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"bitroster/sources/builtin"
)

// FuzzLoad feeds files: no text may panic, an error has something to say, and loading again gives the same.
func FuzzLoad(f *testing.F) {
	example, err := os.ReadFile(exampleFile)
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{
		string(example), minimal, "", "- x\n", "a: &a [*a]\n", "log:\n\tlevel: x\n", "? [a]\n: b\n", "1: x\ntrue: x\n",
		"Log: {a: b}\nlog: {A: b}\n", "sources: [~, x, {type: ldap, user_search: [x]}]\n", "workspaces: [{rules: [{when: {any_of: [~]}}]}]\n",
		minimal + "    invitations: {settle: 1d, reinvite_after: 9999999d}\n", minimal + "    limits: {requests_per_hour: 1e400}\n",
		minimal + "    schedule: TZ=\n", "x: !!int y\n", "\xff\xfea\x00", "<<: {sources: []}\n", "a::b: {c: d}\n", "---\n---\n",
	} {
		f.Add([]byte(seed))
	}
	file := filepath.Join(f.TempDir(), "config.yaml")
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(file, text, 0o600); err != nil {
			t.Fatal(err)
		}
		first, err := Load(file, nil, builtin.Registry())
		again, errAgain := Load(file, nil, builtin.Registry())
		if err != nil && err.Error() == "" {
			t.Error("an error says nothing")
		}
		if !reflect.DeepEqual(first, again) || message(err) != message(errAgain) {
			t.Errorf("first %+v, %v\nagain %+v, %v", first, err, again, errAgain)
		}
	})
}

func message(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
