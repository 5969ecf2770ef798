package arch

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
)

// arrows finds the imports of our own packages that point the wrong way.
func arrows(s source, module string, rows map[string]row) []finding {
	var found []finding
	for importPath, place := range s.imported() {
		target, ours := own(module, importPath)
		if !ours {
			continue
		}
		if why := refusal(rows, s.folder(), target, s.test()); why != "" {
			from, _ := find(rows, s.folder())
			to, _ := find(rows, target)
			found = append(found, s.at(place, "%s (%s) imports %s (%s): %s", s.folder(), from.layer, target, to.layer, why))
		}
	}
	return found
}

// outside finds the imports from outside that are reserved for another package.
func outside(s source, rows map[string]row) []finding {
	var found []finding
	r, _ := find(rows, s.folder())
	who := importer{s.folder(), r.layer, s.test()}
	for importPath, place := range s.imported() {
		for _, reserved := range reservations() {
			if reserved.covers(importPath) && !reserved.allow(who) {
				found = append(found, s.at(place, "imports %s: %s", importPath, reserved.hint))
			}
		}
	}
	return found
}

// places finds packages without a line in the table, lines without a package, and files where none may be.
func places(sources []source, rows map[string]row) []finding {
	var found []finding
	seen := map[string]bool{}
	for _, s := range sources {
		folder := s.folder()
		if folder == "sync" {
			found = append(found, finding{s.path, 0, "there is no .go file directly in sync/, whose name the standard library owns: move it into a package below"})
			continue
		}
		if _, ok := find(rows, folder); !ok && !seen[folder] {
			found = append(found, finding{folder, 0, "the package has no place: add a line with its layer to internal/arch/table_test.go"})
		}
		seen[folder] = true
	}
	for _, folder := range slices.Sorted(maps.Keys(rows)) {
		if !seen[folder] {
			found = append(found, finding{folder, 0, "the table has a line for it and there is no such package: take the line out of internal/arch/table_test.go"})
		}
	}
	return found
}

// call is a function that only some code may call.
type call struct {
	path, name string // the import path, and the function
	hint       string
}

// mainCalls are for the function main, which alone ends the process and listens to signals.
func mainCalls() []call {
	const hint = "only main does that: return an exit code, or take a context that main cancels"
	return []call{{"os", "Exit", hint}, {"os/signal", "Notify", hint}, {"os/signal", "NotifyContext", hint}}
}

// clockCalls are not for the pure middle.
func clockCalls() []call {
	const hint = "the pure middle has no clock: take Now as a field"
	var calls []call
	for _, name := range []string{"Now", "Since", "Until", "Sleep", "After", "NewTimer", "NewTicker"} {
		calls = append(calls, call{"time", name, hint})
	}
	return calls
}

// habits finds init functions, and uses of functions that belong elsewhere.
func habits(s source, rows map[string]row) []finding {
	var found []finding
	r, _ := find(rows, s.folder())
	for _, declaration := range s.file.Decls {
		function, isFunction := declaration.(*ast.FuncDecl)
		if isFunction && function.Recv == nil && function.Name.Name == "init" {
			found = append(found, s.at(function.Pos(), "init function: call it by name where things are wired"))
		}
		if !isFunction || !s.endsProcess(function) {
			found = append(found, s.uses(declaration, mainCalls())...)
		}
		if r.layer == pure && !s.test() {
			found = append(found, s.uses(declaration, clockCalls())...)
		}
	}
	return found
}

// endsProcess says whether a function is the main of a program, or that of a test binary.
func (s source) endsProcess(f *ast.FuncDecl) bool {
	program := s.file.Name.Name == "main" && f.Name.Name == "main"
	return f.Recv == nil && (program || s.test() && f.Name.Name == "TestMain")
}

// uses finds where a declaration names one of the calls, called or handed on.
func (s source) uses(declaration ast.Decl, calls []call) []finding {
	var found []finding
	for n := range ast.Preorder(declaration) {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			continue
		}
		qualifier, ok := selector.X.(*ast.Ident)
		if !ok {
			continue
		}
		for _, c := range calls {
			if selector.Sel.Name == c.name && qualifier.Name == s.localName(c.path) {
				found = append(found, s.at(n.Pos(), "%s.%s: %s", c.path, c.name, c.hint))
			}
		}
	}
	return found
}

// localName is the name by which a file knows a package of the standard library, "" when it does not import it.
func (s source) localName(importPath string) string {
	for _, spec := range s.file.Imports {
		if spec.Path.Value != fmt.Sprintf("%q", importPath) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}
