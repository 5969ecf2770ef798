package config

import (
	"cmp"
	"slices"
	"strings"

	"bitroster/internal/settings"
)

// spoilt are the paths at which the file could not be read. What is wrong with the values there is no news: one cause
// makes one fault.
type spoilt []string

// covers reports whether a fault at a path follows from one that is known: it is at, in, or round a spoilt place. Round
// means as far as the element of a list, because an element is one of several.
func (s spoilt) covers(path string) bool {
	return slices.ContainsFunc(s, func(place string) bool {
		return within(path, place) || within(place, path) && !strings.Contains(place[len(path):], "[")
	})
}

// touches reports whether a setting directly in a place is spoilt.
func (s spoilt) touches(path string) bool {
	return slices.ContainsFunc(s, func(place string) bool {
		return within(place, path) && direct(strings.TrimPrefix(place[len(path):], "."))
	})
}

// keep gives the faults that do not follow from a known one.
func (s spoilt) keep(faults settings.Faults) settings.Faults {
	return slices.DeleteFunc(faults, func(f settings.Fault) bool { return s.covers(f.Path) })
}

// within reports whether a path is another or lies below it.
func within(path, above string) bool {
	rest, found := strings.CutPrefix(path, above)
	return found && (rest == "" || above == "" || rest[0] == '.' || rest[0] == '[')
}

// direct reports whether a path is one key, or an element of its list.
func direct(path string) bool { return path != "" && !strings.Contains(path, ".") }

// comparePaths orders paths so that what stands together in the file comes together, and [2] before [10].
func comparePaths(a, b string) int {
	return slices.CompareFunc(steps(a), steps(b), func(a, b string) int {
		return cmp.Or(cmp.Compare(len(a)*position(a), len(b)*position(b)), cmp.Compare(a, b))
	})
}

// steps takes a path apart: keys, and positions with their closing bracket.
func steps(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' })
}

// position is 1 for a step that is a position in a list.
func position(step string) int {
	if strings.HasSuffix(step, "]") {
		return 1
	}
	return 0
}
