package desk

import (
	"context"
	"slices"
	"strconv"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/subscribers"
)

// Origin says what a link in a sent issue stands for: the publication and the
// lists the issue went to. Both are answered for as long as the issue is known,
// whatever became of the publication since: a link in an old mail must work.
func (d *Desk) Origin(ctx context.Context, issue string) (newsletter.Publication, []string, error) {
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
	return pub, slices.Compact(lists), err
}

// Unsubscribe ends a person's subscriptions to lists. Doing it twice changes nothing.
func (d *Desk) Unsubscribe(ctx context.Context, subscriber string, lists []string) error {
	if len(lists) == 0 {
		return nil
	}
	_, err := d.People.End(ctx, subscriber, subscribers.Unsubscribed, "", subscribers.Act{By: "person", How: "page"}, lists...)
	return err
}

// AskToConfirm writes to people whose subscription waits for their confirmation.
func (d *Desk) AskToConfirm(ctx context.Context, list string, results []subscribers.Result) (asked int, err error) {
	return d.askToConfirm(ctx, list, results, "")
}

// askToConfirm writes once for each round of asking.
func (d *Desk) askToConfirm(ctx context.Context, list string, results []subscribers.Result, round string) (asked int, err error) {
	pub, err := d.PublicationOf(list)
	if err != nil {
		return 0, err
	}
	for _, r := range results {
		if r.State != subscribers.Pending || r.Outcome == subscribers.Refused {
			continue
		}
		profile, err := d.People.Show(ctx, r.Subscriber)
		if err != nil {
			return asked, err
		}
		language := profile.Language
		if !slices.Contains(pub.Languages, language) {
			language = pub.Fallback()
		}
		n, err := d.Notices.Confirm(pub, language, profile.Address, d.Links.Confirm(profile.PublicID, list), confirmKey(profile, list)+round)
		if err != nil {
			return asked, err
		}
		if err := d.Office.AddNotice(ctx, n); err != nil {
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
		_, err := d.askToConfirm(ctx, list, []subscribers.Result{r}, " until "+until.Format(time.DateOnly))
		return err
	})
	return asked, err
}

// confirmKey names one request to confirm: that of the subscription that is open.
func confirmKey(p subscribers.Profile, list string) string {
	key := "confirm " + list + " " + p.PublicID
	for _, x := range p.Subscriptions {
		if x.ListID == list && x.State == subscribers.Pending {
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
