// Package settings holds the few words that every configurable package needs: faults with a place, and secrets that
// cannot be printed.
package settings

import (
	"fmt"
	"slices"
	"strings"
)

// Fault is one thing wrong in a config: where (a path such as "sources[1].user_search.filter"), what, and what to try.
type Fault struct {
	Path    string
	Problem string
	Hint    string
}

// String gives "path: problem (hint)".
func (f Fault) String() string {
	text := f.Problem
	if f.Path != "" {
		text = f.Path + ": " + text
	}
	if f.Hint != "" {
		text += " (" + f.Hint + ")"
	}
	return text
}

// Faults are all faults of a config at once. As an error it prints one a line.
type Faults []Fault

// Error lists the faults, one a line.
func (f Faults) Error() string {
	lines := make([]string, len(f))
	for i, fault := range f {
		lines[i] = fault.String()
	}
	return strings.Join(lines, "\n")
}

// Add appends a fault; format and args make its problem.
func (f *Faults) Add(path, hint, format string, args ...any) {
	*f = append(*f, Fault{Path: path, Problem: fmt.Sprintf(format, args...), Hint: hint})
}

// Under appends faults of a part, their paths put below prefix.
func (f *Faults) Under(prefix string, part Faults) {
	for _, fault := range part {
		fault.Path = Join(prefix, fault.Path)
		*f = append(*f, fault)
	}
}

// Join puts a path below another: "a" and "b" make "a.b", "a" and "[0]" make "a[0]".
func Join(prefix, path string) string {
	if prefix == "" || path == "" || strings.HasPrefix(path, "[") {
		return prefix + path
	}
	return prefix + "." + path
}

// Nearest finds the known word that an unknown one was probably meant to be: the one with the fewest edits, where they
// are few for its length; "" where there is none. Upper and lower case do not count.
func Nearest(word string, known []string) string {
	best, least := "", min(max(2, len(word)/3)+1, len(word)) // as many edits as letters leave nothing of the word
	for _, candidate := range slices.Sorted(slices.Values(known)) {
		if d := distance(strings.ToLower(word), strings.ToLower(candidate)); d < least {
			best, least = candidate, d
		}
	}
	return best
}

// distance counts the insertions, deletions and substitutions between two words (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost = 1 + min(diagonal, row[j], row[j+1])
			}
			diagonal, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
