//go:build unix

package csvdir

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Opening a pipe for reading would hold the daemon until someone writes into it.
func TestAPipeIsNotOpened(t *testing.T) {
	path := t.TempDir()
	check(t, syscall.Mkfifo(filepath.Join(path, "a.csv"), 0o600))
	write(t, path, "b.csv", "email\nana@example.test\n")
	f, _ := timed(t, path, nil)
	got, err := f.Read(t.Context())
	check(t, err)
	if diff := cmp.Diff([]string{"ana@example.test"}, addresses(got)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestAPipeInTheFilesPlaceDoesNotHoldTheRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	writeAt(t, path, "email\n", 0)
	f := open(t, filepath.Dir(path), nil)
	files, err := f.look()
	check(t, err)
	check(t, syscall.Unlink(path))
	check(t, syscall.Mkfifo(path, 0o600))
	_, err = slurp(path, files[0])
	var moved changed
	if !errors.As(err, &moved) {
		t.Errorf("error %v, want that a.csv changed", err)
	}
}
