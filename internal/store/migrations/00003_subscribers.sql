-- +goose Up
-- Programs of before read consent where it no longer stands.
UPDATE counters SET value = 3 WHERE name = 'schema_floor';
INSERT INTO counters (name, value) VALUES ('events', 0), ('wordings', (SELECT COALESCE(MAX(id), 0) FROM consents));
ALTER TABLE lists ADD COLUMN archived_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sends ADD COLUMN segment TEXT NOT NULL DEFAULT '';

-- What people agreed to, once for all who saw the same words.
CREATE TABLE wordings (
    id BIGINT PRIMARY KEY, digest TEXT NOT NULL UNIQUE, basis TEXT NOT NULL, wording TEXT NOT NULL, version TEXT NOT NULL, language TEXT NOT NULL, purpose TEXT NOT NULL
);
INSERT INTO wordings (id, digest, basis, wording, version, language, purpose)
    SELECT MIN(id), 'made ' || MIN(id), basis, wording, version, language, '' FROM consents GROUP BY basis, wording, version, language;

-- One row for each time that a person is on a list; ended_at is 0 while it lasts,
-- so that the key lets nobody be on a list twice. Two writes for every row of an
-- import: no index but the key, and no reference to check.
CREATE TABLE memberships (
    list_id TEXT NOT NULL, subscriber_id BIGINT NOT NULL, ended_at BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL, origin TEXT NOT NULL, made_by TEXT NOT NULL, created_at BIGINT NOT NULL, confirmed_at BIGINT NOT NULL, wording_id BIGINT NOT NULL, source TEXT NOT NULL, given_at BIGINT NOT NULL,
    source_hash TEXT NOT NULL DEFAULT '', end_reason TEXT NOT NULL DEFAULT '', note TEXT NOT NULL DEFAULT '', paused_until BIGINT NOT NULL DEFAULT 0, may_ask BIGINT NOT NULL DEFAULT 0, ask_until BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (list_id, subscriber_id, ended_at)
);
INSERT INTO memberships (list_id, subscriber_id, ended_at, state, origin, made_by, end_reason, note, created_at, confirmed_at, paused_until, may_ask, ask_until, wording_id, source, source_hash, given_at)
    SELECT x.list_id, x.subscriber_id, x.ended_at, x.state, x.origin, '', x.end_reason, '', x.created_at, x.confirmed_at, 0, 0, 0, COALESCE(w.id, 0), COALESCE(c.source, ''), '', COALESCE(c.given_at, 0)
    FROM subscriptions x
    LEFT JOIN consents c ON c.id = (SELECT MAX(l.id) FROM consents l WHERE l.subscription_id = x.id)
    LEFT JOIN wordings w ON w.basis = c.basis AND w.wording = c.wording AND w.version = c.version AND w.language = c.language;
DROP TABLE consents;
DROP TABLE subscriptions;
ALTER TABLE memberships RENAME TO subscriptions;

CREATE TABLE attributes (
    subscriber_id BIGINT NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, folded TEXT NOT NULL,
    PRIMARY KEY (subscriber_id, name)
);
CREATE TABLE events (
    id BIGINT PRIMARY KEY, subscriber_id BIGINT NOT NULL, at BIGINT NOT NULL, made_by TEXT NOT NULL, how TEXT NOT NULL, action TEXT NOT NULL, list_id TEXT NOT NULL, detail TEXT NOT NULL
);
CREATE INDEX events_by_subscriber ON events (subscriber_id, id);

-- What retention leaves of deliveries.
CREATE TABLE outcomes (issue_id BIGINT NOT NULL, state TEXT NOT NULL, code BIGINT NOT NULL, enhanced TEXT NOT NULL, n BIGINT NOT NULL, PRIMARY KEY (issue_id, state, code, enhanced));

-- What find looks through: a line for each person, some dozens of them on a page.
CREATE TABLE directory (page BIGINT PRIMARY KEY, people TEXT NOT NULL);
INSERT INTO directory (page, people)
    SELECT id / 24, string_agg(id || '	' || REPLACE(search, '
', '	') || '
', '') FROM subscribers GROUP BY id / 24;
ALTER TABLE subscribers DROP COLUMN search;
