-- +goose Up
-- Pinned items come into the next issue whatever their age: they are found without reading all.
ALTER TABLE items ADD COLUMN pinned BIGINT NOT NULL DEFAULT 0;
CREATE INDEX items_pinned ON items (id) WHERE pinned = 1;
