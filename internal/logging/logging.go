// Package logging makes the program's logger.
package logging

import (
	"fmt"
	"io"
	"slices"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"bitroster/internal/settings"
)

// Config says how much is logged, and in which form.
type Config struct {
	Level  string `mapstructure:"level"`
	Format string `mapstructure:"format"`
	// Addresses false strikes people's addresses out of the log.
	Addresses bool `mapstructure:"addresses"`
}

// AddressKey is the one key under which people's addresses are logged.
const AddressKey = "email"

// Validate reports every fault.
func (c Config) Validate() settings.Faults {
	var faults settings.Faults
	// zap knows levels above error, too, with which nothing would ever be logged.
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.Level) {
		faults.Add("level", "one of debug, info, warn, error", "%q is not a level", c.Level)
	}
	if c.Format != "json" && c.Format != "console" {
		faults.Add("format", "one of json, console", "%q is not a format", c.Format)
	}
	return faults
}

// New makes a logger that writes to w, without sampling: no line is left out.
func New(c Config, w io.Writer) (*zap.Logger, error) {
	level, err := zapcore.ParseLevel(c.Level)
	if err != nil {
		return nil, fmt.Errorf("log level: %w", err)
	}
	settings := zap.NewProductionEncoderConfig()
	settings.EncodeTime = zapcore.ISO8601TimeEncoder
	encoder := zapcore.NewJSONEncoder(settings)
	if c.Format == "console" {
		encoder = zapcore.NewConsoleEncoder(settings)
	}
	out := zapcore.AddSync(w)
	if c.Addresses {
		return zap.New(zapcore.NewCore(encoder, zapcore.Lock(out), level)), nil
	}
	return zap.New(discreet{zapcore.NewCore(encoder, zapcore.Lock(newCensor(out)), level)}), nil
}

// struck stands where an address was.
const struck = "[struck out]"

// discreet strikes out what stands under AddressKey, whatever it looks like.
type discreet struct{ zapcore.Core }

func (d discreet) With(fields []zapcore.Field) zapcore.Core {
	return discreet{d.Core.With(struckOut(fields))}
}

func (d discreet) Check(entry zapcore.Entry, checked *zapcore.CheckedEntry) *zapcore.CheckedEntry {
	if d.Enabled(entry.Level) {
		return checked.AddCore(entry, d)
	}
	return checked
}

func (d discreet) Write(entry zapcore.Entry, fields []zapcore.Field) error {
	return d.Core.Write(entry, struckOut(fields))
}

func struckOut(fields []zapcore.Field) []zapcore.Field {
	result := make([]zapcore.Field, len(fields))
	for i, field := range fields {
		if field.Key == AddressKey {
			field = zap.String(AddressKey, struck)
		}
		result[i] = field
	}
	return result
}
