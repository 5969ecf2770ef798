package arch

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// source is one parsed file of the module.
type source struct {
	path  string // slash-separated, from the root of the module
	lines int
	fset  *token.FileSet
	file  *ast.File
}

// parse makes a source of a file's text.
func parse(name string, text []byte) (source, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
	lines := len(slices.Collect(bytes.Lines(text)))
	return source{path: name, lines: lines, fset: fset, file: file}, err
}

func (s source) folder() string { return path.Dir(s.path) }

func (s source) test() bool { return strings.HasSuffix(s.path, "_test.go") }

// line gives the line of a position.
func (s source) line(p token.Pos) int { return s.fset.Position(p).Line }

// finding is one thing that is not in order: where, what, and what to do.
type finding struct {
	path string
	line int // 0 where it is about the whole file or folder
	text string
}

func (f finding) String() string {
	if f.line == 0 {
		return f.path + ": " + f.text
	}
	return fmt.Sprintf("%s:%d: %s", f.path, f.line, f.text)
}

// at makes a finding.
func (s source) at(p token.Pos, format string, args ...any) finding {
	return finding{s.path, s.line(p), fmt.Sprintf(format, args...)}
}

// over makes a finding of a number that is over its budget, or nothing.
func (s source) over(p token.Pos, number int, b budget) []finding {
	if number <= b.most {
		return nil
	}
	return []finding{s.at(p, "%s: %d, budget %d: %s", b.what, number, b.most, b.hint)}
}

// imported gives the import paths of a file with their places.
func (s source) imported() map[string]token.Pos {
	paths := map[string]token.Pos{}
	for _, spec := range s.file.Imports {
		if name, err := strconv.Unquote(spec.Path.Value); err == nil {
			paths[name] = spec.Pos()
		}
	}
	return paths
}

// own gives the folder that an import path of our module names.
func own(module, importPath string) (string, bool) {
	return strings.CutPrefix(importPath, module+"/")
}

// moduleName reads the module's name from the text of its go.mod.
func moduleName(gomod []byte) string {
	for line := range bytes.Lines(gomod) {
		if fields := strings.Fields(string(line)); len(fields) >= 2 && fields[0] == "module" {
			return strings.Trim(fields[1], `"`)
		}
	}
	return ""
}

// skipped names the folders that the go command skips, too.
func skipped(name string) bool {
	return name == "testdata" || name == "vendor" || name == "bin" ||
		name != "." && strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// load parses every .go file below the root of the module.
func load(t *testing.T, root fs.FS) []source {
	t.Helper()
	var sources []source
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && skipped(entry.Name()) {
			return fs.SkipDir
		}
		if entry.IsDir() || path.Ext(name) != ".go" {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		parsed, err := parse(name, text)
		if err != nil {
			t.Errorf("%v", err)
			return nil
		}
		sources = append(sources, parsed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sources
}

// root is the root of the module, seen from this package's folder.
func root(t *testing.T) (fs.FS, string) {
	t.Helper()
	dir := os.DirFS("../..")
	gomod, err := fs.ReadFile(dir, "go.mod")
	if err != nil {
		t.Fatal(err)
	}
	return dir, moduleName(gomod)
}
