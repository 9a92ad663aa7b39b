package desk

import (
	"context"
	"fmt"
	"time"

	"broadsheet/internal/compose"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/notice"
	"broadsheet/internal/staff"
	"broadsheet/subscribers"
)

// StillOpen is the outcome of composing while an issue that people worked on has
// missed its slot: nothing is made before they send it by hand or cancel it.
const StillOpen = "still open"

// TooFew is the outcome of composing with fewer new entries than the publication wants.
const TooFew = "too few"

// Composed says what a composition did.
type Composed struct {
	Issue   newsletter.Issue
	Outcome string // composed | refreshed | unchanged | nothing new | too few | still open
	New     int    // entries that stood in no issue before, where no issue was made
	Minimum int    // how many it would have taken
}

// Compose makes the next issue of a publication, or brings its open draft up to
// date while nobody has edited it. With nothing new, or less than the publication
// wants, it changes nothing.
func (d *Desk) Compose(ctx context.Context, publication, actor string) (Composed, error) {
	actor, err := d.who(actor, staff.Editor)
	if err != nil {
		return Composed{}, err
	}
	pub, err := d.Publication(publication)
	if err != nil {
		return Composed{}, err
	}
	open, err := d.openIssue(ctx, pub.ID)
	if err != nil {
		return Composed{}, err
	}
	if open != nil && (open.State != newsletter.Draft || open.Content.Author != Scheduler) {
		if open.Slot != "" && !d.stillDue(pub, open.Slot) {
			return Composed{Issue: *open, Outcome: StillOpen}, nil
		}
		return Composed{Issue: *open, Outcome: "unchanged"}, nil
	}
	c, err := d.composition(ctx, pub, open)
	if err != nil {
		return Composed{}, err
	}
	content := compose.Compose(c.Input)
	switch {
	case open == nil && content.New() < max(1, pub.Minimum):
		return d.tooFew(ctx, pub, c, content.New(), actor)
	case open == nil:
		return d.create(ctx, newsletter.Issue{Publication: pub.ID, Kind: "regular", Slot: c.slot, Content: content}, actor)
	}
	content.Date, content.Headline = open.Content.Date, open.Content.Headline // a person may have named it when it was made
	if sameContent(content, open.Content) && open.Slot == c.slot {
		return Composed{Issue: *open, Outcome: "unchanged"}, nil
	}
	open.Content, open.Slot = content, c.slot
	if err := d.Issues.SaveRevision(ctx, open); err != nil {
		return Composed{}, err
	}
	return Composed{Issue: *open, Outcome: "refreshed"}, d.audit(ctx, actor, "refreshed", *open, fmt.Sprintf("revision %d", open.Revision))
}

func (d *Desk) create(ctx context.Context, issue newsletter.Issue, actor string) (Composed, error) {
	issue.PublicID = subscribers.NewPublicID()
	if err := d.Issues.CreateIssue(ctx, &issue); err != nil {
		return Composed{}, err
	}
	return Composed{Issue: issue, Outcome: "composed"}, d.audit(ctx, actor, "composed", issue, fmt.Sprintf("revision %d", issue.Revision))
}

// tooFew makes no issue. Where the schedule asked for one the team is told, once
// for the slot; a person who asked is told by whoever called.
func (d *Desk) tooFew(ctx context.Context, pub newsletter.Publication, c composition, found int, actor string) (Composed, error) {
	out := Composed{Outcome: TooFew, New: found, Minimum: max(1, pub.Minimum)}
	if found == 0 {
		out.Outcome = "nothing new"
	}
	if actor != Scheduler {
		return out, nil
	}
	slot, at := c.slot, c.SendAt
	if slot == "" {
		slot, at = d.Now().Format(time.DateOnly), d.Now()
	}
	return out, d.alarm(ctx, pub, notice.Alarm{Kind: "few", Since: at, Done: found, All: out.Minimum, Link: d.Links.Issue(""), Dedupe: "few " + pub.ID + " " + slot})
}

// NewIssue makes an issue because a person wants one: the next regular issue,
// however little is new, or a special one outside any slot, which begins empty and
// under a title of its own.
func (d *Desk) NewIssue(ctx context.Context, publication string, special bool, title, actor string) (newsletter.Issue, error) {
	actor, err := d.who(actor, staff.Editor)
	if err != nil {
		return newsletter.Issue{}, err
	}
	pub, err := d.Publication(publication)
	if err != nil {
		return newsletter.Issue{}, err
	}
	if special {
		made, err := d.create(ctx, newsletter.Issue{Publication: pub.ID, Kind: "special", Content: compose.Empty(pub, title, actor, d.Now())}, actor)
		return made.Issue, err
	}
	open, err := d.openIssue(ctx, pub.ID)
	if err != nil {
		return newsletter.Issue{}, err
	}
	if open != nil {
		return newsletter.Issue{}, fault.WithHint(fault.Conflictf("%s is open already", open.Slug()), "edit or cancel it, or make a special issue with --special")
	}
	c, err := d.composition(ctx, pub, nil)
	if err != nil {
		return newsletter.Issue{}, err
	}
	content := compose.Compose(c.Input)
	if title != "" {
		content.Headline = compose.Empty(pub, title, actor, d.Now()).Headline
	}
	made, err := d.create(ctx, newsletter.Issue{Publication: pub.ID, Kind: "regular", Slot: c.slot, Content: content}, actor)
	return made.Issue, err
}

// openIssue returns the newest regular issue that is not sent yet.
func (d *Desk) openIssue(ctx context.Context, publication string) (*newsletter.Issue, error) {
	issues, err := d.Issues.Issues(ctx, publication)
	if err != nil {
		return nil, err
	}
	for _, issue := range issues {
		if issue.Kind == "regular" && issue.State.Editable() {
			return &issue, nil
		}
	}
	return nil, nil
}

// Proofs returns an issue's proofs: a draft's as it would be now, else those that were frozen when it was submitted.
func (d *Desk) Proofs(ctx context.Context, issue newsletter.Issue, pub newsletter.Publication) ([]newsletter.Proof, error) {
	if issue.State == newsletter.Draft {
		return d.Renderer.Proofs(pub, issue)
	}
	frozen, err := d.Issues.Proofs(ctx, issue.ID, issue.Revision)
	if err != nil || len(frozen) > 0 {
		return frozen, err
	}
	return d.Renderer.Proofs(pub, issue)
}

// Proof returns an issue's proof in a language, "" for the publication's first.
func (d *Desk) Proof(ctx context.Context, slug, language string) (newsletter.Issue, newsletter.Publication, newsletter.Proof, error) {
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return issue, pub, newsletter.Proof{}, err
	}
	if language == "" {
		language = pub.Fallback()
	}
	proofs, err := d.Proofs(ctx, issue, pub)
	if err != nil {
		return issue, pub, newsletter.Proof{}, err
	}
	for _, p := range proofs {
		if p.Language == language {
			return issue, pub, p, nil
		}
	}
	return issue, pub, newsletter.Proof{}, fault.NotFoundf("%s has no language %q", pub.ID, language)
}
