package arch

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"slices"
	"strings"
)

// budget is the most that there may be of something, and what to do when there is more.
type budget struct {
	what string
	most int
	hint string
}

func fileLines(test bool) budget {
	if test {
		return budget{"lines in a test file", 800, "split it by what is tested"}
	}
	return budget{"lines in a file", 400, "split it by what it is about"}
}

func functionLines(name string, test bool) budget {
	if test {
		return budget{"lines in the test function " + name, 100, "move its tables or its set-up out"}
	}
	return budget{"lines in the function " + name, 60, "split it into steps that have a name"}
}

func nesting(name string) budget {
	return budget{"depth of blocks in " + name, 3, "return early, or give the inner block a name"}
}

func parameters(name string) budget {
	return budget{"parameters of " + name + " after its context", 4, "take a struct"}
}

// runParameters is for the function under main: ctx, then args, env, stdin, stdout and stderr.
func runParameters() budget {
	return budget{"parameters of run after its context", 5, "take a struct"}
}

func exportedNames() budget {
	return budget{"exported names of the package", 35, "unexport what nobody outside needs, or split the package"}
}

func ownImports() budget {
	return budget{"packages of ours that the package imports", 6, "let it take an interface, or split it"}
}

// files finds files and functions that are over a budget.
func files(s source) []finding {
	found := s.over(s.file.Package, s.lines, fileLines(s.test()))
	for _, function := range functions(s) {
		found = append(found, s.function(function)...)
	}
	for n := range ast.Preorder(s.file) {
		if contract, ok := n.(*ast.InterfaceType); ok {
			found = append(found, s.methods(contract)...)
		}
	}
	return found
}

// functions gives the functions and methods that a file declares.
func functions(s source) []*ast.FuncDecl {
	var declared []*ast.FuncDecl
	for _, declaration := range s.file.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok {
			declared = append(declared, function)
		}
	}
	return declared
}

// function finds what is over a budget in one function. Its lines are counted from "func" to the last brace.
func (s source) function(f *ast.FuncDecl) []finding {
	name := f.Name.Name
	found := s.over(f.Pos(), s.line(f.End())-s.line(f.Pos())+1, functionLines(name, s.test()))

	limit := parameters(name)
	if s.file.Name.Name == "main" && name == "run" && f.Recv == nil {
		limit = runParameters()
	}
	found = append(found, s.over(f.Pos(), s.parameters(f.Type), limit)...)
	if f.Body == nil {
		return found
	}
	depth, place := deepest(f)
	return append(found, s.over(place, depth, nesting(name))...)
}

// methods finds the methods of an interface with too many parameters.
func (s source) methods(contract *ast.InterfaceType) []finding {
	var found []finding
	for _, field := range contract.Methods.List {
		if method, ok := field.Type.(*ast.FuncType); ok && len(field.Names) == 1 {
			found = append(found, s.over(field.Pos(), s.parameters(method), parameters(field.Names[0].Name))...)
		}
	}
	return found
}

// parameters counts the parameters of a function that follow its context, or its handle of the test.
func (s source) parameters(f *ast.FuncType) int {
	count := 0
	for i, field := range f.Params.List {
		if i == 0 && s.isContext(field.Type) {
			continue
		}
		count += max(1, len(field.Names))
	}
	return count
}

// isContext knows context.Context, *testing.T, B and F, and testing.TB.
func (s source) isContext(expression ast.Expr) bool {
	if star, ok := expression.(*ast.StarExpr); ok {
		expression = star.X
	}
	selector, ok := expression.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	qualifier, ok := selector.X.(*ast.Ident)
	if !ok {
		return false
	}
	switch qualifier.Name {
	case s.localName("context"):
		return selector.Sel.Name == "Context"
	case s.localName("testing"):
		return slices.Contains([]string{"T", "B", "F", "TB"}, selector.Sel.Name)
	}
	return false
}

// deepest gives the depth of the most deeply nested block in a function and its place. The bodies of if, else, for,
// switch, select and function literals count. A chain of else if is one level, and a case lies in its switch.
func deepest(f *ast.FuncDecl) (int, token.Pos) {
	most, place := 0, f.Pos()
	depth := 0
	var path []ast.Node
	ast.Inspect(f.Body, func(n ast.Node) bool {
		if n == nil {
			left := path[len(path)-1]
			path = path[:len(path)-1]
			if len(path) > 0 && opens(path[len(path)-1], left) {
				depth--
			}
			return true
		}
		if len(path) > 0 && opens(path[len(path)-1], n) {
			depth++
		}
		if depth > most {
			most, place = depth, n.Pos()
		}
		path = append(path, n)
		return true
	})
	return most, place
}

// opens says whether a child of a statement is a block that counts as a level.
func opens(parent, child ast.Node) bool {
	if _, isBlock := child.(*ast.BlockStmt); !isBlock {
		return false
	}
	switch parent.(type) {
	case *ast.IfStmt, *ast.ForStmt, *ast.RangeStmt, *ast.SwitchStmt, *ast.TypeSwitchStmt, *ast.SelectStmt, *ast.FuncLit:
		return true
	}
	return false
}

// packages finds packages that export or import too much. Tests do not count.
func packages(sources []source, module string) []finding {
	names, imports := map[string][]string{}, map[string]map[string]bool{}
	for _, s := range sources {
		if s.test() {
			continue
		}
		folder := s.folder()
		names[folder] = append(names[folder], exported(s.file)...)
		if imports[folder] == nil {
			imports[folder] = map[string]bool{}
		}
		for importPath := range s.imported() {
			if target, ours := own(module, importPath); ours {
				imports[folder][target] = true
			}
		}
	}
	var found []finding
	for _, folder := range slices.Sorted(maps.Keys(names)) {
		found = append(found, overall(folder, len(names[folder]), exportedNames())...)
		if !wires(folder) {
			found = append(found, overall(folder, len(imports[folder]), ownImports())...)
		}
	}
	return found
}

func overall(folder string, number int, b budget) []finding {
	if number <= b.most {
		return nil
	}
	return []finding{{folder, 0, fmt.Sprintf("%s: %d, budget %d: %s", b.what, number, b.most, b.hint)}}
}

// wires says whether a package exists to connect others, and so may import as many as there are.
func wires(folder string) bool {
	return folder == "internal/app" || strings.HasPrefix(folder, "cmd/")
}

// exported gives the exported names that a file declares at its top level. Methods are not counted.
func exported(file *ast.File) []string {
	var names []string
	add := func(name *ast.Ident) {
		if name.IsExported() {
			names = append(names, name.Name)
		}
	}
	for _, declaration := range file.Decls {
		switch d := declaration.(type) {
		case *ast.FuncDecl:
			if d.Recv == nil {
				add(d.Name)
			}
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				eachName(spec, add)
			}
		}
	}
	return names
}

func eachName(spec ast.Spec, do func(*ast.Ident)) {
	switch s := spec.(type) {
	case *ast.TypeSpec:
		do(s.Name)
	case *ast.ValueSpec:
		for _, name := range s.Names {
			do(name)
		}
	}
}
