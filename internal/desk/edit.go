package desk

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/compose"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/staff"
)

// EditFile returns an issue as the file that Edit takes, with the words of one
// language, or with "" of all.
func (d *Desk) EditFile(ctx context.Context, slug, language string) (string, error) {
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return "", err
	}
	if language == "" {
		return compose.File(issue, pub), nil
	}
	if !slices.Contains(pub.Languages, language) {
		return "", fault.Invalidf("%s has no language %q", pub.ID, language)
	}
	return compose.File(issue, pub, language), nil
}

// Edit makes a new revision from an edited file. It voids an approval. A file
// that changes nothing makes no revision.
func (d *Desk) Edit(ctx context.Context, slug, text, actor string) (newsletter.Issue, bool, error) {
	return d.revise(ctx, slug, actor, "", func(issue newsletter.Issue, pub newsletter.Publication) (newsletter.Content, bool, error) {
		return compose.Apply(issue, pub, text, d.finder(ctx, pub))
	})
}

// Move makes a new revision with one entry moved up, down or to the top of its
// section, or dropped. revision is the one that the person saw.
func (d *Desk) Move(ctx context.Context, slug string, revision int, item int64, how, actor string) (newsletter.Issue, bool, error) {
	detail := fmt.Sprintf("item %d: %s", item, how)
	return d.revise(ctx, slug, actor, detail, func(issue newsletter.Issue, _ newsletter.Publication) (newsletter.Content, bool, error) {
		if issue.Revision != revision {
			return issue.Content, false, stale(issue, revision)
		}
		return compose.Move(issue.Content, item, how)
	})
}

// Pin pins an entry's item, or takes the pin back. A draft that nobody edited is
// composed anew, so that it shows; in one that is in people's hands a pinned entry
// goes to the top of its section.
func (d *Desk) Pin(ctx context.Context, slug string, revision int, item int64, on bool, actor string) error {
	issue, _, err := d.Open(ctx, slug)
	if err != nil {
		return err
	}
	if issue.Revision != revision || !issue.State.Editable() {
		return stale(issue, revision)
	}
	found, err := d.Items.Item(ctx, item)
	if err != nil {
		return err
	}
	if _, err := d.EditItem(ctx, item, newsletter.Edit{Pinned: on, Rejected: found.Rejected && !on}, actor); err != nil {
		return err
	}
	switch {
	case issue.Kind == "regular" && issue.State == newsletter.Draft && issue.Content.Author == Scheduler:
		_, err = d.Compose(ctx, issue.Publication, actor)
	case on:
		_, _, err = d.Move(ctx, slug, revision, item, "top", actor)
	}
	return err
}

func stale(issue newsletter.Issue, revision int) error {
	return fault.Conflictf("you saw revision %d of %s, but it is %s at revision %d: nothing was changed", revision, issue.Slug(), issue.State, issue.Revision)
}

// Revert makes a new revision that says what an earlier one said.
func (d *Desk) Revert(ctx context.Context, slug string, to int, actor string) (newsletter.Issue, bool, error) {
	return d.revise(ctx, slug, actor, fmt.Sprintf("as revision %d", to), func(issue newsletter.Issue, pub newsletter.Publication) (newsletter.Content, bool, error) {
		old, err := d.Revisions.IssueAt(ctx, issue, to)
		if err != nil {
			return issue.Content, false, err
		}
		same := compose.File(old, pub) == compose.File(withRevision(issue, to), pub) && sameContent(old.Content, issue.Content) // a file does not tell all, such as the words for pictures
		return old.Content, !same, nil
	})
}

func withRevision(issue newsletter.Issue, revision int) newsletter.Issue {
	issue.Revision = revision
	return issue
}

// revise writes what change makes of an issue as its next revision, unless it changes nothing.
func (d *Desk) revise(ctx context.Context, slug, actor, detail string, change func(newsletter.Issue, newsletter.Publication) (newsletter.Content, bool, error)) (newsletter.Issue, bool, error) {
	actor, err := d.who(actor, staff.Editor)
	if err != nil {
		return newsletter.Issue{}, false, err
	}
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return issue, false, err
	}
	if !issue.State.Editable() {
		return issue, false, fault.Conflictf("issue %s is %s and can no longer be edited", slug, issue.State)
	}
	content, changed, err := change(issue, pub)
	if err != nil || !changed {
		return issue, false, err
	}
	was := issue.State
	content.Author = actor
	issue.Content = content
	if err := d.Issues.SaveRevision(ctx, &issue); err != nil {
		return issue, false, err
	}
	said := fmt.Sprintf("revision %d, was %s", issue.Revision, was)
	if detail != "" {
		said += ", " + detail
	}
	return issue, true, d.audit(ctx, actor, "edited", issue, said)
}

