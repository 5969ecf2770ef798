package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"bitroster/sync/access"
	"bitroster/sync/apply"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

// Recall gives what is known of the workspace.
func (j *Journal) Recall(ctx context.Context, workspace string) (reconcile.Memories, error) {
	memories := reconcile.Memories{
		Memory: plan.Memory{
			Invitations: map[access.Email]plan.Attempt{},
			Seats:       map[access.Email]plan.Seat{},
			Refused:     map[plan.StepKey]plan.Attempt{},
		},
		Accounts: map[access.Email]access.Account{},
		Imported: map[access.Email]bool{},
		Counts:   map[string]map[string]int{},
	}
	for name, recall := range map[string]func(context.Context, string, *reconcile.Memories) error{
		"invitations": j.recallInvitations, "mails of a day": j.recallSentLastDay, "seats": j.recallSeats, "refusals": j.recallRefusals, "unsettled steps": j.recallUnsettled,
		"accounts": j.recallAccounts, "counts": j.recallCounts,
	} {
		if err := recall(ctx, workspace, &memories); err != nil {
			return memories, fmt.Errorf("%s: %w", name, err)
		}
	}
	return memories, nil
}

// recallInvitations finds the last invitation of each address that was or may have been sent, or was refused, or was taken
// back; and counts the mails. (SQLite takes the other columns from the row of the maximum:
// https://www.sqlite.org/lang_select.html#bareagg.)
func (j *Journal) recallInvitations(ctx context.Context, workspace string, m *reconcile.Memories) error {
	return j.each(ctx, func(scan func(...any) error) error {
		var email access.Email
		var attempt plan.Attempt
		var at, state string
		if err := scan(&email, &attempt.Op, &attempt.Kind, &attempt.Target, &attempt.Rule, &state, &at, &attempt.Detail, &attempt.Sent, new(int64)); err != nil {
			return err
		}
		attempt.Outcome = outcomeOf(state)
		var err error
		attempt.At, err = parseStamp(at)
		m.Invitations[email] = attempt
		return err
	}, `SELECT email, op, kind, target, rule, state, begun_at, detail, SUM(op <> ? AND state <> ?), MAX(id) FROM steps
		WHERE workspace = ? AND op IN (?, ?, ?) AND state <> ? GROUP BY email`,
		plan.Cancel, plan.Failed, workspace, plan.Invite, plan.Reinvite, plan.Cancel, apply.NotSent)
}

// recallSentLastDay counts the mails of the last 24 hours that were or may have been sent. Those of a clock that was ahead
// count, too, but for what is so far ahead that it would count for long.
func (j *Journal) recallSentLastDay(ctx context.Context, workspace string, m *reconcile.Memories) error {
	const day = 24 * time.Hour
	now := j.now()
	return j.db.QueryRowContext(ctx, `SELECT COUNT(*) FROM steps
		WHERE workspace = ? AND op IN (?, ?) AND state NOT IN (?, ?) AND begun_at > ? AND begun_at < ?`,
		workspace, plan.Invite, plan.Reinvite, plan.Failed, apply.NotSent, stamp(now.Add(-day)), stamp(now.Add(day))).Scan(&m.SentLastDay)
}

func (j *Journal) recallSeats(ctx context.Context, workspace string, m *reconcile.Memories) error {
	return j.each(ctx, func(scan func(...any) error) error {
		var email access.Email
		var seat plan.Seat
		var since string
		if err := scan(&email, &seat.State, &since); err != nil {
			return err
		}
		var err error
		seat.Since, err = parseStamp(since)
		m.Seats[email] = seat
		return err
	}, `SELECT email, state, since FROM seats WHERE workspace = ?`, workspace)
}

// recallRefusals finds the other steps whose last try was refused.
func (j *Journal) recallRefusals(ctx context.Context, workspace string, m *reconcile.Memories) error {
	return j.each(ctx, func(scan func(...any) error) error {
		var key plan.StepKey
		var attempt plan.Attempt
		var at, state string
		if err := scan(&key.Op, &key.Email, &key.Group, &key.Target.Kind, &key.Target.Name, &state, &at, &attempt.Detail, new(int64)); err != nil {
			return err
		}
		if attempt.Outcome = outcomeOf(state); attempt.Outcome != plan.Failed {
			return nil
		}
		var err error
		attempt.At, err = parseStamp(at)
		m.Refused[key] = attempt
		return err
	}, `SELECT op, email, subject_group, kind, target, state, begun_at, detail, MAX(id) FROM steps
		WHERE workspace = ? AND op NOT IN (?, ?, ?) AND state <> ? GROUP BY op, email, subject_group, kind, target`,
		workspace, plan.Invite, plan.Reinvite, plan.Cancel, apply.NotSent)
}

// outcomeOf reads a step's state: one without an end may have taken effect.
func outcomeOf(state string) plan.Outcome {
	if state == begun {
		return plan.Maybe
	}
	return plan.Outcome(state)
}

func (j *Journal) recallUnsettled(ctx context.Context, workspace string, m *reconcile.Memories) error {
	var at string
	err := j.db.QueryRowContext(ctx, `SELECT COALESCE(MAX(COALESCE(ended_at, begun_at)), '') FROM steps
		WHERE workspace = ? AND state IN (?, ?)`, workspace, begun, plan.Maybe).Scan(&at)
	if err == nil {
		m.Unsettled, err = parseStamp(at)
	}
	return err
}

