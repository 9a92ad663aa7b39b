-- +goose Up
ALTER TABLE source_states ADD COLUMN memory TEXT NOT NULL DEFAULT '{}';
-- A person's words beside the source's, and what an item is known by when its source renames it.
ALTER TABLE items ADD COLUMN edit TEXT NOT NULL DEFAULT '';
ALTER TABLE items ADD COLUMN likeness TEXT NOT NULL DEFAULT '';
CREATE INDEX items_by_likeness ON items (source_id, likeness);
