package arch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// long gives a function of so many lines, from "func" to its last brace.
func long(name string, lines int) string {
	return "func " + name + "() {\n" + strings.Repeat("\t_ = 0\n", lines-2) + "}\n"
}

func TestLines(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       []string
	}{
		"a file that fits":      {"a/a.go", "package a\n" + strings.Repeat("\n", 399), nil},
		"a test file that fits": {"a/a_test.go", "package a\n" + strings.Repeat("\n", 799), nil},
		"a file too long": {
			"a/a.go", "package a\n" + strings.Repeat("\n", 400),
			[]string{"a/a.go:1: lines in a file: 401, budget 400: split it by what it is about"},
		},
		"a file too long without a last line break": {
			"a/a.go", "package a\n" + strings.Repeat("\n", 399) + "// end",
			[]string{"a/a.go:1: lines in a file: 401, budget 400: split it by what it is about"},
		},
		"a test file too long": {
			"a/a_test.go", "package a\n" + strings.Repeat("\n", 800),
			[]string{"a/a_test.go:1: lines in a test file: 801, budget 800: split it by what is tested"},
		},
		"functions that fit":           {"a/a.go", "package a\n\n" + long("one", 60) + "\n" + long("two", 60), nil},
		"a function that fits a test":  {"a/a_test.go", "package a\n\n" + long("TestOne", 100), nil},
		"a comment above is not of it": {"a/a.go", "package a\n\n" + strings.Repeat("// one.\n", 20) + long("one", 60), nil},
		"a function too long": {
			"a/a.go", "package a\n\n" + long("one", 61),
			[]string{"a/a.go:3: lines in the function one: 61, budget 60: split it into steps that have a name"},
		},
		"a test function too long": {
			"a/a_test.go", "package a\n\n" + long("TestOne", 101),
			[]string{"a/a_test.go:3: lines in the test function TestOne: 101, budget 100: move its tables or its set-up out"},
		},
	} {
		got := texts(files(parsed(t, c.file, c.text)))
		if diff := cmp.Diff(append([]string{}, c.want...), got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParameters(t *testing.T) {
	const head = "package a\n\nimport (\n\t\"context\"\n\t\"testing\"\n)\n\n"
	over := func(name string, number int) []string {
		return []string{fmt.Sprintf("a/a.go:8: parameters of %s after its context: %d, budget 4: take a struct", name, number)}
	}
	for text, want := range map[string][]string{
		"func f(a, b, c, d int) {}":                                    nil,
		"func f(a, b int, c, d string, e bool) {}":                     over("f", 5),
		"func f(ctx context.Context, a, b, c, d int) {}":               nil,
		"func f(ctx context.Context, a, b, c, d, e int) {}":            over("f", 5),
		"func f(a int, ctx context.Context, b, c, d int) {}":           over("f", 5),
		"func f(t *testing.T, a, b, c, d int) {}":                      nil,
		"func f(t testing.TB, a, b, c, d, e int) {}":                   over("f", 5),
		"func f(l *testing.L, a, b, c, d int) {}":                      over("f", 5),
		"func f(int, int, int, int, ...int) {}":                        over("f", 5),
		"func (r t) m(a, b, c, d int) {}":                              nil,
		"func (r t) m(a, b, c, d, e int) {}":                           over("m", 5),
		"type i interface{ m(ctx context.Context, a, b, c, d int) }":   nil,
		"type i interface{ m(a, b, c, d, e int); fmt.Stringer; ~int }": over("m", 5),
		"func run(ctx context.Context, a, b, c, d, e int) {}":          over("run", 5),
	} {
		if diff := cmp.Diff(append([]string{}, want...), texts(files(parsed(t, "a/a.go", head+text+"\n")))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestParametersOfRunUnderMain(t *testing.T) {
	const head = "package main\n\nimport \"context\"\n\n"
	for text, want := range map[string][]string{
		"func run(ctx context.Context, args, env []string, in, out, err int) int": nil,
		"func run(ctx context.Context, a, b, c, d, e, f int) int": {
			"cmd/tool/main.go:5: parameters of run after its context: 6, budget 5: take a struct",
		},
		"func other(ctx context.Context, a, b, c, d, e int) int": {
			"cmd/tool/main.go:5: parameters of other after its context: 5, budget 4: take a struct",
		},
	} {
		if diff := cmp.Diff(append([]string{}, want...), texts(files(parsed(t, "cmd/tool/main.go", head+text+"\n")))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func TestNesting(t *testing.T) {
	for name, c := range map[string]struct {
		body  string
		depth int
		line  int // within the body; 0 where no block is nested
	}{
		"flat":                           {"a()\nb()", 0, 0},
		"a bare block":                   {"{\n{\na()\n}\n}", 0, 0},
		"if":                             {"if a {\nb()\n}", 1, 1},
		"else":                           {"if a {\n} else {\nif b {\n}\n}", 2, 3},
		"a chain of else if is one":      {"if a {\n} else if b {\n} else if c {\n} else {\n}", 1, 1},
		"a block in a chain":             {"if a {\n} else if b {\nfor {\n}\n}", 2, 3},
		"for and range":                  {"for a {\nfor range b {\n}\n}", 2, 2},
		"a case lies in its switch":      {"switch a {\ncase 1:\nb()\n}", 1, 1},
		"a block in a case":              {"switch a {\ncase 1:\nif b {\n}\n}", 2, 3},
		"type switch":                    {"switch a.(type) {\ncase int:\nif b {\n}\n}", 2, 3},
		"select":                         {"for {\nselect {\ncase <-a:\nb()\n}\n}", 2, 2},
		"closure":                        {"go func() {\nif a {\n}\n}()", 2, 2},
		"closure in the head of an if":   {"if a(func() { b() }) {\n}", 1, 1},
		"closure in a closure":           {"a(func() {\nb(func() {\nc(func() {\nif d {\n}\n})\n})\n})", 4, 4},
		"after a deep block":             {"if a {\nif b {\n}\n}\nif c {\n}", 2, 2},
		"closure in a composite literal": {"a := t{f: func() {\nfor {\n}\n}}", 2, 2},
		"three is allowed":               {"for {\nif a {\nfor {\n}\n}\n}", 3, 3},
		"four is not":                    {"for {\nif a {\nswitch {\ncase b:\nif c {\n}\n}\n}\n}", 4, 5},
	} {
		s := parsed(t, "a/a.go", "package a\n\nfunc f() {\n"+c.body+"\n}\n")
		var want []string
		if c.depth > 3 {
			want = []string{fmt.Sprintf("a/a.go:%d: depth of blocks in f: %d, budget 3: return early, or give the inner block a name", 3+c.line, c.depth)}
		}
		if diff := cmp.Diff(append([]string{}, want...), texts(files(s))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		depth, place := deepest(functions(s)[0])
		if depth != c.depth || s.line(place) != 3+c.line {
			t.Errorf("%s: depth %d in line %d, want %d in line %d", name, depth, s.line(place)-3, c.depth, c.line)
		}
	}
}

func TestPackages(t *testing.T) {
	names := func(from, to int) string {
		var text strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&text, "const N%d = %d\n", i, i)
		}
		return text.String()
	}
	imports := func(from, to int) string {
		var text strings.Builder
		for i := from; i < to; i++ {
			fmt.Fprintf(&text, "import \"house/p%d\"\n", i)
		}
		return text.String()
	}
	const other = "func F() {}\nfunc f() {}\nfunc (T) M() {}\ntype T int\ntype (\n\tU int\n\tu int\n)\nvar V, w = 1, 2\n" // F T U V
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"35 names":                    {map[string]string{"a/a.go": names(0, 20), "a/b.go": names(20, 31) + other}, nil},
		"names in tests do not count": {map[string]string{"a/a.go": names(0, 35), "a/a_test.go": names(35, 99)}, nil},
		"36 names in two files": {
			map[string]string{"a/a.go": names(0, 20), "a/b.go": names(20, 32) + other, "b/b.go": names(0, 35)},
			[]string{"a: exported names of the package: 36, budget 35: unexport what nobody outside needs, or split the package"},
		},
		"6 imports, some twice": {map[string]string{"a/a.go": imports(0, 6), "a/b.go": imports(2, 4), "a/a_test.go": imports(6, 9)}, nil},
		"7 imports in two files": {
			map[string]string{"a/a.go": imports(0, 4), "a/b.go": imports(3, 7)},
			[]string{"a: packages of ours that the package imports: 7, budget 6: let it take an interface, or split it"},
		},
		"wiring": {map[string]string{"internal/app/a.go": imports(0, 20), "cmd/tool/main.go": imports(0, 20)}, nil},
	} {
		var sources []source
		for file, text := range c.files {
			sources = append(sources, parsed(t, file, "package a\n"+text))
		}
		if diff := cmp.Diff(append([]string{}, c.want...), texts(packages(sources, "house"))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}
