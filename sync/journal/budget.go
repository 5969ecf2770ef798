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
	return j.place(ctx, windows, spend)
}

// Room says when there is a place in each of the windows, and takes none.
func (j *Journal) Room(ctx context.Context, windows []budget.Window) (time.Time, error) {
	return j.place(ctx, windows, func(context.Context, *sql.Tx, string, time.Time) error { return nil })
}

// place finds the time from which all windows have room, and takes it.
func (j *Journal) place(ctx context.Context, windows []budget.Window, take func(context.Context, *sql.Tx, string, time.Time) error) (time.Time, error) {
	var at time.Time
	err := j.budget(ctx, func(tx *sql.Tx, now time.Time) error {
		at = now
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
			if err := take(ctx, tx, w.Name, at); err != nil {
				return err
			}
		}
		return nil
	})
	return at, err
}

// CloseWindow lets nothing pass a window before a time.
func (j *Journal) CloseWindow(ctx context.Context, window string, until time.Time) error {
	return j.budget(ctx, func(tx *sql.Tx, now time.Time) error {
		if err := turnBack(ctx, tx, window, now); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO closed (window, until) VALUES (?, ?)
			ON CONFLICT (window) DO UPDATE SET until = MAX(until, excluded.until)`, window, until.UnixNano())
		return err
	})
}

// Correct takes what somebody else has spent out of a window. Places that are waited for are not among what the server
// has counted.
func (j *Journal) Correct(ctx context.Context, window budget.Window, remaining int) error {
	return j.budget(ctx, func(tx *sql.Tx, now time.Time) error {
		if err := turnBack(ctx, tx, window.Name, now); err != nil {
			return err
		}
		passed, err := optional(tx.QueryRowContext(ctx, `SELECT COUNT(*) FROM spent WHERE window = ? AND at > ? AND at <= ?`,
			window.Name, now.Add(-window.Span).UnixNano(), now.UnixNano()))
		if err != nil {
			return err
		}
		for range window.Most - remaining - int(passed) {
			if err := spend(ctx, tx, window.Name, now); err != nil {
				return err
			}
		}
		return nil
	})
}

// budget runs f in a transaction, with the time that it is.
func (j *Journal) budget(ctx context.Context, f func(*sql.Tx, time.Time) error) error {
	err := j.transact(ctx, func(tx *sql.Tx) error { return f(tx, j.now()) })
	if err != nil {
		return fmt.Errorf("journal: budget: %w", err)
	}
	return nil
}

// freeAt forgets what has rolled out of a window, and says when the window has room and is open. The last of its Most
// youngest places must be a whole span away: then no span holds more than Most, whatever was taken in which order.
func freeAt(ctx context.Context, tx *sql.Tx, w budget.Window, now time.Time) (time.Time, error) {
	if err := turnBack(ctx, tx, w.Name, now); err != nil {
		return now, err
	}
	if _, err := tx.ExecContext(ctx, `DELETE FROM spent WHERE window = ? AND at <= ?`, w.Name, now.Add(-w.Span).UnixNano()); err != nil {
		return now, err
	}
	opens, err := optional(tx.QueryRowContext(ctx, `SELECT until FROM closed WHERE window = ?`, w.Name))
	if err != nil {
		return now, err
	}
	free := now
	if until := time.Unix(0, opens); until.After(free) {
		free = until
	}
	if w.Most == 0 {
		return free, nil
	}
	last, err := optional(tx.QueryRowContext(ctx, `SELECT at FROM spent WHERE window = ? ORDER BY at DESC LIMIT 1 OFFSET ?`, w.Name, w.Most-1))
	if next := time.Unix(0, last).Add(w.Span); err == nil && last != 0 && next.After(free) {
		free = next
	}
	return free, err
}

// turnBack moves a window back with a clock that was set back: what was spent just before was spent just now. Places far
// ahead cannot simply be dropped, for somebody may be waiting for them.
func turnBack(ctx context.Context, tx *sql.Tx, window string, now time.Time) error {
	asked, err := optional(tx.QueryRowContext(ctx, `SELECT at FROM asked WHERE window = ?`, window))
	if err != nil {
		return err
	}
	if back := asked - now.UnixNano(); back > 0 {
		for _, query := range []string{`UPDATE spent SET at = at - ? WHERE window = ?`, `UPDATE closed SET until = until - ? WHERE window = ?`} {
			if _, err := tx.ExecContext(ctx, query, back, window); err != nil {
				return err
			}
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO asked (window, at) VALUES (?, ?) ON CONFLICT (window) DO UPDATE SET at = excluded.at`,
		window, now.UnixNano())
	return err
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
