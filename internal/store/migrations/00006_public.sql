-- +goose Up
INSERT INTO counters (name, value) VALUES ('takes', 0), ('wishes', 0);
-- What was taken of an allowance, and when: a row each, so that limits survive restarts and all workers share them.
CREATE TABLE takes (id BIGINT PRIMARY KEY, name TEXT NOT NULL, at BIGINT NOT NULL);
CREATE INDEX takes_by_name ON takes (name, at);
CREATE INDEX takes_by_time ON takes (at);
-- What people asked for on public pages, until it is done.
CREATE TABLE wishes (id BIGINT PRIMARY KEY, kind TEXT NOT NULL, publication_id TEXT NOT NULL, request TEXT NOT NULL, asked_at BIGINT NOT NULL);
