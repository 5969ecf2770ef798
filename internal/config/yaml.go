package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sort"
	"strings"

	"github.com/spf13/viper"
	"go.yaml.in/yaml/v3"

	"bitroster/internal/settings"
)

// document decodes YAML for viper. It keeps the tree as it is written, because viper lower-cases every key and drops
// what is empty.
type document struct{ tree map[string]any }

// Decoder makes a document viper's only decoder.
func (d *document) Decoder(string) (viper.Decoder, error) { return d, nil }

// Decode reads the one document of the file. Its errors are settings.Faults.
func (d *document) Decode(text []byte, into map[string]any) error {
	tree, err := parse(text)
	if err != nil {
		return invalid(text, err)
	}
	if tree == nil {
		return single("the file has no settings", "begin with a copy of config.example.yaml")
	}
	settings, isMapping := plain(tree).(map[string]any)
	if !isMapping {
		return single("want keys and values at the top, not "+nameOf(tree), "such as sources: and workspaces:")
	}
	d.tree = settings
	maps.Copy(into, lowered(settings).(map[string]any))
	return nil
}

// parse gives the tree of a text, nil for one without any value.
func parse(text []byte) (any, error) {
	var node, second yaml.Node
	stream := yaml.NewDecoder(bytes.NewReader(text))
	switch err := stream.Decode(&node); {
	case errors.Is(err, io.EOF):
		return nil, nil
	case err != nil:
		return nil, err
	}
	switch err := stream.Decode(&second); {
	case err == nil:
		return nil, single("a second document begins behind a line of ---", "keep one")
	case !errors.Is(err, io.EOF):
		return nil, err
	}
	var tree any
	err := node.Decode(&tree)
	return tree, err
}

func single(problem, hint string) settings.Faults {
	return settings.Faults{{Problem: problem, Hint: hint}}
}

// plain copies a tree and makes every key a text, as YAML's 1 and true can be keys, too.
func plain(value any) any {
	switch value := value.(type) {
	case map[string]any:
		result := make(map[string]any, len(value))
		for key, item := range value {
			result[key] = plain(item)
		}
		return result
	case map[any]any:
		result := make(map[string]any, len(value))
		for key, item := range value {
			result[fmt.Sprint(key)] = plain(item)
		}
		return result
	case []any:
		result := make([]any, len(value))
		for i, item := range value {
			result[i] = plain(item)
		}
		return result
	}
	return value
}

// lowered copies a tree with its keys in lower case. viper would do so, too, but of two keys that become one it would
// take either.
func lowered(value any) any {
	switch value := value.(type) {
	case map[string]any:
		result := make(map[string]any, len(value))
		for _, key := range slices.Sorted(maps.Keys(value)) { // capitals first, so that the right one wins
			result[strings.ToLower(key)] = lowered(value[key])
		}
		return result
	case []any:
		result := make([]any, len(value))
		for i, item := range value {
			result[i] = lowered(item)
		}
		return result
	}
	return value
}

// invalid words what the YAML package says. A value is never repeated: it may be a secret that wants quotes.
func invalid(text []byte, err error) settings.Faults {
	var faults settings.Faults
	if errors.As(err, &faults) {
		return faults
	}
	var several *yaml.TypeError
	if !errors.As(err, &several) {
		problem := problemOf(err)
		fault := reworded(problem)
		fault.Path = place(text, problem)
		return settings.Faults{fault}
	}
	for _, message := range several.Errors {
		line, problem, _ := strings.Cut(message, ": ")
		fault := reworded(problem)
		fault.Path = line
		faults = append(faults, fault)
	}
	return faults
}

// problemOf is an error of the YAML package without its line, which is that of what is round the problem.
func problemOf(err error) string {
	if err == nil {
		return ""
	}
	message := strings.TrimPrefix(err.Error(), "yaml: ")
	if line, rest, found := strings.Cut(message, ": "); found && strings.HasPrefix(line, "line ") {
		return rest
	}
	return message
}

// place finds the line of a problem: the last one of the shortest beginning of the text that has the problem.
func place(text []byte, problem string) string {
	lines := bytes.SplitAfter(text, []byte("\n"))
	n := sort.Search(len(lines)-1, func(i int) bool {
		_, err := parse(bytes.Join(lines[:i+1], nil))
		return problemOf(err) == problem
	})
	return fmt.Sprintf("line %d", n+1)
}

// reworded is a message of the YAML package in our words, where its own say too much or too little.
func reworded(message string) settings.Fault {
	const quotes = "put a text with special characters in quotes"
	const write = "write the values out"
	has := func(part string) bool { return strings.Contains(message, part) }
	switch {
	case has("already defined at line"):
		message = strings.Replace(strings.TrimPrefix(message, "mapping "), " already", " is already", 1)
		return settings.Fault{Problem: "the " + message, Hint: "keep one of the two"}
	case has("unknown anchor"):
		return settings.Fault{Problem: "a value begins with *, which makes it an alias in YAML, and there is no such anchor", Hint: quotes}
	case has("contains itself"):
		return settings.Fault{Problem: "an anchor stands within itself", Hint: write}
	case has("excessive aliasing"):
		return settings.Fault{Problem: "the file has too many aliases", Hint: write}
	case has("map merge"):
		return settings.Fault{Problem: "<<: wants the alias of a mapping", Hint: write}
	case has("invalid map key"):
		return settings.Fault{Problem: "a list or a mapping stands where a key is wanted", Hint: quotes}
	case has("!!binary"), has("cannot decode"), has("`"):
		return settings.Fault{Problem: "a value does not fit the tag (!!) before it", Hint: "leave out the tag"}
	case has("cannot start any token"):
		return settings.Fault{Problem: "not valid YAML: " + message, Hint: "indent with blanks, not tabs; put a text that begins with @, % or a backquote in quotes"}
	case has("UTF-8"), has("UTF-16"), has("Unicode"), has("control characters"):
		return settings.Fault{Problem: "not valid YAML: " + message, Hint: "save the file as a text in UTF-8"}
	}
	return settings.Fault{Problem: "not valid YAML: " + message, Hint: "look at the indentation and the quotes there and just above"}
}
