package app

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"bitroster/bitbucket"
	"bitroster/internal/config"
	"bitroster/internal/settings"
	"bitroster/sync/reconcile"
)

// SettingsError is a config that refers to what is not there, or cannot be used: a secret, or a file of authorities. It says all that is
// missing, one to a line, each with its place in the config.
type SettingsError struct{ error }

// Unwrap gives what is missing.
func (e SettingsError) Unwrap() error { return e.error }

// Ready looks whether all that the config refers to is there, and can be used. It asks no server. The error is a
// SettingsError.
func Ready(cfg config.Config, secrets settings.Secrets) error {
	_, err := gather(cfg, secrets)
	return err
}

// gathered is what a config refers to, opened: the sources with their secrets, and for each workspace its admission.
type gathered struct {
	sources    []reconcile.Named
	admissions []admission
}

// admission is what a workspace is asked with. Without roots those of the system are believed.
type admission struct {
	keys  []bitbucket.Key
	roots *x509.CertPool
}

func gather(cfg config.Config, secrets settings.Secrets) (gathered, error) {
	var all gathered
	var missing []error
	for i, source := range cfg.Sources {
		opened, err := source.Settings.Open(secrets)
		if err != nil {
			missing = append(missing, fmt.Errorf("sources[%d] (%s): %w%s", i, source.Name, err, hint(err)))
		}
		all.sources = append(all.sources, reconcile.Named{Name: source.Name, Source: opened})
	}
	for i, w := range cfg.Workspaces {
		admitted, errs := admit(w, secrets)
		for _, err := range errs {
			missing = append(missing, fmt.Errorf("workspaces[%d].%w%s", i, err, hint(err)))
		}
		all.admissions = append(all.admissions, admitted)
	}
	if len(missing) > 0 {
		return all, SettingsError{errors.Join(missing...)}
	}
	return all, nil
}

func admit(w config.Workspace, secrets settings.Secrets) (admission, []error) {
	var a admission
	var errs []error
	for i, credential := range w.Credentials {
		key, err := credential.Open(secrets)
		if err != nil {
			errs = append(errs, fmt.Errorf("credentials[%d]: %w", i, err))
		}
		a.keys = append(a.keys, key)
	}
	roots, err := authorities(w.CAFile)
	if err != nil {
		errs = append(errs, fmt.Errorf("ca_file: %w", err))
	}
	a.roots = roots
	return a, errs
}

// hint is what to try where a file cannot be read; "" where the error says it itself.
func hint(err error) string {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ": make the file, or correct its path"
	case errors.Is(err, fs.ErrPermission):
		return ": let the user read it who runs bitroster"
	}
	return ""
}

// authorities reads a PEM file; nil, which stands for the system's, where none is named.
func authorities(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil //nolint:nilnil // nil is a pool
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s has no certificate in PEM form", file)
	}
	return pool, nil
}
