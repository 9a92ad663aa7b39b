-- +goose Up
-- Pictures as they are served, in base64: one text for both engines. made_of names the original's bytes.
CREATE TABLE pictures (
    made_of TEXT PRIMARY KEY, name TEXT NOT NULL, type TEXT NOT NULL, width BIGINT NOT NULL, height BIGINT NOT NULL, body TEXT NOT NULL, created_at BIGINT NOT NULL
);
CREATE INDEX pictures_by_name ON pictures (name);
-- What the web view shows where the message had to be shortened.
ALTER TABLE proofs ADD COLUMN page TEXT NOT NULL DEFAULT '';
