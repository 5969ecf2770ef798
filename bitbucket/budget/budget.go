// Package budget bounds what is spent in any span of time: requests in an hour, invitations in a minute.
package budget

import (
	"context"
	"time"
)

// Window is a bound on how much passes in any span of time. Its name says of whom and of what.
type Window struct {
	Name string
	Most int
	Span time.Duration
}

// Store remembers what was spent, so that the bounds hold for all workspaces and processes that share a credential, and
// across restarts.
type Store interface {
	// Reserve takes a place in each of the windows, and gives the time from which it may be used: now or later. Places
	// are given in the order in which they are asked for.
	Reserve(ctx context.Context, windows []Window) (time.Time, error)
	// Room gives the time from which Reserve would give a place now, and takes none.
	Room(ctx context.Context, windows []Window) (time.Time, error)
	// CloseWindow lets nothing pass a window before a time: the server has said so.
	CloseWindow(ctx context.Context, window string, until time.Time) error
	// Correct says that the server leaves only so many for now: somebody else spends, too.
	Correct(ctx context.Context, window Window, remaining int) error
}
