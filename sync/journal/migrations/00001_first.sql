-- +goose Up
CREATE TABLE runs (
    id         INTEGER PRIMARY KEY,
    workspace  TEXT NOT NULL,
    started_at TEXT NOT NULL,
    ended_at   TEXT,
    failure    TEXT NOT NULL DEFAULT '',
    complete   INTEGER NOT NULL DEFAULT 0,
    whole      INTEGER NOT NULL DEFAULT 0
);

-- One row a step that was begun. state: begun, done, failed, maybe, not-sent.
CREATE TABLE steps (
    id            INTEGER PRIMARY KEY,
    run_id        INTEGER NOT NULL REFERENCES runs (id),
    workspace     TEXT NOT NULL,
    op            TEXT NOT NULL,
    email         TEXT NOT NULL,
    account_id    TEXT NOT NULL,
    subject_group TEXT NOT NULL,
    kind          TEXT NOT NULL,
    target        TEXT NOT NULL,
    permission    TEXT NOT NULL,
    rule          TEXT NOT NULL,
    reason        TEXT NOT NULL,
    state         TEXT NOT NULL,
    begun_at      TEXT NOT NULL,
    ended_at      TEXT,
    detail        TEXT NOT NULL DEFAULT ''
);
CREATE INDEX steps_by_person ON steps (workspace, op, email, id);

-- What a run wanted and did not do, with the reason in held.
CREATE TABLE held (
    run_id        INTEGER NOT NULL REFERENCES runs (id),
    op            TEXT NOT NULL,
    email         TEXT NOT NULL,
    subject_group TEXT NOT NULL,
    kind          TEXT NOT NULL,
    target        TEXT NOT NULL,
    permission    TEXT NOT NULL,
    rule          TEXT NOT NULL,
    held          TEXT NOT NULL,
    detail        TEXT NOT NULL
);
CREATE INDEX held_by_run ON held (run_id);

-- What a run could not read or did not believe.
CREATE TABLE doubts (
    run_id       INTEGER NOT NULL REFERENCES runs (id),
    source       TEXT NOT NULL,
    source_group TEXT NOT NULL,
    rule         TEXT NOT NULL,
    problem      TEXT NOT NULL
);

CREATE TABLE accounts (
    email      TEXT PRIMARY KEY,
    account_id TEXT NOT NULL,
    uuid       TEXT NOT NULL,
    name       TEXT NOT NULL,
    learnt_at  TEXT NOT NULL
);

-- The sizes at the last good read; source_group '' is the whole source.
CREATE TABLE counts (
    source       TEXT NOT NULL,
    source_group TEXT NOT NULL,
    members      INTEGER NOT NULL,
    read_at      TEXT NOT NULL,
    PRIMARY KEY (source, source_group)
);
