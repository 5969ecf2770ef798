package logging

import (
	"regexp"

	"go.uber.org/zap/zapcore"
)

// censor strikes out everything that looks like an address, also escaped as in a URL: in messages, in the texts of errors,
// in DNs, in any field. It reads whole encoded lines, so that no kind of field is forgotten.
type censor struct {
	zapcore.WriteSyncer
	address *regexp.Regexp
}

func newCensor(w zapcore.WriteSyncer) censor {
	// An escape of JSON that stands before an address, such as \n, is no part of it and must stay whole. An address in quotes
	// begins with one.
	const escape, part, at = `(\\(?:u[0-9a-fA-F]{4}|[^u]))`, `[^\s"<>(),;:\\]`, `(?:@|%40)`
	return censor{w, regexp.MustCompile("(?:" + escape + part + "*|" + part + "+)" + at + part + "+")}
}

// Write writes one line.
func (c censor) Write(line []byte) (int, error) {
	if _, err := c.WriteSyncer.Write(c.address.ReplaceAll(line, []byte("${1}"+struck))); err != nil {
		return 0, err
	}
	return len(line), nil
}
