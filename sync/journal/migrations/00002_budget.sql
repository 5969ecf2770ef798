-- +goose Up
-- What was spent of the limits of a credential, in nanoseconds since 1970; what is waited for lies in the future.
CREATE TABLE spent (
    window TEXT    NOT NULL,
    at     INTEGER NOT NULL
);
CREATE INDEX spent_by_window ON spent (window, at);

-- Until when the server lets nothing pass.
CREATE TABLE closed (
    window TEXT PRIMARY KEY,
    until  INTEGER NOT NULL
);

-- When a window was last asked, so that a clock that was set back shows.
CREATE TABLE asked (
    window TEXT PRIMARY KEY,
    at     INTEGER NOT NULL
);
