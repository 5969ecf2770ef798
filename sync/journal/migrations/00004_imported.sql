-- +goose Up
-- Whether a pair of address and account comes from a file of the administrator's, and not from Bitbucket.
ALTER TABLE accounts ADD COLUMN imported INTEGER NOT NULL DEFAULT 0;
