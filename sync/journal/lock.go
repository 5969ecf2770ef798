package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// ErrLocked is what Lock gives when another process acts on the workspace.
var ErrLocked = errors.New("another bitroster is at work on this workspace")

const (
	// waitForLock bounds the wait for another process that opens the journal.
	waitForLock = 30 * time.Second
	lockPause   = 20 * time.Millisecond
)

// Lock makes this process the only one that acts on the workspace, until release is called or the process ends, however
// it ends. It does not wait: who comes second gets ErrLocked.
func (j *Journal) Lock(ctx context.Context, workspace string) (release func(), err error) {
	release, err = j.lockFile(ctx, "workspace-"+workspace, 0)
	if err != nil {
		return nil, fmt.Errorf("workspace %s: %w", workspace, err)
	}
	return release, nil
}

func (j *Journal) locks() string { return j.path + ".locks" }

// lockFile takes an advisory lock (flock(2)) on a file beside the journal, and waits for it at most so long.
func (j *Journal) lockFile(ctx context.Context, name string, wait time.Duration) (func(), error) {
	path := filepath.Join(j.locks(), name+".lock")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	deadline := time.Now().Add(wait)
	for {
		err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			break
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) || !time.Now().Before(deadline) {
			return nil, errors.Join(lockError(path, err), file.Close())
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), file.Close())
		case <-time.After(lockPause):
		}
	}
	// The number in the file only serves the message of who comes second.
	_ = file.Truncate(0)
	_, _ = fmt.Fprintln(file, os.Getpid())
	return func() { _ = file.Close() }, nil
}

func lockError(path string, err error) error {
	if !errors.Is(err, syscall.EWOULDBLOCK) {
		return fmt.Errorf("locking %s: %w", path, err)
	}
	holder, _ := os.ReadFile(path)
	return fmt.Errorf("%w (process %s): wait until it is done, or stop it", ErrLocked, strings.TrimSpace(string(holder)))
}
