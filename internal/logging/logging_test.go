package logging

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
)

const address = "ana@acme.example"

func newLogger(t *testing.T, c Config) (*zap.Logger, *bytes.Buffer) {
	t.Helper()
	var out bytes.Buffer
	log, err := New(c, &out)
	if err != nil {
		t.Fatal(err)
	}
	return log, &out
}

// ways are the ways in which an address comes into a line.
func ways() map[string]func(*zap.Logger) {
	field := zap.String(AddressKey, address)
	return map[string]func(*zap.Logger){
		"field":               func(l *zap.Logger) { l.Info("step", zap.Int("n", 1), field) },
		"With":                func(l *zap.Logger) { l.With(zap.Int("n", 1), field).Info("step") },
		"With twice":          func(l *zap.Logger) { l.With(zap.Int("n", 1)).With(field).Info("step") },
		"With and field":      func(l *zap.Logger) { l.With(field).Info("step", zap.Int("n", 1), field) },
		"WithLazy":            func(l *zap.Logger) { l.WithLazy(zap.Int("n", 1), field).Info("step") },
		"behind a namespace":  func(l *zap.Logger) { l.Info("step", zap.Int("n", 1), zap.Namespace("person"), field) },
		"below a named one":   func(l *zap.Logger) { l.Named("pass").With(field).Info("step", zap.Int("n", 1)) },
		"of another kind":     func(l *zap.Logger) { l.Info("step", zap.Int("n", 1), zap.Strings(AddressKey, []string{address})) },
		"by a sugared logger": func(l *zap.Logger) { l.Sugar().Infow("step", "n", 1, AddressKey, address) },
		"checked first":       func(l *zap.Logger) { l.Check(zap.InfoLevel, "step").Write(zap.Int("n", 1), field) },
	}
}

func TestAddressesAreStruckOut(t *testing.T) {
	for _, format := range []string{"json", "console"} {
		for way, write := range ways() {
			log, out := newLogger(t, Config{Level: "info", Format: format})
			write(log)
			text := strings.ReplaceAll(out.String(), `": `, `":`)
			if strings.Contains(text, address) {
				t.Errorf("%s, %s: the address stands in %s", format, way, text)
			}
			if !strings.Contains(text, `"email":"[struck out]"`) || !strings.Contains(text, "step") || !strings.Contains(text, `"n":1`) {
				t.Errorf("%s, %s: more than the address is struck out of %s", format, way, text)
			}
		}
	}
}

func TestAddressesStayWhereTheyMay(t *testing.T) {
	for _, format := range []string{"json", "console"} {
		for way, write := range ways() {
			log, out := newLogger(t, Config{Level: "info", Format: format, Addresses: true})
			write(log)
			if !strings.Contains(out.String(), address) {
				t.Errorf("%s, %s: the address is missing in %s", format, way, out)
			}
		}
	}
}

// The caller's fields belong to the caller.
func TestStrikingOutLeavesTheFieldsOfTheCallerAlone(t *testing.T) {
	log, _ := newLogger(t, Config{Level: "info", Format: "json"})
	fields := []zap.Field{zap.String(AddressKey, address)}
	log.Info("step", fields...)
	log.With(fields...).Info("step")
	if fields[0].String != address {
		t.Errorf("the field is %q now", fields[0].String)
	}
}

func TestNoLineIsLeftOut(t *testing.T) {
	const writers, each = 4, 2500
	for _, addresses := range []bool{true, false} {
		log, out := newLogger(t, Config{Level: "info", Format: "json", Addresses: addresses})
		var group sync.WaitGroup
		write := func() {
			for range each {
				log.Info("step", zap.String("rule", "staff"))
			}
		}
		for range writers {
			group.Go(write)
		}
		group.Wait()
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != writers*each {
			t.Errorf("addresses %t: %d lines, want %d", addresses, len(lines), writers*each)
		}
		for _, line := range lines {
			if !json.Valid([]byte(line)) {
				t.Fatalf("addresses %t: %q is not JSON", addresses, line)
			}
		}
	}
}

func TestLine(t *testing.T) {
	log, out := newLogger(t, Config{Level: "info", Format: "json"})
	log.Error("pass failed", zap.Error(errors.New("no answer")), zap.Duration("after", 90*time.Second))
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	stamp, _ := line["ts"].(string)
	if _, err := time.Parse("2006-01-02T15:04:05.000Z0700", stamp); err != nil {
		t.Errorf("time %q: %v", stamp, err)
	}
	delete(line, "ts")
	want := map[string]any{"level": "error", "msg": "pass failed", "error": "no answer", "after": 90.0}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Errorf("line (-want +got):\n%s", diff)
	}
}

func TestLevels(t *testing.T) {
	levels := []string{"debug", "info", "warn", "error"}
	for i, level := range levels {
		for _, addresses := range []bool{true, false} {
			log, out := newLogger(t, Config{Level: level, Format: "json", Addresses: addresses})
			log.Debug("debug")
			log.Info("info")
			log.Warn("warn")
			log.Error("error")
			if diff := cmp.Diff(levels[i:], messages(t, out)); diff != "" {
				t.Errorf("%s, addresses %t (-want +got):\n%s", level, addresses, diff)
			}
		}
	}
}

func messages(t *testing.T, out *bytes.Buffer) []string {
	t.Helper()
	var messages []string
	for line := range strings.Lines(out.String()) {
		var entry struct{ Msg string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatal(err)
		}
		messages = append(messages, entry.Msg)
	}
	return messages
}

func TestValidate(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Level: "debug", Format: "json"}, ""},
		{Config{Level: "error", Format: "console"}, ""},
		{Config{Level: "loud", Format: "xml"}, "level: \"loud\" is not a level (one of debug, info, warn, error)\n" +
			"format: \"xml\" is not a format (one of json, console)"},
		{Config{Level: "fatal", Format: "json"}, `level: "fatal" is not a level (one of debug, info, warn, error)`},
		{Config{Level: "INFO", Format: "json"}, `level: "INFO" is not a level (one of debug, info, warn, error)`},
		{Config{Format: "json"}, `level: "" is not a level (one of debug, info, warn, error)`},
	} {
		if diff := cmp.Diff(c.want, c.config.Validate().Error()); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.config, diff)
		}
	}
}

func TestNewRefusesALevel(t *testing.T) {
	if _, err := New(Config{Level: "loud", Format: "json"}, &bytes.Buffer{}); err == nil || !strings.HasPrefix(err.Error(), "log level: ") {
		t.Errorf("error %v, want one about the log level", err)
	}
}
