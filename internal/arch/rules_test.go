package arch

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// house is a small table with every kind of row.
func house() map[string]row {
	return map[string]row{
		"words": {layer: words}, "words/more": {layer: words}, "internal/settings": {layer: words},
		"plan":  {layer: pure},
		"apply": {layer: effects}, "client": {layer: effects},
		"ldap": {layer: adapters}, "csv": {layer: adapters},
		"client/inner": {layer: adapters, friends: []string{"ldap"}},
		"internal/app": {layer: shell}, "internal/config": {layer: shell}, "internal/engine": {layer: shell},
		"internal/demo": {layer: shell}, "cmd/tool": {layer: shell},
		"contract": {layer: support}, "emulator": {layer: support, friends: []string{"internal/demo"}, alone: true},
	}
}

func parsed(t *testing.T, name, text string) source {
	t.Helper()
	s, err := parse(name, []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// texts gives the findings as they are shown, sorted.
func texts(found []finding) []string {
	lines := []string{}
	for _, f := range found {
		lines = append(lines, f.String())
	}
	slices.Sort(lines)
	return lines
}

func TestArrows(t *testing.T) {
	const (
		left  = "arrows point left only"
		apart = "two adapters never import each other"
		tests = "support packages are for tests"
		alone = "it is to stand alone"
	)
	for _, c := range []struct{ file, imports, want string }{
		{"words/a.go", "words/more", ""},
		{"words/a.go", "plan", left},
		{"plan/a.go", "words", ""},
		{"plan/a.go", "apply", left},
		{"plan/a_test.go", "apply", left},
		{"plan/a_test.go", "plan", ""},
		{"plan/a_test.go", "internal/app", ""},
		{"plan/a_test.go", "contract", ""},
		{"apply/a.go", "client", ""},
		{"apply/a.go", "ldap", left},
		{"apply/a.go", "internal/app", left},
		{"apply/a.go", "internal/settings", ""},
		{"ldap/a.go", "apply", ""},
		{"ldap/a.go", "csv", apart},
		{"ldap/a_test.go", "csv", apart},
		{"ldap/a.go", "client/inner", ""},
		{"csv/a.go", "client/inner", apart},
		{"ldap/a.go", "internal/config", left},
		{"ldap/a.go", "contract", tests},
		{"ldap/a_test.go", "contract", ""},
		{"internal/app/a.go", "ldap", ""},
		{"internal/app/a.go", "internal/config", ""},
		{"internal/app/a.go", "contract", tests},
		{"internal/app/a.go", "emulator", tests},
		{"internal/demo/a.go", "emulator", ""},
		{"bench/load/main.go", "emulator", ""},
		{"bench/load/main.go", "ldap", ""},
		{"words/a.go", "bench/load", left},
		{"contract/a.go", "apply", ""},
		{"contract/a.go", "emulator", ""},
		{"contract/a.go", "ldap", left},
		{"contract/a.go", "internal/app", left},
		{"emulator/a.go", "words", alone},
		{"emulator/a_test.go", "emulator", ""},
		{"emulator/a_test.go", "client", ""},
		{"words/a.go", "unlisted", ""}, // found by places
	} {
		s := parsed(t, c.file, fmt.Sprintf("package a\n\nimport %q\n", "house/"+c.imports))
		got := texts(arrows(s, "house", house()))
		matches := c.want == "" && len(got) == 0 ||
			len(got) == 1 && c.want != "" && strings.HasPrefix(got[0], c.file+":3: ") && strings.Contains(got[0], c.want)
		if !matches {
			t.Errorf("%s imports %s: %q, want one with %q", c.file, c.imports, got, c.want)
		}
	}
}

func TestArrowsNamesBothEnds(t *testing.T) {
	s := parsed(t, "plan/a.go", "package plan\n\nimport (\n\t\"fmt\"\n\t\"house/ldap\"\n\t\"household/ldap\"\n)\n")
	want := []string{"plan/a.go:5: plan (pure) imports ldap (adapters): " +
		"arrows point left only: let the caller own an interface, or move the shared word to the left"}
	if diff := cmp.Diff(want, texts(arrows(s, "house", house()))); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestPlaces(t *testing.T) {
	rows := map[string]row{"words": {layer: words}, "gone": {layer: pure}}
	var sources []source
	for _, name := range []string{"words/a.go", "words/b.go", "new/a.go", "new/a_test.go", "sync/a.go", "bench/load/main.go"} {
		sources = append(sources, parsed(t, name, "package a\n"))
	}
	want := []string{
		"gone: the table has a line for it and there is no such package: take the line out of internal/arch/table_test.go",
		"new: the package has no place: add a line with its layer to internal/arch/table_test.go",
		"sync/a.go: there is no .go file directly in sync/, whose name the standard library owns: move it into a package below",
	}
	if diff := cmp.Diff(want, texts(places(sources, rows))); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
}

func TestOutside(t *testing.T) {
	for _, c := range []struct{ file, imports, want string }{
		{"internal/app/a.go", "github.com/spf13/viper", "only internal/config"},
		{"internal/app/a_test.go", "github.com/spf13/viper", "only internal/config"},
		{"internal/config/a.go", "github.com/spf13/viper", ""},
		{"internal/config/a_test.go", "github.com/spf13/viper", ""},
		{"internal/app/a.go", "github.com/riverqueue/river", "only internal/engine"},
		{"internal/app/a.go", "github.com/riverqueue/river/riverdriver/riversqlite", "only internal/engine"},
		{"internal/engine/a.go", "github.com/riverqueue/river", ""},
		{"internal/engine/a_test.go", "github.com/riverqueue/river/rivertype", ""},
		{"apply/a.go", "math/rand", "math/rand/v2"},
		{"apply/a_test.go", "math/rand", "math/rand/v2"},
		{"apply/a.go", "math/rand/v2", ""},
		{"internal/app/a.go", "log", "zap"},
		{"apply/a_test.go", "github.com/stretchr/testify/require", "cmp.Diff"},
		{"plan/a.go", "context", "the pure middle"},
		{"plan/a.go", "os", "the pure middle"},
		{"plan/a_test.go", "os", ""},
		{"apply/a.go", "context", ""},
		{"plan/a.go", "fmt", ""},
	} {
		s := parsed(t, c.file, fmt.Sprintf("package a\n\nimport %q\n", c.imports))
		got := texts(outside(s, house()))
		matches := c.want == "" && len(got) == 0 ||
			len(got) == 1 && c.want != "" && strings.HasPrefix(got[0], c.file+":3: imports ") && strings.Contains(got[0], c.want)
		if !matches {
			t.Errorf("%s imports %s: %q, want one with %q", c.file, c.imports, got, c.want)
		}
	}
}

func TestHabitsAreFound(t *testing.T) {
	const exit = "only main does that: return an exit code, or take a context that main cancels"
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"init": {
			"apply/a.go", "package apply\n\nfunc init() {}\n\ntype t struct{}\n\nfunc (t) init() {}\n",
			[]string{"apply/a.go:3: init function: call it by name where things are wired"},
		},
		"exit in a helper of a program": {
			"cmd/tool/a.go", "package main\n\nimport \"os\"\n\nfunc help() { os.Exit(2) }\n",
			[]string{"cmd/tool/a.go:5: os.Exit: " + exit},
		},
		"exit handed on under another name": {
			"apply/a.go", "package apply\n\nimport system \"os\"\n\nvar quit = system.Exit\n",
			[]string{"apply/a.go:5: os.Exit: " + exit},
		},
		"a function main outside a program": {
			"apply/a.go", "package apply\n\nimport \"os\"\n\nfunc main() { os.Exit(1) }\n",
			[]string{"apply/a.go:5: os.Exit: " + exit},
		},
		"signals": {
			"internal/app/a.go", "package app\n\nimport \"os/signal\"\n\nfunc Run() {\n\tsignal.Notify(nil)\n\tsignal.NotifyContext(nil)\n\tsignal.Stop(nil)\n}\n",
			[]string{"internal/app/a.go:6: os/signal.Notify: " + exit, "internal/app/a.go:7: os/signal.NotifyContext: " + exit},
		},
		"main": {
			"cmd/tool/main.go", "package main\n\nimport (\n\t\"os\"\n\t\"os/signal\"\n)\n\nfunc main() {\n\tsignal.NotifyContext(nil)\n\tos.Exit(run())\n}\n", nil,
		},
		"main of a test": {
			"apply/a_test.go", "package apply\n\nimport \"os\"\n\nfunc TestMain(m *testing.M) { os.Exit(m.Run()) }\n", nil,
		},
		"exit of something else": {
			"apply/a.go", "package apply\n\nfunc leave() { os.Exit(1); door.Exit() }\n", nil,
		},
		"the clock in the pure middle": {
			"plan/a.go", "package plan\n\nimport \"time\"\n\nfunc make(at time.Time) {\n\t_ = time.Now()\n\t_ = time.Since(at)\n\t_ = time.Hour\n}\n",
			[]string{
				"plan/a.go:6: time.Now: the pure middle has no clock: take Now as a field",
				"plan/a.go:7: time.Since: the pure middle has no clock: take Now as a field",
			},
		},
		"the clock elsewhere": {"apply/a.go", "package apply\n\nimport \"time\"\n\nvar start = time.Now\n", nil},
	} {
		got := texts(habits(parsed(t, c.file, c.text), house()))
		if diff := cmp.Diff(append([]string{}, c.want...), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestLoadSkipsWhatTheGoCommandSkips(t *testing.T) {
	file := &fstest.MapFile{Data: []byte("package a\n")}
	root := fstest.MapFS{
		"a/a.go": file, "a/testdata/b.go": file, "vendor/c/c.go": file, ".tools/d.go": file, "_old/e.go": file, "bin/f.go": file,
		"a/readme.md": file, "a/b/a_test.go": file,
	}
	got := []string{}
	for _, s := range load(t, root) {
		got = append(got, s.path)
	}
	if diff := cmp.Diff([]string{"a/a.go", "a/b/a_test.go"}, got); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

func TestModuleName(t *testing.T) {
	for text, want := range map[string]string{
		"module house\n\ngo 1.26\n":                 "house",
		"// a comment\n\nmodule \"a.test/house\"\n": "a.test/house",
		"go 1.26\n": "",
	} {
		if got := moduleName([]byte(text)); got != want {
			t.Errorf("%q names the module %q, want %q", text, got, want)
		}
	}
}