func (j *Journal) recallAccounts(ctx context.Context, _ string, m *reconcile.Memories) error {
	return j.each(ctx, func(scan func(...any) error) error {
		var email access.Email
		var account access.Account
		var imported bool
		if err := scan(&email, &account.ID, &account.UUID, &account.Name, &imported); err != nil {
			return err
		}
		m.Accounts[email] = account
		if imported {
			m.Imported[email] = true
		}
		return nil
	}, `SELECT email, account_id, uuid, name, imported FROM accounts`)
}

func (j *Journal) recallCounts(ctx context.Context, _ string, m *reconcile.Memories) error {
	return j.each(ctx, func(scan func(...any) error) error {
		var source, group string
		var members int
		if err := scan(&source, &group, &members); err != nil {
			return err
		}
		if m.Counts[source] == nil {
			m.Counts[source] = map[string]int{}
		}
		m.Counts[source][group] = members
		return nil
	}, `SELECT source, source_group, members FROM counts`)
}

// each calls row for each row of a query.
func (j *Journal) each(ctx context.Context, row func(scan func(...any) error) error, query string, args ...any) error {
	rows, err := j.db.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close() //nolint:errcheck // rows.Err tells
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Keep records what a pass learnt. What is known already is not written again.
func (j *Journal) Keep(ctx context.Context, workspace string, lessons reconcile.Lessons) error {
	known := reconcile.Memories{Accounts: map[access.Email]access.Account{}, Imported: map[access.Email]bool{}, Counts: map[string]map[string]int{}}
	if err := errors.Join(j.recallAccounts(ctx, workspace, &known), j.recallCounts(ctx, workspace, &known)); err != nil {
		return err
	}
	return j.transact(ctx, func(tx *sql.Tx) error {
		if err := j.keepAccounts(ctx, tx, known.Accounts, lessons.Accounts); err != nil {
			return fmt.Errorf("accounts: %w", err)
		}
		if err := j.keepImports(ctx, tx, lessons.Imported); err != nil {
			return fmt.Errorf("imported accounts: %w", err)
		}
		if err := keepSeats(ctx, tx, workspace, lessons.Seats); err != nil {
			return fmt.Errorf("seats: %w", err)
		}
		return j.keepCounts(ctx, tx, known.Counts, lessons.Counts)
	})
}

// keepAccounts records what Bitbucket said. An account that is seen under an imported id says nothing about whose address
// it is: the pair stays an imported one. One that was found by another address than before has left that: it may be
// somebody else's by now.
func (j *Journal) keepAccounts(ctx context.Context, tx *sql.Tx, known, accounts map[access.Email]access.Account) error {
	for email, account := range accounts {
		if known[email] == account {
			continue
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO accounts (email, account_id, uuid, name, learnt_at) VALUES (?, ?, ?, ?, ?)
			ON CONFLICT (email) DO UPDATE SET account_id = excluded.account_id, uuid = excluded.uuid, name = excluded.name,
				learnt_at = excluded.learnt_at, imported = imported AND accounts.account_id = excluded.account_id`,
			email, account.ID, account.UUID, account.Name, j.stamp())
		if err != nil {
			return err
		}
		if known[email].ID == account.ID {
			continue
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM accounts WHERE account_id = ? AND email <> ? AND NOT imported`, account.ID, email)
		if err != nil {
			return err
		}
	}
	return nil
}

// keepImports records what a file said, but for what Bitbucket has said otherwise in the meantime.
func (j *Journal) keepImports(ctx context.Context, tx *sql.Tx, accounts map[access.Email]access.Account) error {
	for email, account := range accounts {
		_, err := tx.ExecContext(ctx, `INSERT INTO accounts (email, account_id, uuid, name, learnt_at, imported) VALUES (?, ?, ?, ?, ?, 1)
			ON CONFLICT (email) DO UPDATE SET account_id = excluded.account_id, uuid = excluded.uuid, name = excluded.name,
				learnt_at = excluded.learnt_at WHERE accounts.imported`,
			email, account.ID, account.UUID, account.Name, j.stamp())
		if err != nil {
			return err
		}
	}
	return nil
}

func keepSeats(ctx context.Context, tx *sql.Tx, workspace string, seats map[access.Email]plan.Seat) error {
	for email, seat := range seats {
		_, err := tx.ExecContext(ctx, `INSERT INTO seats (workspace, email, state, since) VALUES (?, ?, ?, ?)
			ON CONFLICT (workspace, email) DO UPDATE SET state = excluded.state, since = excluded.since`,
			workspace, email, seat.State, stamp(seat.Since))
		if err != nil {
			return err
		}
	}
	return nil
}

func (j *Journal) keepCounts(ctx context.Context, tx *sql.Tx, known, counts map[string]map[string]int) error {
	for source, groups := range counts {
		for group, members := range groups {
			if known[source][group] == members {
				continue
			}
			_, err := tx.ExecContext(ctx, `INSERT INTO counts (source, source_group, members, read_at) VALUES (?, ?, ?, ?)
				ON CONFLICT (source, source_group) DO UPDATE SET members = excluded.members, read_at = excluded.read_at`,
				source, group, members, j.stamp())
			if err != nil {
				return fmt.Errorf("counts: %w", err)
			}
		}
	}
	return nil
}
