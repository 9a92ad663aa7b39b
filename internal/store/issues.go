package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"

	"github.com/jmoiron/sqlx"
)

type issueRow struct {
	ID          int64          `db:"id"`
	PublicID    string         `db:"public_id"`
	Publication string         `db:"publication_id"`
	Number      int            `db:"number"`
	Kind        string         `db:"kind"`
	Slot        sql.NullString `db:"slot"`
	State       string         `db:"state"`
	Revision    int            `db:"revision"`
	Digest      string         `db:"digest"`
	CreatedAt   int64          `db:"created_at"`
	UpdatedAt   int64          `db:"updated_at"`
	Content     string         `db:"content"`
}

const issueQuery = `SELECT i.id, i.public_id, i.publication_id, i.number, i.kind, i.slot, i.state, i.revision, i.digest, i.created_at, i.updated_at, r.content
	FROM issues i JOIN revisions r ON r.issue_id = i.id AND r.revision = i.revision `

func (r issueRow) issue() (newsletter.Issue, error) {
	issue := newsletter.Issue{ID: r.ID, PublicID: r.PublicID, Publication: r.Publication, Number: r.Number, Kind: r.Kind, Slot: r.Slot.String,
		State: newsletter.IssueState(r.State), Revision: r.Revision, Digest: r.Digest, CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt)}
	if err := json.Unmarshal([]byte(r.Content), &issue.Content); err != nil {
		return issue, fmt.Errorf("read issue %s: %w", issue.Slug(), err)
	}
	return issue, nil
}

// CreateIssue writes a draft with its first revision and gives it id, number and times.
// A slot that has an issue already is a Conflict, and so is a regular issue where
// another is open: whoever composes saw none, and has been overtaken.
func (db *DB) CreateIssue(ctx context.Context, issue *newsletter.Issue) error {
	err := db.tx(ctx, func(t *tx) error {
		id, err := t.ids("issues", 1)
		if err != nil {
			return err
		}
		var open int // counted after the counter's row is locked: nobody adds one meanwhile, on both engines
		if err := t.get(&open, `SELECT COUNT(*) FROM issues WHERE publication_id = $1 AND kind = 'regular' AND state IN ('draft', 'in_review', 'approved')`, issue.Publication); err != nil {
			return err
		}
		if issue.Kind == "regular" && open > 0 {
			return fault.Conflictf("%s has an open issue already", issue.Publication)
		}
		if err := t.get(&issue.Number, `SELECT COALESCE(MAX(number), 0) + 1 FROM issues WHERE publication_id = $1`, issue.Publication); err != nil {
			return err
		}
		issue.ID, issue.Revision, issue.State = id, 1, newsletter.Draft
		issue.CreatedAt, issue.UpdatedAt = instant(t.now), instant(t.now)
		slot := sql.NullString{String: issue.Slot, Valid: issue.Slot != ""}
		if _, err := t.exec(`INSERT INTO issues (id, public_id, publication_id, number, kind, slot, state, revision, digest, created_at, updated_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, 1, '', $8, $8)`, id, issue.PublicID, issue.Publication, issue.Number, issue.Kind, slot, issue.State, t.now); err != nil {
			return err
		}
		return t.revision(*issue)
	})
	if isDuplicate(err) {
		return fault.Conflictf("%s already has an issue for %s: %w", issue.Publication, issue.Slot, err)
	}
	if err != nil {
		return fmt.Errorf("create issue of %s: %w", issue.Publication, err)
	}
	return nil
}

