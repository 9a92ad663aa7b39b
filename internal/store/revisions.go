package store

import (
	"context"
	"encoding/json"
	"fmt"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// Revisions returns every revision of an issue, oldest first: the issue as it was
// then, without state and digest, which are those of today.
func (db *DB) Revisions(ctx context.Context, issue newsletter.Issue) ([]newsletter.Issue, error) {
	return db.revisions(ctx, issue, `issue_id = $1 ORDER BY revision`, issue.ID)
}

// IssueAt returns an issue as it was at one of its revisions, as Revisions does.
func (db *DB) IssueAt(ctx context.Context, issue newsletter.Issue, revision int) (newsletter.Issue, error) {
	found, err := db.revisions(ctx, issue, `issue_id = $1 AND revision = $2`, issue.ID, revision)
	if err == nil && len(found) == 0 {
		err = fault.WithHint(fault.NotFoundf("issue %s has no revision %d", issue.Slug(), revision), "it has 1 to %d", issue.Revision)
	}
	if err != nil {
		return newsletter.Issue{}, err
	}
	return found[0], nil
}

func (db *DB) revisions(ctx context.Context, issue newsletter.Issue, which string, args ...any) ([]newsletter.Issue, error) {
	var rows []struct {
		Revision  int    `db:"revision"`
		Content   string `db:"content"`
		CreatedAt int64  `db:"created_at"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT revision, content, created_at FROM revisions WHERE `+which, args...); err != nil {
		return nil, fmt.Errorf("read revisions of %s: %w", issue.Slug(), err)
	}
	out := make([]newsletter.Issue, len(rows))
	for i, r := range rows {
		out[i] = issue
		out[i].Revision, out[i].UpdatedAt, out[i].Content = r.Revision, instant(r.CreatedAt), newsletter.Content{}
		if err := json.Unmarshal([]byte(r.Content), &out[i].Content); err != nil {
			return nil, fmt.Errorf("read revision %d of %s: %w", r.Revision, issue.Slug(), err)
		}
	}
	return out, nil
}
