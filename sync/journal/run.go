package journal

import (
	"context"
	"database/sql"
	"fmt"

	"bitroster/sync/apply"
	"bitroster/sync/plan"
	"bitroster/sync/reconcile"
)

// run is the record of one run of one workspace.
type run struct {
	journal   *Journal
	id        int64
	workspace string
}

// begun is the state of a step without an end; the others are the outcomes.
const begun = "begun"

// died is the detail of a step whose process did not come to record its end.
const died = "the process ended before it recorded the outcome"

// Start records that a run of the workspace begins. What an earlier run left without an end may be done, as of now: its
// process may have waited long between the record and the request, and have sent that just before it died.
func (j *Journal) Start(ctx context.Context, workspace string) (reconcile.Run, error) {
	_, err := j.db.ExecContext(ctx, `UPDATE steps SET state = ?, ended_at = ?, detail = ? WHERE workspace = ? AND state = ?`,
		plan.Maybe, j.stamp(), died, workspace, begun)
	if err != nil {
		return nil, fmt.Errorf("steps without an end: %w", err)
	}
	result, err := j.db.ExecContext(ctx, `INSERT INTO runs (workspace, started_at) VALUES (?, ?)`, workspace, j.stamp())
	if err != nil {
		return nil, fmt.Errorf("start of the run: %w", err)
	}
	id, err := result.LastInsertId()
	if err != nil {
		return nil, fmt.Errorf("start of the run: %w", err)
	}
	return &run{journal: j, id: id, workspace: workspace}, nil
}

// Begin records that a step is about to be done.
func (r *run) Begin(ctx context.Context, a plan.Action) (apply.StepID, error) {
	result, err := r.journal.db.ExecContext(ctx, `
		INSERT INTO steps (run_id, workspace, op, email, account_id, subject_group, kind, target, permission, rule, reason, state, begun_at)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.id, r.workspace, a.Op, a.Email, a.AccountID, a.Group, a.Kind, a.Target, a.Permission, a.Rule, a.Reason, begun, r.journal.stamp())
	if err != nil {
		return 0, fmt.Errorf("begin of a step: %w", err)
	}
	id, err := result.LastInsertId()
	return apply.StepID(id), err
}

// End records how a step ended.
func (r *run) End(ctx context.Context, step apply.StepID, outcome plan.Outcome, detail string) error {
	_, err := r.journal.db.ExecContext(ctx, `UPDATE steps SET state = ?, ended_at = ?, detail = ? WHERE id = ?`,
		outcome, r.journal.stamp(), detail, step)
	if err != nil {
		return fmt.Errorf("end of a step: %w", err)
	}
	return nil
}

// heldRuns is of how many runs of a workspace the rows in held are kept. They are a picture of a moment, and may be as many
// as there are people.
const heldRuns = 5

// Finish records what became of the run, with all that is held and doubted, and forgets what was held long ago.
func (r *run) Finish(ctx context.Context, report reconcile.Report) error {
	err := r.journal.transact(ctx, func(tx *sql.Tx) error {
		if err := r.insertHeld(ctx, tx, report.Held()); err != nil {
			return err
		}
		for _, d := range report.Doubts {
			_, err := tx.ExecContext(ctx, `INSERT INTO doubts (run_id, source, source_group, rule, problem) VALUES (?, ?, ?, ?, ?)`,
				r.id, d.Source, d.Group, d.Rule, d.Problem)
			if err != nil {
				return err
			}
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM held WHERE run_id IN
			(SELECT id FROM runs WHERE workspace = ? ORDER BY id DESC LIMIT ? OFFSET ?)`, r.workspace, 2*heldRuns, heldRuns)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `UPDATE runs SET ended_at = ?, failure = ?, complete = ?, whole = ? WHERE id = ?`,
			r.journal.stamp(), report.Failure, report.Complete(), report.Whole(), r.id)
		return err
	})
	if err != nil {
		return fmt.Errorf("end of the run: %w", err)
	}
	return nil
}

func (r *run) insertHeld(ctx context.Context, tx *sql.Tx, held []plan.Held) error {
	insert, err := tx.PrepareContext(ctx, `
		INSERT INTO held (run_id, op, email, subject_group, kind, target, permission, rule, held, detail)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`)
	if err != nil {
		return err
	}
	defer insert.Close() //nolint:errcheck // the transaction's end tells
	for _, h := range held {
		a := h.Action
		if _, err := insert.ExecContext(ctx, r.id, a.Op, a.Email, a.Group, a.Kind, a.Target, a.Permission, a.Rule, h.Reason, h.Detail); err != nil {
			return err
		}
	}
	return nil
}