// finder finds what an edited file may place: any item of any age, but none that
// was rejected or may not be printed yet.
func (d *Desk) finder(ctx context.Context, pub newsletter.Publication) compose.Find {
	return func(name string) ([]newsletter.Entry, error) {
		items, err := d.named(ctx, name)
		if err != nil {
			return nil, err
		}
		var out []newsletter.Entry
		var last error
		for _, item := range items {
			if last = d.printable(item); last != nil {
				continue
			}
			kin, err := d.Items.Items(ctx, item.When().Add(-compose.Late))
			if err != nil {
				return nil, err
			}
			kin = slices.DeleteFunc(kin, func(i newsletter.Item) bool { return d.printable(i) != nil })
			out = append(out, compose.Paired(item, kin, d.Sources, pub.Languages))
		}
		if len(out) == 0 {
			return nil, last
		}
		return out, nil
	}
}

func (d *Desk) printable(item newsletter.Item) error {
	switch {
	case item.Rejected:
		return fault.Invalidf("item %d was rejected by %s: take it back with `broadsheet item set %d --accept`", item.ID, item.EditedBy, item.ID)
	case item.Embargo.After(d.Now()):
		return fault.Invalidf("item %d is under embargo until %s", item.ID, item.Embargo.Format(time.RFC3339))
	}
	return nil
}

// Revision is one state of an issue, and what it changed.
type Revision struct {
	Number  int       `json:"revision"`
	At      time.Time `json:"at"`
	Author  string    `json:"author"`
	Added   int       `json:"added"` // lines of the edit file
	Removed int       `json:"removed"`
	Diff    string    `json:"diff,omitempty"` // to the one before, as a unified diff
}

// Changes returns every revision of an issue, oldest first.
func (d *Desk) Changes(ctx context.Context, slug string) ([]Revision, error) {
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return nil, err
	}
	all, err := d.Revisions.Revisions(ctx, issue)
	if err != nil {
		return nil, err
	}
	out := make([]Revision, len(all))
	for i, r := range all {
		out[i] = Revision{Number: r.Revision, At: r.UpdatedAt, Author: r.Content.Author}
		if i > 0 {
			out[i].Diff = compose.Diff(all[i-1], r, pub)
			out[i].Added, out[i].Removed = strings.Count(out[i].Diff, "\n+"), strings.Count(out[i].Diff, "\n-")
			if out[i].Diff != "" { // the two lines that name the files
				out[i].Added, out[i].Removed = out[i].Added-1, out[i].Removed-1
			}
		}
	}
	return out, nil
}

// LogEntry is what someone did with an issue, and the revision that came of it.
type LogEntry struct {
	staff.AuditEntry
	Revision int `json:"revision,omitempty"`
	Added    int `json:"added,omitempty"` // lines of the edit file, to the revision before
	Removed  int `json:"removed,omitempty"`
}

// IssueLog returns what people and the schedule did with an issue, oldest first.
func (d *Desk) IssueLog(ctx context.Context, slug string) ([]LogEntry, error) {
	changes, err := d.Changes(ctx, slug)
	if err != nil {
		return nil, err
	}
	done, err := d.Office.Audit(ctx, slug)
	if err != nil {
		return nil, err
	}
	out := make([]LogEntry, len(done))
	for i, e := range done {
		out[i].AuditEntry = e
		if !slices.Contains([]string{"composed", "refreshed", "edited"}, e.Action) {
			continue
		}
		if _, err := fmt.Sscanf(e.Detail, "revision %d", &out[i].Revision); err != nil { // which these name first
			continue
		}
		if n := out[i].Revision; n >= 1 && n <= len(changes) {
			out[i].Added, out[i].Removed = changes[n-1].Added, changes[n-1].Removed
		}
	}
	return out, nil
}

// Diff returns what changed between two revisions of an issue as a unified diff of
// their files. 0 stands for the newest, and for the one before it.
func (d *Desk) Diff(ctx context.Context, slug string, from, to int) (string, error) {
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return "", err
	}
	if to == 0 {
		to = issue.Revision
	}
	if from == 0 {
		from = max(to-1, 1)
	}
	old, err := d.Revisions.IssueAt(ctx, issue, from)
	if err != nil {
		return "", err
	}
	now, err := d.Revisions.IssueAt(ctx, issue, to)
	if err != nil {
		return "", err
	}
	return compose.Diff(old, now, pub), nil
}
