package store

import (
	"context"
	"encoding/json"
	"fmt"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

// IssueAt returns an issue with the content of one of its revisions. Its state
// and digest stay what they are now.
func (db *DB) IssueAt(ctx context.Context, issue newsletter.Issue, revision int) (newsletter.Issue, error) {
	var content string
	err := db.read.GetContext(ctx, &content, `SELECT content FROM revisions WHERE issue_id = $1 AND revision = $2`, issue.ID, revision)
	if missing(err) {
		return issue, fault.NotFoundf("%s has no revision %d", issue.Slug(), revision)
	}
	if err != nil {
		return issue, fmt.Errorf("read revision %d of %s: %w", revision, issue.Slug(), err)
	}
	issue.Revision, issue.Content = revision, newsletter.Content{}
	if err := json.Unmarshal([]byte(content), &issue.Content); err != nil {
		return issue, fmt.Errorf("read revision %d of %s: %w", revision, issue.Slug(), err)
	}
	return issue, nil
}
