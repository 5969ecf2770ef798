package arch

import (
	"testing"
)

// The module itself is in order.

func TestLayers(t *testing.T) {
	dir, module := root(t)
	sources := load(t, dir)
	report(t, places(sources, table()))
	for _, s := range sources {
		report(t, arrows(s, module, table()))
	}
}

func TestHabits(t *testing.T) {
	dir, _ := root(t)
	for _, s := range load(t, dir) {
		report(t, outside(s, table()))
		report(t, habits(s, table()))
	}
}

func TestBudgets(t *testing.T) {
	dir, module := root(t)
	sources := load(t, dir)
	report(t, packages(sources, module))
	for _, s := range sources {
		report(t, files(s))
	}
}

func report(t *testing.T, found []finding) {
	t.Helper()
	for _, f := range found {
		t.Error(f)
	}
}
