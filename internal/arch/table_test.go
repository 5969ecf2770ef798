package arch

import (
	"slices"
	"strings"
)

// layer is the place of a package. A package may import what is in a lower layer.
type layer int

const (
	words    layer = iota + 1 // what everything else is said in
	pure                      // values to values: no context, clock, file, network or log
	effects                   // the pass, the steps, and the ports that they need
	adapters                  // one technology each; they never import each other
	shell                     // wiring, commands, what a person sees
	support                   // for tests: contracts, emulators, servers
)

func (l layer) String() string {
	return [...]string{"no layer", "words", "pure", "effects", "adapters", "shell", "support"}[l]
}

// row is one package's line in the table.
type row struct {
	layer layer
	// friends are the packages that may import this one although their layers forbid it.
	friends []string
	// alone says that the package imports none of ours.
	alone bool
}

// table gives each package its place, by its folder in the module.
func table() map[string]row {
	return map[string]row{
		"internal/clock":    {layer: words},
		"internal/settings": {layer: words},
		"sources":           {layer: words},
		"sync/access":       {layer: words},
		"sync/why":          {layer: words},

		"sync/identity": {layer: pure},
		"sync/mapping":  {layer: pure},
		"sync/plan":     {layer: pure},

		"bitbucket":        {layer: effects},
		"bitbucket/budget": {layer: effects},
		"bitbucket/probe":  {layer: effects},
		"sync/apply":       {layer: effects},
		"sync/reconcile":   {layer: effects},
		"sync/accounts":    {layer: effects},
		"sync/invitation":  {layer: effects},

		"bitbucket/userlist":  {layer: adapters},
		"bitbucket/workspace": {layer: adapters},
		"sources/csvdir":      {layer: adapters},
		"sources/ldap":        {layer: adapters},
		"sync/journal":        {layer: adapters},

		"cmd/bitroster":    {layer: shell},
		"internal/app":     {layer: shell},
		"internal/arch":    {layer: shell},
		"internal/config":  {layer: shell},
		"internal/demo":    {layer: shell},
		"internal/engine":  {layer: shell},
		"internal/logging": {layer: shell},
		"internal/show":    {layer: shell},
		"sources/builtin":  {layer: shell},

		"bitbucket/backendtest":       {layer: support},
		"bitbucket/budget/budgettest": {layer: support},
		"bitbucket/bitbuckettest":     {layer: support, friends: []string{"internal/demo"}, alone: true},
		"sources/ldap/slapdtest":      {layer: support},
		"sources/sourcestest":         {layer: support},
		"sync/journal/journaltest":    {layer: support},
	}
}

// find gives the row of a package. Programs under bench/ need no line: they are shell.
func find(rows map[string]row, folder string) (row, bool) {
	if r, ok := rows[folder]; ok {
		return r, true
	}
	if isBench(folder) {
		return row{layer: shell}, true
	}
	return row{}, false
}

func isBench(folder string) bool { return strings.HasPrefix(folder, "bench/") }

// refusal says why a package may not import another one of ours, or nothing.
func refusal(rows map[string]row, from, to string, test bool) string {
	if from == to {
		return "" // an external test of the package itself
	}
	source, known := find(rows, from)
	target, ok := find(rows, to)
	switch {
	case !known || !ok:
		return "" // the missing line is a finding of its own
	case source.alone && !test:
		return "it is to stand alone: copy what it needs, or pass it in as a plain value"
	case slices.Contains(target.friends, from):
		return ""
	case target.layer == support:
		return supportRefusal(source, from, test)
	case test && strings.HasPrefix(to, "internal/"):
		return ""
	case source.layer == support && target.layer < adapters:
		return ""
	case source.layer == adapters && target.layer == adapters:
		return "two adapters never import each other: move what they share to the left, or let the shell connect them"
	case target.layer > source.layer || source.layer == support:
		return "arrows point left only: let the caller own an interface, or move the shared word to the left"
	}
	return ""
}

func supportRefusal(source row, from string, test bool) string {
	if test || source.layer == support || isBench(from) {
		return ""
	}
	return "support packages are for tests: move what both need into a package of its own, or make this one a friend in the table"
}

// importer is who imports something from outside.
type importer struct {
	folder string
	layer  layer
	test   bool
}

// reservation is something from outside that only some of our packages may import.
type reservation struct {
	path  string // an import path, or its beginning when it ends with a slash
	allow func(importer) bool
	hint  string
}

func (r reservation) covers(path string) bool {
	return path == r.path || strings.HasSuffix(r.path, "/") && strings.HasPrefix(path, r.path)
}

// reservations lists what is not for everybody.
func reservations() []reservation {
	only := func(folder string) func(importer) bool {
		return func(i importer) bool { return i.folder == folder }
	}
	nobody := func(importer) bool { return false }
	impure := func(i importer) bool { return i.layer != pure || i.test } // a test may read its golden files

	list := []reservation{
		{"github.com/spf13/viper", only("internal/config"), "only internal/config reads with viper: take a typed settings struct"},
		{"github.com/riverqueue/", only("internal/engine"), "only internal/engine knows River: give it a plain function to run"},
		{"math/rand", nobody, "take math/rand/v2, which seeds itself"},
		{"log", nobody, "return the error; the shell logs with zap"},
		{"github.com/stretchr/testify/", nobody, "compare with cmp.Diff"},
	}
	for _, path := range []string{"context", "os", "os/exec", "net", "net/http", "log/slog", "go.uber.org/zap", "database/sql"} {
		list = append(list, reservation{path, impure, "the pure middle takes values and gives values: do this at the rim and pass the result in"})
	}
	return list
}
