package config

import (
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"

	"bitroster/internal/settings"
)

// decode fills target, strictly: a number is no text, a text no list.
func (d *decoder) decode(path string, raw map[string]any, target any) {
	decoder, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{
		Result: target, DecodeHook: strict,
		MatchName: func(key, field string) bool { return key == field },
	})
	if err == nil {
		err = decoder.Decode(raw)
	}
	d.explain(path, err)
}

// explain turns the decoder's errors, a tree of them, into faults.
func (d *decoder) explain(path string, err error) {
	if err == nil {
		return
	}
	fault, misfits := errors.Unwrap(err).(misfit) //nolint:errorlint // one level at a time
	switch wrapped := err.(type) {                //nolint:errorlint // one level at a time
	case *mapstructure.DecodeError:
		if misfits {
			d.fault(settings.Join(path, wrapped.Name()), fault.hint, "%s", fault.problem)
			return
		}
		d.explain(path, wrapped.Unwrap())
	case interface{ Unwrap() []error }:
		for _, part := range wrapped.Unwrap() {
			d.explain(path, part)
		}
	case interface{ Unwrap() error }:
		d.explain(path, wrapped.Unwrap())
	default:
		d.fault(path, "", "it cannot be read")
	}
}

// misfit is a value of the wrong kind. It never repeats the value, which may be a secret in the wrong place.
type misfit struct{ problem, hint string }

func (m misfit) Error() string { return m.problem }

// strict is asked about each value before it is decoded.
func strict(from, to reflect.Value) (any, error) {
	value := from.Interface()
	if to.Type() == reflect.TypeFor[time.Duration]() {
		return duration(value)
	}
	switch kind, got := to.Kind(), from.Kind(); kind {
	case reflect.Int:
		return whole(value)
	case reflect.Struct:
		if got != reflect.Map {
			return nil, misfit{problem: "want keys and values, not " + nameOf(value)}
		}
	case reflect.Slice:
		if got != reflect.Slice {
			fault := misfit{problem: "want a list, not " + nameOf(value), hint: "write [a, b], or begin each element with a dash"}
			if to.Type().Elem().Kind() == reflect.Struct {
				fault.hint = "begin each element with a dash"
			}
			return nil, fault
		}
	case reflect.Bool:
		if got != reflect.Bool {
			return nil, misfit{problem: "want true or false, not " + nameOf(value)}
		}
	case reflect.String:
		return text(value, to.Type())
	}
	return value, nil
}

func text(value any, to reflect.Type) (any, error) {
	if text, isText := value.(string); isText {
		return text, nil
	}
	if to == reflect.TypeFor[settings.Reference]() {
		return nil, misfit{problem: "want a reference to the secret, not " + nameOf(value), hint: "file:/path, env:NAME or cred:NAME"}
	}
	fault := misfit{problem: "want a text, not " + nameOf(value)}
	switch value.(type) {
	case map[string]any, []any:
	default:
		fault.hint = "put it in quotes"
	}
	return nil, fault
}

// whole accepts whole numbers only; a fraction would be cut off, and too large a number would become another.
func whole(value any) (any, error) {
	const problem = "want a whole number, not "
	switch value := value.(type) {
	case int:
		return value, nil
	case uint64:
		return nil, misfit{problem: "the number is too large"}
	case float64:
		if math.Abs(value) >= math.MaxInt64 {
			return nil, misfit{problem: "the number is too large"}
		}
		return nil, misfit{problem: problem + "one with a point or an exponent"}
	case string:
		fault := misfit{problem: problem + "a text"}
		if _, err := strconv.Atoi(value); err == nil {
			fault.hint = "leave out the quotes"
		}
		return nil, fault
	}
	return nil, misfit{problem: problem + nameOf(value)}
}

// duration reads "90s", "12h", and "14d" for days. A bare number is refused, but for 0: nobody can tell its unit.
func duration(value any) (any, error) {
	const example = "a duration such as 90s, 12h or 14d"
	if value == 0 {
		return time.Duration(0), nil
	}
	text, isText := value.(string)
	if !isText {
		fault := misfit{problem: "want " + example + ", not " + nameOf(value)}
		if _, isNumber := value.(int); isNumber {
			fault.hint = "say its unit"
		}
		return nil, fault
	}
	if number, found := strings.CutSuffix(text, "d"); found {
		const day, most = 24 * time.Hour, int(math.MaxInt64 / (24 * time.Hour))
		days, err := strconv.Atoi(number)
		if err == nil && -most <= days && days <= most {
			return time.Duration(days) * day, nil
		}
	}
	parsed, err := time.ParseDuration(text)
	if err != nil {
		return nil, misfit{problem: fmt.Sprintf("%q is not %s", text, example)}
	}
	return parsed, nil
}

// nameOf names the kind of a value of the file.
func nameOf(value any) string {
	switch value.(type) {
	case nil:
		return "nothing"
	case string:
		return "a text"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any, map[any]any:
		return "keys and values"
	case time.Time:
		return "a date"
	}
	return "a number"
}
