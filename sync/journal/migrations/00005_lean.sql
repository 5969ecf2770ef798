-- +goose Up
-- An account is looked for by its id when it is found under another address.
CREATE INDEX accounts_by_id ON accounts (account_id);

-- Of held, the rows of the last runs of a workspace are kept. Those of before this was so go now.
CREATE INDEX runs_by_workspace ON runs (workspace, id);
DELETE FROM held WHERE run_id NOT IN (SELECT id FROM runs ORDER BY id DESC LIMIT 5);