func (t *tx) revision(issue newsletter.Issue) error {
	if _, err := t.exec(`INSERT INTO revisions (issue_id, revision, author, content, created_at) VALUES ($1, $2, $3, $4, $5)`,
		issue.ID, issue.Revision, issue.Content.Author, toJSON(issue.Content), t.now); err != nil {
		return err
	}
	for i, e := range issue.Content.Entries {
		ids := map[int64]bool{e.Item.ID: true}
		for _, other := range e.Others {
			ids[other.ID] = true
		}
		for id := range ids {
			if _, err := t.exec(`INSERT INTO entries (issue_id, revision, item_id, section, position) VALUES ($1, $2, $3, $4, $5)`, issue.ID, issue.Revision, id, e.Section, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// SaveRevision writes issue.Content as the revision after issue.Revision, back in
// draft. It is a Conflict if the issue is no longer at that revision or no longer editable.
func (db *DB) SaveRevision(ctx context.Context, issue *newsletter.Issue) error {
	err := db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE issues SET revision = revision + 1, state = 'draft', digest = '', slot = $4, updated_at = $1
			WHERE id = $2 AND revision = $3 AND state IN ('draft', 'in_review', 'approved')`, t.now, issue.ID, issue.Revision, sql.NullString{String: issue.Slot, Valid: issue.Slot != ""})
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.WithHint(fault.Conflictf("issue %s was changed by someone else meanwhile, or can no longer be edited", issue.Slug()), "open it again and repeat the edit")
		}
		issue.Revision++
		issue.State, issue.Digest, issue.UpdatedAt = newsletter.Draft, "", instant(t.now)
		return t.revision(*issue)
	})
	if err != nil {
		return fmt.Errorf("save issue %s: %w", issue.Slug(), err)
	}
	return nil
}

// Issue returns an issue by publication and number.
func (db *DB) Issue(ctx context.Context, publication string, number int) (newsletter.Issue, error) {
	var r issueRow
	err := db.read.GetContext(ctx, &r, issueQuery+`WHERE i.publication_id = $1 AND i.number = $2`, publication, number)
	return oneIssue(r, err, fmt.Sprintf("%s/%d", publication, number))
}

// IssueByPublicID returns the issue that a link names.
func (db *DB) IssueByPublicID(ctx context.Context, id string) (newsletter.Issue, error) {
	var r issueRow
	err := db.read.GetContext(ctx, &r, issueQuery+`WHERE i.public_id = $1`, id)
	return oneIssue(r, err, id)
}

// IssueByID returns an issue by its row.
func (db *DB) IssueByID(ctx context.Context, id int64) (newsletter.Issue, error) {
	var r issueRow
	err := db.write.GetContext(ctx, &r, issueQuery+`WHERE i.id = $1`, id)
	return oneIssue(r, err, fmt.Sprint(id))
}

func oneIssue(r issueRow, err error, name string) (newsletter.Issue, error) {
	if missing(err) {
		return newsletter.Issue{}, fault.WithHint(fault.NotFoundf("no issue %s", name), "`broadsheet issue list` shows them")
	}
	if err != nil {
		return newsletter.Issue{}, fmt.Errorf("read issue %s: %w", name, err)
	}
	return r.issue()
}

// Issues returns the issues of a publication ("" for all), newest first.
func (db *DB) Issues(ctx context.Context, publication string) ([]newsletter.Issue, error) {
	return db.issues(ctx, `WHERE $1 = '' OR i.publication_id = $1 ORDER BY i.id DESC LIMIT 200`, publication)
}

// Sending returns the issues that are being sent, oldest first.
func (db *DB) Sending(ctx context.Context) ([]newsletter.Issue, error) {
	return db.issues(ctx, `WHERE i.state = $1 ORDER BY i.id`, string(newsletter.Sending))
}

func (db *DB) issues(ctx context.Context, which, arg string) ([]newsletter.Issue, error) {
	var rows []issueRow
	if err := db.read.SelectContext(ctx, &rows, issueQuery+which, arg); err != nil {
		return nil, fmt.Errorf("read issues: %w", err)
	}
	issues := make([]newsletter.Issue, len(rows))
	for i, r := range rows {
		issue, err := r.issue()
		if err != nil {
			return nil, err
		}
		issues[i] = issue
	}
	return issues, nil
}

// MoveIssue changes an issue's state if it still is in from, at its revision. digest is kept where it is "".
func (db *DB) MoveIssue(ctx context.Context, issue *newsletter.Issue, to newsletter.IssueState, digest string) error {
	if !issue.State.CanBecome(to) {
		return fault.Conflictf("issue %s is %s and cannot become %s", issue.Slug(), issue.State, to)
	}
	return db.tx(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE issues SET state = $1, digest = CASE WHEN $2 = '' THEN digest ELSE $2 END, updated_at = $3 WHERE id = $4 AND state = $5 AND revision = $6`,
			to, digest, t.now, issue.ID, issue.State, issue.Revision)
		if err != nil {
			return fmt.Errorf("move issue %s to %s: %w", issue.Slug(), to, err)
		}
		if n == 0 {
			return fault.Conflictf("issue %s is no longer %s at revision %d", issue.Slug(), issue.State, issue.Revision)
		}
		issue.State, issue.UpdatedAt = to, instant(t.now)
		if digest != "" {
			issue.Digest = digest
		}
		return nil
	})
}

// SaveProofs freezes the proofs of a revision. Saving them again changes nothing.
func (db *DB) SaveProofs(ctx context.Context, proofs []newsletter.Proof) error {
	return db.tx(ctx, func(t *tx) error {
		for _, p := range proofs {
			if _, err := t.exec(`INSERT INTO proofs (issue_id, revision, language, subject, html, page, body, reader, digest, created_at)
				VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (issue_id, revision, language) DO NOTHING`,
				p.Issue, p.Revision, p.Language, p.Subject, p.HTML, p.Page, p.Text, p.Reader, p.Digest, t.now); err != nil {
				return fmt.Errorf("save proof: %w", err)
			}
		}
		return nil
	})
}

// Proofs returns the frozen proofs of a revision, none if it was never frozen.
func (db *DB) Proofs(ctx context.Context, issue int64, revision int) ([]newsletter.Proof, error) {
	var rows []struct {
		Language string `db:"language"`
		Subject  string `db:"subject"`
		HTML     string `db:"html"`
		Page     string `db:"page"`
		Text     string `db:"body"`
		Reader   string `db:"reader"`
		Digest   string `db:"digest"`
	}
	if err := db.read.SelectContext(ctx, &rows, `SELECT language, subject, html, page, body, reader, digest FROM proofs WHERE issue_id = $1 AND revision = $2 ORDER BY language`, issue, revision); err != nil {
		return nil, fmt.Errorf("read proofs: %w", err)
	}
	proofs := make([]newsletter.Proof, len(rows))
	for i, r := range rows {
		proofs[i] = newsletter.Proof{Issue: issue, Revision: revision, Language: r.Language, Subject: r.Subject, HTML: r.HTML, Page: r.Page, Text: r.Text, Reader: r.Reader, Digest: r.Digest}
	}
	return proofs, nil
}

// Approve writes an approval of the digest in review, once per person, and makes
// the issue approved once it has needed of them.
func (db *DB) Approve(ctx context.Context, issue *newsletter.Issue, a newsletter.Approval, needed int) error {
	return db.decide(ctx, issue, a, func(t *tx, all []newsletter.Approval) (newsletter.IssueState, error) {
		given := newsletter.Standing(all, issue.Revision, issue.Digest)
		if len(newsletter.Standing(append(all, a), issue.Revision, issue.Digest)) > len(given) {
			if err := t.addApproval(a); err != nil {
				return "", err
			}
			given = append(given, a)
		}
		if len(given) < needed {
			return issue.State, nil
		}
		return newsletter.Approved, nil
	})
}

// Return writes a return and makes the issue a draft again.
func (db *DB) Return(ctx context.Context, issue *newsletter.Issue, a newsletter.Approval) error {
	return db.decide(ctx, issue, a, func(t *tx, _ []newsletter.Approval) (newsletter.IssueState, error) {
		return newsletter.Draft, t.addApproval(a)
	})
}

// decide runs a decision on an issue that nobody else may change meanwhile.
func (db *DB) decide(ctx context.Context, issue *newsletter.Issue, a newsletter.Approval, decision func(*tx, []newsletter.Approval) (newsletter.IssueState, error)) error {
	err := db.tx(ctx, func(t *tx) error {
		// Writing the row locks it until the end of the transaction, on both engines.
		n, err := t.exec(`UPDATE issues SET state = state WHERE id = $1 AND state = $2 AND revision = $3 AND digest = $4`, issue.ID, issue.State, issue.Revision, a.Digest)
		if err != nil {
			return err
		}
		if n == 0 {
			return fault.Conflictf("issue %s is no longer %s with digest %.12s", issue.Slug(), issue.State, a.Digest)
		}
		all, err := approvals(ctx, t.Tx, issue.ID)
		if err != nil {
			return err
		}
		to, err := decision(t, all)
		if err != nil || to == issue.State {
			return err
		}
		if _, err := t.exec(`UPDATE issues SET state = $1, updated_at = $2 WHERE id = $3`, to, t.now, issue.ID); err != nil {
			return err
		}
		issue.State, issue.UpdatedAt = to, instant(t.now)
		return nil
	})
	if err != nil {
		return fmt.Errorf("decide on %s: %w", issue.Slug(), err)
	}
	return nil
}

func (t *tx) addApproval(a newsletter.Approval) error {
	id, err := t.ids("approvals", 1)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO approvals (id, issue_id, revision, digest, person, decision, remark, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, a.Issue, a.Revision, a.Digest, a.Person, a.Decision, a.Comment, t.now)
	return err
}

// Approvals returns all decisions on an issue, oldest first.
func (db *DB) Approvals(ctx context.Context, issue int64) ([]newsletter.Approval, error) {
	return approvals(ctx, db.read, issue)
}

func approvals(ctx context.Context, db sqlx.QueryerContext, issue int64) ([]newsletter.Approval, error) {
	var rows []struct {
		Revision  int    `db:"revision"`
		Digest    string `db:"digest"`
		Person    string `db:"person"`
		Decision  string `db:"decision"`
		Remark    string `db:"remark"`
		CreatedAt int64  `db:"created_at"`
	}
	if err := sqlx.SelectContext(ctx, db, &rows, `SELECT revision, digest, person, decision, remark, created_at FROM approvals WHERE issue_id = $1 ORDER BY id`, issue); err != nil {
		return nil, fmt.Errorf("read approvals: %w", err)
	}
	out := make([]newsletter.Approval, len(rows))
	for i, r := range rows {
		out[i] = newsletter.Approval{Issue: issue, Revision: r.Revision, Digest: r.Digest, Person: r.Person, Decision: newsletter.Decision(r.Decision), Comment: r.Remark, CreatedAt: instant(r.CreatedAt)}
	}
	return out, nil
}
