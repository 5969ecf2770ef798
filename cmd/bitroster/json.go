package main

import "encoding/json"

// asJSON prints an answer for programs.
func (p *program) asJSON(v any) error {
	encoder := json.NewEncoder(p.out)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// orEmpty gives a list that is written as a list where it has no element, and not as null: scripts go through it.
func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
