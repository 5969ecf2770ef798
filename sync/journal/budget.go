package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"bitroster/bitbucket/budget"
)

// Reserve takes a place in each of the windows, for this process and all others that share the journal.
func (j *Journal) Reserve(ctx context.Context, windows []budget.Window) (time.Time, error) {
	now := j.now()
	at := now
	err := j.transact(ctx, func(tx *sql.Tx) error {
		for _, w := range windows {
			free, err := freeAt(ctx, tx, w, now)
			if err != nil {
				return err
			}
			if free.After(at) {
				at = free
			}
		}
		for _, w := range windows {
			if err := spend(ctx, tx, w.Name, at); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("journal: budget: %w", err)
	}
	return at, nil
}

// freeAt forgets what has rolled out of a window, and says when the window has room and is open. The last of its Most
// youngest places must be a whole span away: then no span holds more than Most, whatever was taken in which order.
func freeAt(ctx context.Context, tx *sql.Tx, w budget.Window, now time.Time) (time.Time, error) {
	// A place further ahead than a span is what a clock left that was set back.
	_, err := tx.ExecContext(ctx, `DELETE FROM spent WHERE window = ? AND (at <= ? OR at > ?)`,
		w.Name, now.Add(-w.Span).UnixNano(), now.Add(w.Span).UnixNano())
	if err != nil {
		return now, err
	}
	oldest, err := optional(tx.QueryRowContext(ctx, `SELECT at FROM spent WHERE window = ? ORDER BY at DESC LIMIT 1 OFFSET ?`, w.Name, w.Most-1))
	if err != nil {
		return now, err
	}
	opens, err := optional(tx.QueryRowContext(ctx, `SELECT until FROM closed WHERE window = ?`, w.Name))
	if err != nil {
		return now, err
	}
	free := now
	if oldest != 0 {
		free = time.Unix(0, oldest).Add(w.Span)
	}
	if until := time.Unix(0, opens); until.After(free) {
		free = until
	}
	return free, nil
}

// optional reads a number, 0 where there is no row.
func optional(row *sql.Row) (int64, error) {
	var n int64
	err := row.Scan(&n)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

func spend(ctx context.Context, tx *sql.Tx, window string, at time.Time) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO spent (window, at) VALUES (?, ?)`, window, at.UnixNano())
	return err
}

// CloseWindow lets nothing pass a window before a time.
func (j *Journal) CloseWindow(ctx context.Context, window string, until time.Time) error {
	_, err := j.db.ExecContext(ctx, `INSERT INTO closed (window, until) VALUES (?, ?)
		ON CONFLICT (window) DO UPDATE SET until = MAX(until, excluded.until)`, window, until.UnixNano())
	if err != nil {
		return fmt.Errorf("journal: budget: %w", err)
	}
	return nil
}

// Correct takes what somebody else has spent out of a window.
func (j *Journal) Correct(ctx context.Context, window budget.Window, remaining int) error {
	now := j.now()
	err := j.transact(ctx, func(tx *sql.Tx) error {
		spent, err := optional(tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM spent WHERE window = ? AND at > ?`,
			window.Name, now.Add(-window.Span).UnixNano()))
		if err != nil {
			return err
		}
		for range window.Most - remaining - int(spent) {
			if err := spend(ctx, tx, window.Name, now); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("journal: budget: %w", err)
	}
	return nil
}
