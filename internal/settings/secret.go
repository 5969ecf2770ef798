package settings

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// redacted is what every printing method of a Secret gives.
const redacted = "[redacted]"

// Secret is a password or token. Every way of printing it gives a mark instead; string(s) is for the one place that
// sends it.
//
// The language lets no method guard these, so do not do them: print a struct that holds a Secret in an unexported field,
// print one with a verb that does not fit (%p, %w, or %s for a pointer inside a map or slice; go vet finds most), or use
// one as the key of a map that becomes JSON.
type Secret string

// String gives a mark.
func (Secret) String() string { return redacted }

// GoString gives a mark.
func (Secret) GoString() string { return redacted }

// Format gives a mark for every verb that fmt hands over, which is all but %T, %p and a misplaced %w.
func (Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalText gives a mark, so that JSON and YAML do, too.
func (Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Reference says where a secret is kept: "file:/path", "env:NAME", or "cred:NAME" for a systemd credential
// (systemd.exec(5), LoadCredential=). It is not itself secret.
type Reference string

// Validate reports a reference that cannot be one; a literal secret is refused without being repeated.
func (r Reference) Validate() error {
	scheme, name, found := strings.Cut(string(r), ":")
	if !found || name == "" {
		return errors.New("want a reference to the secret, not the secret itself: file:/path, env:NAME or cred:NAME")
	}
	switch scheme {
	case "env":
		return nil
	case "file":
		if !filepath.IsAbs(name) {
			return fmt.Errorf("file:%s is not an absolute path", name)
		}
		return nil
	case "cred":
		if strings.ContainsAny(name, "/\\") || name == "." || name == ".." {
			return fmt.Errorf("cred:%s is not the name of a credential", name)
		}
		return nil
	}
	return errors.New("unknown kind of secret reference: want file:/path, env:NAME or cred:NAME")
}

// Secrets resolves references. Getenv is the environment.
type Secrets struct {
	Getenv func(string) string
}

// maxSecret bounds what is read of a secret's file, in bytes.
const maxSecret = 64 << 10

// Resolve reads the secret; the line break at its end is dropped. An empty secret is an error.
func (s Secrets) Resolve(r Reference) (Secret, error) {
	if err := r.Validate(); err != nil {
		return "", err
	}
	scheme, name, _ := strings.Cut(string(r), ":")
	switch scheme {
	case "env":
		return nonEmpty(r, s.Getenv(name), "set the variable")
	case "cred":
		dir := s.Getenv("CREDENTIALS_DIRECTORY")
		if dir == "" {
			return "", fmt.Errorf("secret %s: no CREDENTIALS_DIRECTORY: not started by systemd with LoadCredential=%s", r, name)
		}
		name = filepath.Join(dir, name)
	}
	text, err := readSecret(name)
	if err != nil {
		return "", fmt.Errorf("secret %s: %w", r, err)
	}
	return nonEmpty(r, text, "write the secret into it")
}

func readSecret(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close() //nolint:errcheck // read only
	text, err := io.ReadAll(io.LimitReader(file, maxSecret+1))
	if err == nil && len(text) > maxSecret {
		err = fmt.Errorf("longer than %d bytes", maxSecret)
	}
	return string(text), err
}

func nonEmpty(r Reference, text, hint string) (Secret, error) {
	text = strings.TrimRight(text, "\r\n")
	if text == "" {
		return "", fmt.Errorf("secret %s is empty: %s", r, hint)
	}
	return Secret(text), nil
}
