package desk

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"broadsheet/internal/compose"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/schedule"
	"broadsheet/internal/staff"
	"broadsheet/subscribers"
)

// StillOpen is the outcome of composing while an issue that people worked on has
// missed its slot: nothing is made before they send it by hand or cancel it.
const StillOpen = "still open"

// Composed says what a composition did.
type Composed struct {
	Issue   newsletter.Issue
	Outcome string // composed | refreshed | unchanged | nothing new | still open
}

// Compose makes the next issue of a publication, or brings its open draft up to
// date while nobody has edited it. With nothing new it changes nothing.
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
			return Composed{*open, StillOpen}, nil
		}
		return Composed{*open, "unchanged"}, nil
	}
	content, err := d.pick(ctx, pub, open)
	if err != nil {
		return Composed{}, err
	}
	slot, err := d.nextSlot(ctx, pub, open)
	if err != nil {
		return Composed{}, err
	}
	switch {
	case open != nil && sameContent(content, open.Content) && open.Slot == slot:
		return Composed{*open, "unchanged"}, nil
	case open != nil:
		open.Content, open.Slot = content, slot
		if err := d.Issues.SaveRevision(ctx, open); err != nil {
			return Composed{}, err
		}
		return Composed{*open, "refreshed"}, d.audit(ctx, actor, "refreshed", *open, "")
	case len(content.Entries) == 0:
		return Composed{Outcome: "nothing new"}, nil
	}
	issue := newsletter.Issue{PublicID: subscribers.NewPublicID(), Publication: pub.ID, Kind: "regular", Slot: slot, Content: content}
	if err := d.Issues.CreateIssue(ctx, &issue); err != nil {
		return Composed{}, err
	}
	return Composed{issue, "composed"}, d.audit(ctx, actor, "composed", issue, "")
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

func (d *Desk) pick(ctx context.Context, pub newsletter.Publication, open *newsletter.Issue) (newsletter.Content, error) {
	in, err := d.composition(ctx, pub, open)
	if err != nil {
		return newsletter.Content{}, err
	}
	content := compose.Compose(in)
	if open != nil {
		content.Date = open.Content.Date
	}
	return content, nil
}

// composition is all that decides the next issue, or the open one.
func (d *Desk) composition(ctx context.Context, pub newsletter.Publication, open *newsletter.Issue) (compose.Input, error) {
	in := compose.Input{Publication: pub, Sources: d.Sources, Now: d.Now()}
	var except int64
	if open != nil {
		except, in.Since = open.ID, open.Content.Since
	} else if err := d.period(ctx, pub, &in); err != nil {
		return in, err
	}
	var err error
	if in.Placed, err = d.Items.PlacedItems(ctx, pub.ID, except); err != nil {
		return in, err
	}
	from := in.Since
	if from.IsZero() {
		from = in.Now.Add(-compose.FirstPeriod)
	}
	in.Items, err = d.Items.Items(ctx, from.Add(-compose.Late))
	return in, err
}

// period says from when on items count: a set span, or since the last issue. A
// cancelled issue covered nothing: what it would have covered counts again.
func (d *Desk) period(ctx context.Context, pub newsletter.Publication, in *compose.Input) error {
	if span, err := newsletter.ParseDuration(pub.Period); err == nil {
		in.Since = in.Now.Add(-span)
		return nil
	}
	issues, err := d.Issues.Issues(ctx, pub.ID)
	for _, issue := range issues { // newest first
		switch {
		case issue.Kind != "regular":
		case issue.State == newsletter.Cancelled:
			in.Since = issue.Content.Since
		default:
			in.Since = issue.CreatedAt
			return nil
		}
	}
	return err
}

// nextSlot is the label of the next planned send that has no issue but perhaps
// this one, "" without a schedule.
func (d *Desk) nextSlot(ctx context.Context, pub newsletter.Publication, open *newsletter.Issue) (string, error) {
	if pub.Schedule.Send == "" {
		return "", nil
	}
	issues, err := d.Issues.Issues(ctx, pub.ID)
	if err != nil {
		return "", err
	}
	taken := map[string]bool{}
	for _, i := range issues {
		if open == nil || i.ID != open.ID {
			taken[i.Slot] = true
		}
	}
	if open != nil && d.stillDue(pub, open.Slot) {
		return open.Slot, nil
	}
	after := d.Now()
	for {
		slot, ok := schedule.Next(pub.Schedule.Send, pub.Location(), pub.Schedule.Closed, after)
		if !ok {
			return "", nil
		}
		if !taken[slot.Label] {
			return slot.Label, nil
		}
		after = slot.At
	}
}

// stillDue reports whether a slot may yet be done: an issue keeps it so long.
func (d *Desk) stillDue(pub newsletter.Publication, slot string) bool {
	at, err := schedule.Instant(slot, pub.Location(), pub.Schedule.Closed)
	return err == nil && d.Now().Before(at.Add(time.Duration(pub.Schedule.SendWindow)))
}

func sameContent(a, b newsletter.Content) bool {
	a.Date, b.Date = time.Time{}, time.Time{}
	if !a.Since.Equal(b.Since) || len(a.Entries) != len(b.Entries) {
		return false
	}
	return slices.EqualFunc(a.Entries, b.Entries, func(x, y newsletter.Entry) bool {
		return x.Section == y.Section && x.Item.Digest() == y.Item.Digest() && len(x.Others) == len(y.Others) && reflect.DeepEqual(digests(x.Others), digests(y.Others))
	})
}

func digests(items map[string]newsletter.Item) map[string]string {
	out := map[string]string{}
	for language, item := range items {
		out[language] = item.Digest()
	}
	return out
}

// EditFile returns an issue as the file that Edit takes.
func (d *Desk) EditFile(ctx context.Context, slug, language string) (string, error) {
	issue, pub, err := d.Open(ctx, slug)
	if err != nil {
		return "", err
	}
	if language == "" {
		language = pub.Fallback()
	}
	if !slices.Contains(pub.Languages, language) {
		return "", fault.Invalidf("%s has no language %q", pub.ID, language)
	}
	return compose.File(issue, pub, language), nil
}

// Edit makes a new revision from an edited file. It voids an approval. A file
// that changes nothing makes no revision.
func (d *Desk) Edit(ctx context.Context, slug, text, actor string) (newsletter.Issue, bool, error) {
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
	content, changed, err := compose.Apply(issue, pub, text, func(id int64) (newsletter.Item, error) { return d.Items.Item(ctx, id) })
	if err != nil || !changed {
		return issue, false, err
	}
	content.Author = actor
	was := issue.State
	issue.Content = content
	if err := d.Issues.SaveRevision(ctx, &issue); err != nil {
		return issue, false, err
	}
	return issue, true, d.audit(ctx, actor, "edited", issue, fmt.Sprintf("revision %d, was %s", issue.Revision, was))
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
