package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/spf13/viper"

	"bitroster/internal/settings"
	"bitroster/sources"
)

// delimiter is what viper splits keys at; a dot would split the keys of a file that has dots in them.
const delimiter = "::"

// Overrides are the scalar settings that flags and the environment may set, as flag names.
func Overrides() []string { return []string{"journal-path", "log-level", "log-format"} }

// Load reads the file. Values of overrides, by flag name, win over the file's. The error is an *Error with every fault,
// or says why the file cannot be read at all.
func Load(file string, overrides map[string]string, registry sources.Registry) (Config, error) {
	raw, tree, err := read(file, overrides)
	if err != nil {
		return Config{}, err
	}
	d := decoder{registry: registry, folder: filepath.Dir(file)}
	d.keys("", tree, reflect.TypeFor[Config]())
	config := d.config(raw)
	if !filepath.IsAbs(config.Journal.Path) && config.Journal.Path != "" {
		config.Journal.Path = filepath.Join(filepath.Dir(file), config.Journal.Path)
	}
	faults := append(d.faults, d.spoilt.keep(config.validate(d.spoilt))...)
	if len(faults) > 0 {
		slices.SortStableFunc(faults, func(a, b settings.Fault) int { return comparePaths(a.Path, b.Path) })
		return Config{}, &Error{File: file, Faults: blame(faults, overrides)}
	}
	return config, nil
}

// read gives the settings as viper puts them together, and the tree of the file as it is written.
func read(file string, overrides map[string]string) (raw, tree map[string]any, err error) {
	var doc document
	reader := viper.NewWithOptions(viper.KeyDelimiter(delimiter), viper.WithDecoderRegistry(&doc))
	reader.SetConfigFile(file)
	reader.SetConfigType("yaml")
	if err := reader.ReadInConfig(); err != nil {
		var faults settings.Faults
		if errors.As(err, &faults) {
			return nil, nil, &Error{File: file, Faults: faults}
		}
		return nil, nil, fmt.Errorf("config file: %w (name the file with --config)", err)
	}
	for _, name := range Overrides() {
		if value, given := overrides[name]; given {
			reader.Set(strings.Replace(name, "-", delimiter, 1), value)
		}
	}
	return reader.AllSettings(), doc.tree, nil
}

// blame says of a fault in an override where it comes from, because it is not in the file.
func blame(faults settings.Faults, overrides map[string]string) settings.Faults {
	for i, fault := range faults {
		name := strings.Replace(fault.Path, ".", "-", 1)
		if _, given := overrides[name]; given && slices.Contains(Overrides(), name) {
			variable := "BITROSTER_" + strings.ToUpper(strings.ReplaceAll(name, "-", "_"))
			faults[i].Problem += ", as --" + name + " or " + variable + " has it"
		}
	}
	return faults
}

// decoder turns raw settings into typed ones, and collects what is wrong.
type decoder struct {
	registry sources.Registry
	folder   string // of the config file
	faults   settings.Faults
	spoilt   spoilt
}

// fault reports what cannot be read at a path, once.
func (d *decoder) fault(path, hint, format string, args ...any) {
	if slices.ContainsFunc(d.faults, func(f settings.Fault) bool { return f.Path == path }) {
		return
	}
	d.faults.Add(path, hint, format, args...)
	d.spoilt = append(d.spoilt, path)
}

func (d *decoder) config(raw map[string]any) Config {
	config := defaults()
	sourceList, workspaceList := raw["sources"], raw["workspaces"]
	delete(raw, "sources")
	delete(raw, "workspaces")
	d.decode("", raw, &config)
	for i, item := range d.list("sources", sourceList) {
		config.Sources = append(config.Sources, d.source(fmt.Sprintf("sources[%d]", i), item))
	}
	for i, item := range d.list("workspaces", workspaceList) {
		workspace := workspaceDefaults()
		d.decode(fmt.Sprintf("workspaces[%d]", i), item, &workspace)
		if workspace.CAFile != "" && !filepath.IsAbs(workspace.CAFile) {
			workspace.CAFile = filepath.Join(d.folder, workspace.CAFile)
		}
		config.Workspaces = append(config.Workspaces, workspace)
	}
	return config
}

// source decodes a source's own keys, then the rest into the settings of its type.
func (d *decoder) source(path string, raw map[string]any) Source {
	var source Source
	own := map[string]any{}
	for _, key := range []string{"name", "type"} {
		if value, given := raw[key]; given {
			own[key] = value
			delete(raw, key)
		}
	}
	d.decode(path, own, &source)
	config, known := d.registry[source.Type]
	if !known {
		d.unknownType(path+".type", source.Type)
		return source
	}
	source.Settings = config()
	d.decode(path, raw, source.Settings)
	if rooted, ok := source.Settings.(sources.Rooted); ok {
		rooted.Root(d.folder)
	}
	return source
}

func (d *decoder) unknownType(path, name string) {
	types := make([]string, 0, len(d.registry))
	for known := range d.registry {
		types = append(types, known)
	}
	slices.Sort(types)
	hint := "one of " + strings.Join(types, ", ")
	switch near := settings.Nearest(name, types); {
	case d.spoilt.covers(path):
	case name == "":
		d.fault(path, hint, "the type is missing")
	case near != "":
		d.fault(path, fmt.Sprintf("did you mean %q?", near), "%q is not a type of source", name)
	default:
		d.fault(path, hint, "%q is not a type of source", name)
	}
}

// list takes a list of mappings apart.
func (d *decoder) list(path string, raw any) []map[string]any {
	items, isList := raw.([]any)
	if raw != nil && !isList {
		d.fault(path, "begin each element with a dash", "want a list, not %s", nameOf(raw))
	}
	var list []map[string]any
	for i, item := range items {
		mapping, isMapping := item.(map[string]any)
		if !isMapping {
			d.fault(fmt.Sprintf("%s[%d]", path, i), "", "want keys and values, not %s", nameOf(item))
			mapping = map[string]any{}
		}
		list = append(list, mapping)
	}
	return list
}
