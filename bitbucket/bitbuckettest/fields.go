package bitbuckettest

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"
)

// field is one item of the query parameter fields: "a.b" keeps only what is named, "+a.b" adds, "-a.b" removes. "*"
// stands for any one name.
type field struct {
	sign byte // 0, '+' or '-'
	path []string
}

// parseFields reads the query parameter fields.
func parseFields(value string) ([]field, error) {
	var fields []field
	for item := range strings.SplitSeq(value, ",") {
		if strings.Contains(item, " ") {
			return nil, errors.New("the parameter fields has a blank in it: send + as %2B")
		}
		parsed := field{}
		if strings.HasPrefix(item, "+") || strings.HasPrefix(item, "-") {
			parsed.sign, item = item[0], item[1:]
		}
		parsed.path = strings.Split(item, ".")
		if slices.ContainsFunc(parsed.path, func(part string) bool { return !isFieldName(part) }) {
			return nil, errors.New("the parameter fields cannot be read")
		}
		fields = append(fields, parsed)
	}
	return fields, nil
}

// isFieldName says whether a part of a path is "*" or made of lower-case letters, digits and underscores.
func isFieldName(part string) bool {
	return part == "*" || part != "" && strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// asks says whether a request names a field, with or without a plus.
func (c *call) asks(path string) bool {
	fields, err := parseFields(c.query.Get("fields"))
	return err == nil && slices.ContainsFunc(fields, func(f field) bool {
		return f.sign != '-' && strings.Join(f.path, ".") == path
	})
}

// filterFields applies the parameter fields to an answer. What a plus adds, the handler has put in already.
func filterFields(c *call, a answer) answer {
	if !c.query.Has("fields") || a.body == nil || a.status != http.StatusOK {
		return a
	}
	fields, err := parseFields(c.query.Get("fields"))
	if err != nil {
		return a // checkQuery has refused it
	}
	encoded, err := json.Marshal(a.body)
	if err != nil {
		return a
	}
	var tree any
	if json.Unmarshal(encoded, &tree) != nil {
		return a
	}
	a.body = prune(tree, fields)
	return a
}

// prune gives what the fields leave of a tree.
func prune(tree any, fields []field) any {
	if slices.ContainsFunc(fields, func(f field) bool { return f.sign == 0 }) {
		tree = keep(tree, pathsOf(fields, func(f field) bool { return f.sign != '-' }))
	}
	return remove(tree, pathsOf(fields, func(f field) bool { return f.sign == '-' }))
}

func pathsOf(fields []field, want func(field) bool) [][]string {
	var paths [][]string
	for _, f := range fields {
		if want(f) {
			paths = append(paths, f.path)
		}
	}
	return paths
}

// below gives what is left of the paths that go through a name, and whether one ends there.
func below(paths [][]string, name string) (rest [][]string, ends bool) {
	for _, path := range paths {
		if path[0] != "*" && path[0] != name {
			continue
		}
		if len(path) == 1 {
			ends = true
			continue
		}
		rest = append(rest, path[1:])
	}
	return rest, ends
}

// keep gives only what the paths lead to. Paths go through arrays as if these were not there.
func keep(tree any, paths [][]string) any {
	switch node := tree.(type) {
	case map[string]any:
		kept := map[string]any{}
		for name, value := range node {
			rest, ends := below(paths, name)
			if ends {
				kept[name] = value
			} else if len(rest) > 0 {
				kept[name] = keep(value, rest)
			}
		}
		return kept
	case []any:
		for i := range node {
			node[i] = keep(node[i], paths)
		}
	}
	return tree
}

// remove gives all but what the paths lead to.
func remove(tree any, paths [][]string) any {
	switch node := tree.(type) {
	case map[string]any:
		for name, value := range node {
			rest, ends := below(paths, name)
			if ends {
				delete(node, name)
			} else if len(rest) > 0 {
				node[name] = remove(value, rest)
			}
		}
	case []any:
		for i := range node {
			node[i] = remove(node[i], paths)
		}
	}
	return tree
}
