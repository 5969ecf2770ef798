package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"bitroster/internal/settings"
)

// tag is the struct tag that names a setting's key.
const tag = "mapstructure"

// keys reports, all the way down, the keys of a value that its type has no field for, and the empty elements of lists.
// It sees the file as it is written: keys are lower case.
func (d *decoder) keys(path string, value any, t reflect.Type) {
	switch value := value.(type) {
	case map[string]any:
		if t.Kind() == reflect.Struct {
			d.keysOf(path, value, t)
		}
	case []any:
		if t.Kind() == reflect.Slice {
			d.elements(path, value, t.Elem())
		}
	}
}

func (d *decoder) elements(path string, list []any, t reflect.Type) {
	for i, item := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		if item == nil {
			d.fault(at, "write something behind the dash, or drop it", "the element is empty")
		}
		d.keys(at, item, t)
	}
}

func (d *decoder) keysOf(path string, mapping map[string]any, t reflect.Type) {
	fields := fieldsOf(t)
	if t == reflect.TypeFor[Source]() {
		config, found := d.registry[typeOf(mapping)]
		if !found {
			return // nobody knows which keys it may have
		}
		maps.Copy(fields, fieldsOf(reflect.TypeOf(config()).Elem()))
	}
	known := slices.Sorted(maps.Keys(fields))
	for _, key := range slices.Sorted(maps.Keys(mapping)) {
		if _, found := fields[key]; !found {
			d.unknown(path, key, mapping, known)
		}
		if field, found := fields[strings.ToLower(key)]; found {
			d.keys(settings.Join(path, key), mapping[key], field)
		}
	}
}

// unknown reports a key. What it was probably meant to be counts as given: nobody misses it besides.
func (d *decoder) unknown(path, key string, mapping map[string]any, known []string) {
	if i := slices.IndexFunc(known, func(name string) bool { return glued(key, name) }); i >= 0 {
		d.fault(settings.Join(path, known[i]), "write "+known[i]+": value", "a blank is missing behind the colon")
		return
	}
	hint := "known: " + strings.Join(known, ", ")
	if near := settings.Nearest(key, known); near != "" {
		hint = fmt.Sprintf("did you mean %q?", near)
		if _, given := mapping[near]; !given || strings.EqualFold(key, near) {
			d.spoilt = append(d.spoilt, settings.Join(path, near))
		}
	}
	d.fault(settings.Join(path, key), hint, "unknown key")
}

// glued reports whether a key is a known one with its value, which may be a secret, stuck to it: {token:value}.
func glued(key, name string) bool {
	return strings.HasPrefix(key, name+":") || strings.HasPrefix(key, name+"=")
}

// typeOf is the type that a source says it has.
func typeOf(source map[string]any) string {
	for key, value := range source {
		if name, isText := value.(string); isText && strings.EqualFold(key, "type") {
			return name
		}
	}
	return ""
}

func fieldsOf(t reflect.Type) map[string]reflect.Type {
	fields := map[string]reflect.Type{}
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get(tag); name != "" {
			fields[name] = t.Field(i).Type
		}
	}
	return fields
}
