package logging

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// TestAddressesAreStruckOutAnywhere puts addresses into every kind of field but the one that is for them.
func TestAddressesAreStruckOutAnywhere(t *testing.T) {
	stringer := fmt.Errorf("uid=1: %w", errors.New("mail=ana@acme.example,ou=people"))
	for way, write := range map[string]func(*zap.Logger){
		"message":          func(l *zap.Logger) { l.Info("invited ana@acme.example (again)") },
		"string":           func(l *zap.Logger) { l.Info("m", zap.String("detail", "no account of ana@acme.example: refused")) },
		"error":            func(l *zap.Logger) { l.Info("m", zap.Error(stringer)) },
		"list of errors":   func(l *zap.Logger) { l.Info("m", zap.Errors("all", []error{stringer, stringer})) },
		"bytes":            func(l *zap.Logger) { l.Info("m", zap.ByteString("b", []byte("<ana@acme.example>"))) },
		"map":              func(l *zap.Logger) { l.Info("m", zap.Any("map", map[string]int{"ana@acme.example": 1})) },
		"struct":           func(l *zap.Logger) { l.Info("m", zap.Any("s", struct{ To []string }{[]string{"ana@acme.example"}})) },
		"With":             func(l *zap.Logger) { l.With(zap.String("to", "ana@acme.example")).Info("m") },
		"name of a logger": func(l *zap.Logger) { l.Named("ana@acme.example").Info("m") },
		"key":              func(l *zap.Logger) { l.Info("m", zap.Bool("ana@acme.example", true)) },
		"namespace":        func(l *zap.Logger) { l.Info("m", zap.Namespace("n"), zap.String("x", "ana@acme.example")) },
		"object": func(l *zap.Logger) {
			l.Info("m", zap.Object("o", zapcore.ObjectMarshalerFunc(func(e zapcore.ObjectEncoder) error {
				e.AddString("to", "ana@acme.example")
				return nil
			})))
		},
		"in a URL": func(l *zap.Logger) {
			l.Info("m", zap.String("u", `https://x.test/?q=IN+%28%22ana%40acme.example%22%29`))
		},
		"behind a line break": func(l *zap.Logger) { l.Info("m", zap.String("t", "first:\nana@acme.example\tlast")) },
		"behind a backslash":  func(l *zap.Logger) { l.Info("m", zap.String("t", "ACME\\ana@acme.example")) },
		"behind a control":    func(l *zap.Logger) { l.Info("m", zap.String("t", "\x01ana@acme.example")) },
		"with an apostrophe":  func(l *zap.Logger) { l.Info("m", zap.String("t", "o'ana@acme.example")) },
		"with letters":        func(l *zap.Logger) { l.Info("m", zap.String("t", "józef.ana@acme.example")) },
		"two in a row":        func(l *zap.Logger) { l.Info("m", zap.String("t", "ana@acme.example,ana@acme.example")) },
	} {
		for _, format := range []string{"json", "console"} {
			log, out := newLogger(t, Config{Level: "debug", Format: format})
			write(log)
			line := out.String()
			if strings.Contains(line, "ana") || strings.Contains(line, "acme.example") || !strings.Contains(line, struck) {
				t.Errorf("%s, %s: want the address struck out of %s", way, format, line)
			}
			if format == "json" && !json.Valid(out.Bytes()) || strings.Count(line, "\n") != 1 {
				t.Errorf("%s, %s: it is not one line of the format: %s", way, format, line)
			}
		}
	}
}

// TestOtherTextStays guards what only looks a little like an address.
func TestOtherTextStays(t *testing.T) {
	log, out := newLogger(t, Config{Level: "info", Format: "json"})
	log.Info("waiting", zap.String("schedule", "@hourly"), zap.String("path", `C:\x`), zap.String("at", "5 @ 6"), zap.Int("n", 1))
	for _, want := range []string{`"schedule":"@hourly"`, `"path":"C:\\x"`, `"at":"5 @ 6"`, `"n":1`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%s is missing in %s", want, out)
		}
	}
}

func TestFaultOfTheWriterIsToldOf(t *testing.T) {
	full := errors.New("disk full")
	if n, err := newCensor(zapcore.AddSync(failing{full})).Write([]byte("ana@acme.example\n")); n != 0 || !errors.Is(err, full) {
		t.Errorf("%d bytes, error %v; want none and that of the writer", n, err)
	}
}

type failing struct{ error }

func (f failing) Write([]byte) (int, error) { return 0, f.error }

// FuzzCensor wants no line spoilt and no address left.
func FuzzCensor(f *testing.F) {
	f.Add("\n\\ana@acme.example\"", "detail")
	f.Add("a@b", "\u2028@x")
	f.Add("%40a@%40", "@")
	f.Fuzz(func(t *testing.T, text, key string) {
		log, out := newLogger(t, Config{Level: "info", Format: "json"})
		log.Info(text, zap.String(key, text), zap.String("to", "("+text+")ana@acme.example"))
		if strings.Contains(out.String(), "ana@acme.example") || !json.Valid(out.Bytes()) {
			t.Errorf("%q", out)
		}
	})
}
