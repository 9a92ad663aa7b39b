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

// Wishes is the store of what strangers ask for, and of how often.
type Wishes interface {
	Take(ctx context.Context, of ...newsletter.Allowance) (refused string, err error)
	AddWish(ctx context.Context, w newsletter.Wish, first newsletter.Allowance, rest ...newsletter.Allowance) (refused string, err error)
	WaitingWishes(ctx context.Context, limit int) ([]newsletter.Wish, error)
	DropWish(ctx context.Context, id int64) error
}

// How often strangers may ask. Nobody is written to more often than PerAddress
// says, whoever asks and for whatever.
var (
	PerAddress = []newsletter.Allowance{{Most: 1, Within: 10 * time.Minute}, {Most: 3, Within: 24 * time.Hour}}
	PerMachine = newsletter.Allowance{Most: 30, Within: time.Hour} // a whole office may stand behind one address
	Overall    = newsletter.Allowance{Most: 2000, Within: time.Hour}
)

// ErrTooOften says that one machine asked for too much; it says nothing of any address.
var ErrTooOften = fault.Forbiddenf("too many requests came from there")

// confirmFor is how long the link that confirms a subscription works.
const confirmFor = 7 * 24 * time.Hour

// Asker is who asks: keyed hashes of their machine's network and of the address.
type Asker struct{ Machine, Address string }

// Wish takes down what someone asked for on a page. It is the same work whoever
// the address belongs to: nothing is looked up yet. Where the address was written
// to too often it does nothing, and says nothing of it.
func (d *Desk) Wish(ctx context.Context, w newsletter.Wish, from Asker) error {
	machine, all := PerMachine, Overall
	machine.Key, all.Key = "machine "+from.Machine, "all"
	allowances := []newsletter.Allowance{all}
	for _, a := range PerAddress {
		a.Key = "address " + from.Address
		allowances = append(allowances, a)
	}
	refused, err := d.Wishes.AddWish(ctx, w, machine, allowances...)
	switch {
	case err != nil:
		return err
	case refused == machine.Key:
		return ErrTooOften
	case refused == all.Key:
		return fault.Unavailablef("too many people ask at this time")
	}
	return nil
}

// GrantWishes does what was asked for on pages. Several processes may do so at a
// time: doing it twice changes nothing, and a mail is written once.
func (d *Desk) GrantWishes(ctx context.Context) (done int, err error) {
	waiting, err := d.Wishes.WaitingWishes(ctx, 100)
	if err != nil {
		return 0, err
	}
	for _, w := range waiting {
		pub, err := d.Publication(w.Publication)
		if err == nil && w.Kind == newsletter.WishLink {
			err = d.sendLink(ctx, w, pub)
		} else if err == nil {
			err = d.subscribe(ctx, w, pub)
		}
		switch fault.KindOf(err) {
		case fault.Internal, fault.Unavailable:
			if err != nil {
				return done, err
			}
		default: // the list was closed meanwhile, or the publication is gone
			d.Log.Warn("what was asked for on a page cannot be done", "wish", w.ID, "kind", w.Kind, "error", fault.KindOf(err))
		}
		if err := d.Wishes.DropWish(ctx, w.ID); err != nil {
			return done, err
		}
		done++
	}
	return done, nil
}

// subscribe does what a subscribe page was asked for, and writes to the address: to
// confirm, as a welcome, or that they are on the lists already. A suppressed address hears nothing.
func (d *Desk) subscribe(ctx context.Context, w newsletter.Wish, pub newsletter.Publication) error {
	results, err := d.People.Subscribe(ctx, w.Request)
	if err != nil || len(results) == 0 {
		return err
	}
	on := map[subscribers.Outcome][]string{}
	for _, r := range results {
		on[r.Outcome] = append(on[r.Outcome], r.List)
	}
	if len(on[subscribers.Refused]) > 0 {
		return nil
	}
	who := results[0].Subscriber
	letter := notice.Letter{Kind: "already", Address: results[0].Address, Language: w.Request.Language, Link: d.Links.Preferences(who, pub), Dedupe: dedupe("wish", w)}
	lists := w.Request.Lists
	switch {
	case len(on[subscribers.Waiting]) > 0:
		lists = on[subscribers.Waiting]
		letter.Kind, letter.Until = "confirm", d.Now().Add(confirmFor)
		letter.Link = d.Links.Confirm(who, letter.Until, lists...)
	case len(on[subscribers.Added]) > 0:
		lists = on[subscribers.Added]
		letter.Kind, letter.Leave = "welcome", d.Links.Unsubscribe(who, pub)
	}
	return d.letter(ctx, pub, letter, lists)
}

func dedupe(kind string, w newsletter.Wish) string {
	return kind + " " + strconv.FormatInt(w.ID, 10) + " " + strconv.FormatInt(w.AskedAt.UnixMilli(), 36)
}

// sendLink sends someone their own link, if we know them.
func (d *Desk) sendLink(ctx context.Context, w newsletter.Wish, pub newsletter.Publication) error {
	who, err := d.People.Show(ctx, w.Request.Address)
	if fault.Is(err, fault.NotFound) || err == nil && who.Suppression != nil {
		return nil
	}
	if err != nil {
		return err
	}
	return d.letter(ctx, pub, notice.Letter{Kind: "link", Address: who.Address, Language: who.Language, Link: d.Links.Preferences(who.PublicID, pub), Dedupe: dedupe("wish", w)}, nil)
}

// letter writes down service mail to a reader, in a language of the publication.
func (d *Desk) letter(ctx context.Context, pub newsletter.Publication, l notice.Letter, lists []string) error {
	l.Language = spoken(pub, l.Language)
	if len(lists) > 1 {
		all, err := d.People.Lists(ctx)
		if err != nil {
			return err
		}
		for _, list := range all {
			if slices.Contains(lists, list.ID) {
				l.Lists = append(l.Lists, list.Title.In(l.Language, pub.Fallback()))
			}
		}
	}
	n, err := d.Notices.Letter(pub, l)
	if err != nil {
		return err
	}
	return d.Office.AddNotice(ctx, n)
}

// spoken is the language of a publication in which someone is written to.
func spoken(pub newsletter.Publication, language string) string {
	if slices.Contains(pub.Languages, language) {
		return language
	}
	return pub.Fallback()
}
