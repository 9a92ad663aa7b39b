-- +goose Up
-- One text for SQLite and PostgreSQL: TEXT and BIGINT only, times as UTC Unix
-- milliseconds, 0 for "never". Ids come from counters, so that they are dense,
-- rise, and need no engine's own notion of a sequence.
CREATE TABLE counters (name TEXT PRIMARY KEY, value BIGINT NOT NULL);
-- schema_floor is the oldest schema whose binaries may still work on this database.
INSERT INTO counters (name, value) VALUES ('schema_floor', 1),
    ('subscribers', 0), ('subscriptions', 0), ('consents', 0), ('items', 0), ('source_runs', 0),
    ('issues', 0), ('approvals', 0), ('notices', 0), ('audit', 0), ('workers', 0);

CREATE TABLE lists (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, signup TEXT NOT NULL, opt_in TEXT NOT NULL, basis TEXT NOT NULL, managed TEXT NOT NULL
);
CREATE TABLE subscribers (
    id BIGINT PRIMARY KEY, public_id TEXT NOT NULL UNIQUE, address TEXT NOT NULL, address_key TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL, language TEXT NOT NULL, search TEXT NOT NULL, created_at BIGINT NOT NULL
);
CREATE TABLE subscriptions (
    id BIGINT PRIMARY KEY, subscriber_id BIGINT NOT NULL REFERENCES subscribers (id), list_id TEXT NOT NULL REFERENCES lists (id),
    state TEXT NOT NULL, origin TEXT NOT NULL, end_reason TEXT NOT NULL, created_at BIGINT NOT NULL, confirmed_at BIGINT NOT NULL, ended_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX subscriptions_open ON subscriptions (subscriber_id, list_id) WHERE ended_at = 0;
CREATE INDEX subscriptions_by_subscriber ON subscriptions (subscriber_id, list_id);
CREATE INDEX subscriptions_by_list ON subscriptions (list_id, id);
CREATE TABLE consents (
    id BIGINT PRIMARY KEY, subscription_id BIGINT NOT NULL REFERENCES subscriptions (id), basis TEXT NOT NULL, wording TEXT NOT NULL,
    version TEXT NOT NULL, language TEXT NOT NULL, source TEXT NOT NULL, given_at BIGINT NOT NULL
);
CREATE INDEX consents_by_subscription ON consents (subscription_id);
CREATE TABLE suppressions (address_key TEXT PRIMARY KEY, reason TEXT NOT NULL, note TEXT NOT NULL, created_at BIGINT NOT NULL);

CREATE TABLE source_states (
    source_id TEXT PRIMARY KEY, etag TEXT NOT NULL, last_modified TEXT NOT NULL, reading TEXT NOT NULL, next_at BIGINT NOT NULL, failures BIGINT NOT NULL
);
CREATE TABLE source_runs (
    id BIGINT PRIMARY KEY, source_id TEXT NOT NULL, started_at BIGINT NOT NULL, finished_at BIGINT NOT NULL, status TEXT NOT NULL,
    new_items BIGINT NOT NULL, changed BIGINT NOT NULL, unchanged BIGINT NOT NULL, refused BIGINT NOT NULL, reasons TEXT NOT NULL
);
CREATE INDEX source_runs_by_source ON source_runs (source_id, id);
CREATE TABLE items (
    id BIGINT PRIMARY KEY, source_id TEXT NOT NULL, identity TEXT NOT NULL, kind TEXT NOT NULL, at BIGINT NOT NULL,
    first_seen_at BIGINT NOT NULL, changed_at BIGINT NOT NULL, digest TEXT NOT NULL, content TEXT NOT NULL,
    UNIQUE (source_id, identity)
);
CREATE INDEX items_by_time ON items (at, id);

CREATE TABLE issues (
    id BIGINT PRIMARY KEY, public_id TEXT NOT NULL UNIQUE, publication_id TEXT NOT NULL, number BIGINT NOT NULL, kind TEXT NOT NULL,
    slot TEXT, state TEXT NOT NULL, revision BIGINT NOT NULL, digest TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
    UNIQUE (publication_id, number), UNIQUE (publication_id, slot)
);
CREATE TABLE revisions (
    issue_id BIGINT NOT NULL REFERENCES issues (id), revision BIGINT NOT NULL, author TEXT NOT NULL, content TEXT NOT NULL, created_at BIGINT NOT NULL,
    PRIMARY KEY (issue_id, revision)
);
CREATE TABLE entries (
    issue_id BIGINT NOT NULL, revision BIGINT NOT NULL, item_id BIGINT NOT NULL REFERENCES items (id), section TEXT NOT NULL, position BIGINT NOT NULL,
    PRIMARY KEY (issue_id, revision, item_id, section), FOREIGN KEY (issue_id, revision) REFERENCES revisions (issue_id, revision)
);
CREATE INDEX entries_by_item ON entries (item_id);
CREATE TABLE proofs (
    issue_id BIGINT NOT NULL, revision BIGINT NOT NULL, language TEXT NOT NULL, subject TEXT NOT NULL, html TEXT NOT NULL, body TEXT NOT NULL,
    reader TEXT NOT NULL, digest TEXT NOT NULL, created_at BIGINT NOT NULL,
    PRIMARY KEY (issue_id, revision, language), FOREIGN KEY (issue_id, revision) REFERENCES revisions (issue_id, revision)
);
CREATE TABLE approvals (
    id BIGINT PRIMARY KEY, issue_id BIGINT NOT NULL REFERENCES issues (id), revision BIGINT NOT NULL, digest TEXT NOT NULL, person TEXT NOT NULL,
    decision TEXT NOT NULL, remark TEXT NOT NULL, created_at BIGINT NOT NULL
);
CREATE INDEX approvals_by_issue ON approvals (issue_id, id);

CREATE TABLE sends (
    issue_id BIGINT PRIMARY KEY REFERENCES issues (id), digest TEXT NOT NULL, lists TEXT NOT NULL, frozen_at BIGINT NOT NULL,
    audience BIGINT NOT NULL, give_up_at BIGINT NOT NULL, ordered_by TEXT NOT NULL, hold_unknown BIGINT NOT NULL,
    paused_at BIGINT NOT NULL, cancelled_by TEXT NOT NULL, finished_at BIGINT NOT NULL,
    moved BIGINT NOT NULL, moved_at BIGINT NOT NULL, woken_at BIGINT NOT NULL
);
CREATE TABLE audience (
    issue_id BIGINT NOT NULL REFERENCES sends (issue_id), subscriber_id BIGINT NOT NULL REFERENCES subscribers (id),
    PRIMARY KEY (issue_id, subscriber_id)
);
CREATE TABLE chunks (
    issue_id BIGINT NOT NULL REFERENCES sends (issue_id), number BIGINT NOT NULL, first_id BIGINT NOT NULL, last_id BIGINT NOT NULL,
    members BIGINT NOT NULL, epoch BIGINT NOT NULL, worker TEXT NOT NULL, tried BIGINT NOT NULL, finished_at BIGINT NOT NULL,
    PRIMARY KEY (issue_id, number)
);
CREATE INDEX chunks_by_worker ON chunks (worker) WHERE worker <> '';
CREATE TABLE workers (id TEXT PRIMARY KEY, number BIGINT NOT NULL, host TEXT NOT NULL, version TEXT NOT NULL, beats BIGINT NOT NULL);
CREATE TABLE paces (relay TEXT PRIMARY KEY, pace TEXT NOT NULL, version BIGINT NOT NULL);
-- Two writes for every message: no index but the key, and no reference to check.
-- A chunk is a range of subscriber ids, so that the key finds its rows.
CREATE TABLE deliveries (
    issue_id BIGINT NOT NULL, subscriber_id BIGINT NOT NULL, chunk BIGINT NOT NULL, language TEXT NOT NULL,
    state TEXT NOT NULL, attempts BIGINT NOT NULL, unknowns BIGINT NOT NULL, message_id TEXT NOT NULL, code BIGINT NOT NULL, enhanced TEXT NOT NULL,
    reply TEXT NOT NULL, relay TEXT NOT NULL, next_at BIGINT NOT NULL, started_at BIGINT NOT NULL, updated_at BIGINT NOT NULL,
    PRIMARY KEY (issue_id, subscriber_id)
);
CREATE TABLE attempts (
    issue_id BIGINT NOT NULL, subscriber_id BIGINT NOT NULL, number BIGINT NOT NULL, started_at BIGINT NOT NULL,
    finished_at BIGINT NOT NULL, outcome TEXT NOT NULL, code BIGINT NOT NULL, enhanced TEXT NOT NULL, reply TEXT NOT NULL, relay TEXT NOT NULL,
    PRIMARY KEY (issue_id, subscriber_id, number), FOREIGN KEY (issue_id, subscriber_id) REFERENCES deliveries (issue_id, subscriber_id)
);

CREATE TABLE slots (
    publication_id TEXT NOT NULL, kind TEXT NOT NULL, label TEXT NOT NULL, due_at BIGINT NOT NULL, state TEXT NOT NULL, note TEXT NOT NULL, changed_at BIGINT NOT NULL,
    PRIMARY KEY (publication_id, kind, label)
);
CREATE TABLE schedules (
    publication_id TEXT NOT NULL, kind TEXT NOT NULL, looked_until BIGINT NOT NULL,
    PRIMARY KEY (publication_id, kind)
);
CREATE TABLE notices (
    id BIGINT PRIMARY KEY, dedupe TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, address TEXT NOT NULL, sender TEXT NOT NULL, language TEXT NOT NULL,
    subject TEXT NOT NULL, html TEXT NOT NULL, body TEXT NOT NULL, state TEXT NOT NULL, attempts BIGINT NOT NULL, next_at BIGINT NOT NULL, created_at BIGINT NOT NULL, sent_at BIGINT NOT NULL
);
CREATE INDEX notices_waiting ON notices (state, next_at);
CREATE TABLE audit (
    id BIGINT PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL
);
