-- +goose Up
-- Since when a person was seen with a seat (member) or with an open invitation (pending), at the last pass that saw them.
CREATE TABLE seats (
    workspace TEXT NOT NULL,
    email     TEXT NOT NULL,
    state     TEXT NOT NULL,
    since     TEXT NOT NULL,
    PRIMARY KEY (workspace, email)
);
