// Package journal keeps what must outlive the process: runs, steps, and what was learnt, in one SQLite file.
//
// What a method has returned from is on disk (synchronous=FULL). Times are UTC with milliseconds, in a form that sorts.
package journal

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Journal is one open journal file. It may be used by several goroutines, and by several processes at once; who acts on
// a workspace must hold its Lock.
type Journal struct {
	db   *sql.DB
	path string
	now  func() time.Time
}

// Open opens the journal at path, makes it where there is none, and brings its schema up to date. The file is readable
// by its owner only, because it holds addresses. The clock stamps the rows.
func Open(ctx context.Context, path string, now func() time.Time) (*Journal, error) {
	j := &Journal{path: path, now: now}
	if err := j.open(ctx); err != nil {
		return nil, fmt.Errorf("journal %s: %w", path, err)
	}
	return j, nil
}

func (j *Journal) open(ctx context.Context) error {
	if err := os.MkdirAll(filepath.Dir(j.path), 0o700); err != nil {
		return fmt.Errorf("%w: make the folder, or name another file in journal.path", err)
	}
	if err := private(j.path); err != nil {
		return fmt.Errorf("%w: check the owner and mode of the file and its folder", err)
	}
	// Who comes by a symbolic link must find the same locks.
	var err error
	if j.path, err = filepath.EvalSymlinks(j.path); err != nil {
		return err
	}
	if err := os.MkdirAll(j.locks(), 0o700); err != nil {
		return fmt.Errorf("%w: check the owner and mode of the file's folder", err)
	}
	// Several processes that make one new file at once trip over the switch to WAL: one at a time.
	release, err := j.lockFile(ctx, "open", waitForLock)
	if err != nil {
		return err
	}
	defer release()
	if j.db, err = sql.Open("sqlite", dsn(j.path)); err != nil {
		return err
	}
	j.db.SetMaxOpenConns(1)
	if err := migrate(ctx, j.db); err != nil {
		return errors.Join(err, j.db.Close())
	}
	return nil
}

// Close closes the file. Locks stay with who holds them.
func (j *Journal) Close() error { return j.db.Close() }

// dsn sets what each connection needs; busy_timeout comes first, so that the others wait, too.
func dsn(path string) string {
	query := url.Values{"_txlock": {"immediate"}, "_pragma": {
		"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}}
	return (&url.URL{Scheme: "file", OmitHost: true, Path: filepath.ToSlash(path), RawQuery: query.Encode()}).String()
}

// private makes the file, if there is none, before SQLite would make it readable by all.
func private(path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return err
	}
	return file.Close()
}

func migrate(ctx context.Context, db *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, files)
	if err != nil {
		return fmt.Errorf("schema: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return fmt.Errorf("schema: %w: restore the file from a backup, or move it away to start with an empty memory", err)
	}
	return nil
}

// stampLayout sorts as text.
const stampLayout = "2006-01-02T15:04:05.000Z"

func (j *Journal) stamp() string { return stamp(j.now()) }

func stamp(t time.Time) string { return t.UTC().Format(stampLayout) }

func parseStamp(s string) (time.Time, error) {
	if s == "" {
		return time.Time{}, nil
	}
	return time.Parse(stampLayout, s)
}

// transact runs f in one transaction.
func (j *Journal) transact(ctx context.Context, f func(*sql.Tx) error) error {
	tx, err := j.db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	if err := f(tx); err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}
