package desk

import (
	"context"
	"slices"
	"strconv"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/notice"
	"broadsheet/subscribers"
)

// Origin says what a link in a sent issue stands for: the publication and the
// lists the issue went to. Both are answered for as long as the issue is known,
// whatever became of the publication since: a link in an old mail must work.
func (d *Desk) Origin(ctx context.Context, issue string) (newsletter.Publication, []string, error) {
	if known, ok := d.origins.Load(issue); ok {
		return known.(origin).pub, known.(origin).lists, nil
	}
	i, err := d.Issues.IssueByPublicID(ctx, issue)
	if err != nil {
		return newsletter.Publication{}, nil, err
	}
	pub, err := d.Publication(i.Publication)
	if err != nil {
		pub = newsletter.Publication{ID: i.Publication, Title: newsletter.Text{"": i.Publication}}
	}
	send, err := d.Sends.Send(ctx, i.ID)
	if fault.Is(err, fault.NotFound) {
		return pub, pub.Lists, nil
	}
	lists := append(slices.Clone(pub.Lists), send.Lists...)
	slices.Sort(lists)
	lists = slices.Compact(lists)
	if err == nil { // what was sent stays as it was
		d.origins.Store(issue, origin{pub, lists})
	}
	return pub, lists, err
}

// origin is what the links in a sent issue stand for.
type origin struct {
	pub   newsletter.Publication
	lists []string
}

// Unsubscribe ends a person's subscriptions to lists, and returns how many ended.
// Doing it twice changes nothing. note is what they say about it.
func (d *Desk) Unsubscribe(ctx context.Context, who subscribers.Profile, note string, lists []string) (ended int, err error) {
	if len(lists) == 0 {
		return 0, nil
	}
	return d.People.EndOf(ctx, who, subscribers.Unsubscribed, note, page, lists...)
}

// page is how people act for themselves.
var page = subscribers.Act{By: "person", How: "page"}

// Goodbye tells a person that they left, and how to take it back: whoever was passed
// on their mail has their link too.
func (d *Desk) Goodbye(ctx context.Context, who subscribers.Profile, pub newsletter.Publication) error {
	if who.Suppression != nil {
		return nil
	}
	return d.atTimes(ctx, notice.Letter{Kind: "goodbye", Link: d.Links.Unsubscribe(who.PublicID, pub)}, who, pub)
}

// SendData sends a person the link to all that is held on them. Their links in
// messages do not show it: messages are passed on.
func (d *Desk) SendData(ctx context.Context, who subscribers.Profile, pub newsletter.Publication) error {
	until := d.Now().Add(24 * time.Hour)
	return d.atTimes(ctx, notice.Letter{Kind: "data", Link: d.Links.Data(who.PublicID, pub, until), Until: until}, who, pub)
}

// atTimes writes to a person, three times a day at most for each kind.
func (d *Desk) atTimes(ctx context.Context, l notice.Letter, who subscribers.Profile, pub newsletter.Publication) error {
	refused, err := d.Wishes.Take(ctx, newsletter.Allowance{Key: l.Kind + " " + who.PublicID, Most: 3, Within: 24 * time.Hour})
	if err != nil || refused != "" {
		return err
	}
	l.Address, l.Language, l.Dedupe = who.Address, who.Language, l.Kind+" "+who.PublicID+" "+strconv.FormatInt(d.Now().UnixMilli(), 36)
	return d.letter(ctx, pub, l, nil)
}

// Undo takes leaving back, for a day: of lists, those that the person left last.
func (d *Desk) Undo(ctx context.Context, who subscribers.Profile, lists []string) error {
	back := who.MayReturn(d.Now(), lists)
	if len(back) == 0 {
		return fault.Conflictf("it is too late to take this back")
	}
	return d.People.Undo(ctx, who.PublicID, page, back...)
}

// Confirm confirms a person's subscriptions to lists, and welcomes them. Doing it
// twice changes nothing; where none of them is open any more it is a Conflict.
func (d *Desk) Confirm(ctx context.Context, who subscribers.Profile, pub newsletter.Publication, consent subscribers.Consent, lists []string) error {
	var closed error
	key, done := "welcome "+who.PublicID, []string{}
	for _, list := range lists {
		err := d.People.Confirm(ctx, who.PublicID, list, consent, page)
		if err != nil && !fault.Is(err, fault.Conflict) {
			return err
		}
		if err != nil {
			closed = err
			continue
		}
		done = append(done, list)
		key += " " + confirmKey(who, list)
	}
	if len(done) == 0 {
		return closed
	}
	return d.letter(ctx, pub, notice.Letter{Kind: "welcome", Address: who.Address, Language: who.Language, Link: d.Links.Preferences(who.PublicID, pub), Leave: d.Links.Unsubscribe(who.PublicID, pub), Dedupe: key}, done)
}

// askedFor is how long a link works that an operator sent to be confirmed, where
// they named no day.
const askedFor = 30 * 24 * time.Hour

// AskToConfirm writes to people whose subscription waits for their confirmation.
func (d *Desk) AskToConfirm(ctx context.Context, list string, results []subscribers.Result) (asked int, err error) {
	return d.askToConfirm(ctx, list, results, "", d.Now().Add(askedFor))
}

// askToConfirm writes once for each round of asking; the link works until a day.
func (d *Desk) askToConfirm(ctx context.Context, list string, results []subscribers.Result, round string, until time.Time) (asked int, err error) {
	pub, err := d.PublicationOf(list)
	if err != nil {
		return 0, err
	}
	for _, r := range results {
		if r.State != subscribers.Pending || r.Outcome == subscribers.Refused {
			continue
		}
		who, err := d.People.Show(ctx, r.Subscriber)
		if err != nil {
			return asked, err
		}
		l := notice.Letter{Kind: "confirm", Address: who.Address, Language: who.Language, Link: d.Links.Confirm(who.PublicID, until, list), Until: until, Dedupe: confirmKey(who, list) + round}
		if err := d.letter(ctx, pub, l, nil); err != nil {
			return asked, err
		}
		asked++
	}
	return asked, nil
}

// Reconfirm asks the people of a list who are pending and may be asked to confirm
// until a day, and returns how many. With dryRun nobody is.
func (d *Desk) Reconfirm(ctx context.Context, list string, until time.Time, act subscribers.Act, dryRun bool) (asked int, err error) {
	people := d.People
	if dryRun {
		people = people.Rehearse()
	}
	err = people.Reconfirm(ctx, list, until, act, func(r subscribers.Result) error {
		asked++
		if dryRun {
			return nil
		}
		_, err := d.askToConfirm(ctx, list, []subscribers.Result{r}, " until "+until.Format(time.DateOnly), until)
		return err
	})
	return asked, err
}

// confirmKey names one request to confirm: that of the subscription that is open.
func confirmKey(p subscribers.Profile, list string) string {
	key := "confirm " + list + " " + p.PublicID
	for _, x := range p.Subscriptions {
		if x.ListID == list && x.State != subscribers.Ended {
			key += " " + strconv.FormatInt(x.CreatedAt.UnixMilli(), 36)
		}
	}
	return key
}

// PublicationOf returns the first publication that is sent to a list.
func (d *Desk) PublicationOf(list string) (newsletter.Publication, error) {
	for _, p := range d.Publications {
		if slices.Contains(p.Lists, list) {
			return p, nil
		}
	}
	return newsletter.Publication{}, fault.WithHint(fault.Conflictf("no publication is sent to list %s, so nobody could say what it is", list), "add it to a publication's lists:")
}
