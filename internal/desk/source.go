package desk

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/collect"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/notice"
	"broadsheet/internal/staff"
)

// chosen returns the named sources, all when none is named.
func (d *Desk) chosen(ids []string) ([]newsletter.Source, error) {
	if len(ids) == 0 {
		return d.Sources, nil
	}
	var sources []newsletter.Source
	for _, id := range ids {
		s, err := d.Source(id)
		if err != nil {
			return nil, err
		}
		sources = append(sources, s)
	}
	return sources, nil
}

// Collect reads the named sources, all when none is named; with due only those whose time has come.
func (d *Desk) Collect(ctx context.Context, ids []string, due bool, done func(newsletter.SourceRun)) error {
	sources, err := d.chosen(ids)
	if err != nil {
		return err
	}
	return d.Collector.All(ctx, sources, due, done)
}

// CheckSources reads sources as Collect does and says how each is, but stores nothing.
func (d *Desk) CheckSources(ctx context.Context, ids []string, done func(newsletter.SourceHealth)) error {
	sources, err := d.chosen(ids)
	if err != nil {
		return err
	}
	return d.Collector.Check(ctx, sources, done)
}

// Trial is what a source gives now, held against what is stored of it.
type Trial struct {
	Source newsletter.Source
	Found  collect.Found
	Items  []TrialItem
	Gone   []newsletter.Item // stored of the last 60 days, and no longer given
}

// TrialItem is one item of a trial. State: new | changed | same.
type TrialItem struct {
	newsletter.Item
	State   string
	Changed []string // the fields that differ
}

// trialPast is how far back a trial looks for what is no longer given.
const trialPast = 60 * 24 * time.Hour

// Try reads a source now and stores nothing.
func (d *Desk) Try(ctx context.Context, id string) (Trial, error) {
	s, err := d.Source(id)
	if err != nil {
		return Trial{}, err
	}
	t := Trial{Source: s}
	if t.Found, err = d.Collector.Look(ctx, s, newsletter.SourceState{}); err != nil {
		return t, err
	}
	past, err := d.Items.Items(ctx, d.Now().Add(-trialPast))
	if err != nil {
		return t, err
	}
	past = slices.DeleteFunc(past, func(i newsletter.Item) bool { return i.Source != id })
	stored, err := d.Items.SourceItems(ctx, id, append(identities(t.Found.Items), identities(past)...))
	if err != nil {
		return t, err
	}
	t.hold(stored, past)
	return t, nil
}

func identities(items []newsletter.Item) []string {
	out := make([]string, len(items))
	for i, item := range items {
		out[i] = item.Identity
	}
	return out
}

// hold holds what was found against what is stored, as storing does: what the
// source only calls otherwise now is the same.
func (t *Trial) hold(stored map[string]newsletter.Item, past []newsletter.Item) {
	given, likely := map[string]bool{}, map[string]newsletter.Item{}
	for _, item := range t.Found.Items {
		given[item.Identity] = true
	}
	for _, item := range past {
		if old := stored[item.Identity]; !given[old.Identity] && old.Likeness() != "" {
			likely[old.Likeness()] = old
		}
	}
	for _, item := range t.Found.Items {
		old, known := stored[item.Identity]
		if !known {
			old, known = likely[item.Likeness()]
			given[old.Identity] = true
		}
		tried := TrialItem{Item: item, State: "new"}
		if known {
			tried.State, tried.Changed = "same", differing(old, item)
		}
		if len(tried.Changed) > 0 {
			tried.State = "changed"
		}
		t.Items = append(t.Items, tried)
	}
	for _, item := range past {
		if !given[item.Identity] {
			t.Gone = append(t.Gone, item)
		}
	}
}

// differing names the fields that readers would see differ, by their JSON names.
func differing(old, now newsletter.Item) (fields []string) {
	if old.Digest() == now.Digest() {
		return nil
	}
	a, b := reflect.ValueOf(old), reflect.ValueOf(now)
	for i := range a.NumField() {
		other := now // but for one field as it was
		reflect.ValueOf(&other).Elem().Field(i).Set(a.Field(i))
		if other.Digest() == now.Digest() {
			continue
		}
		name, _, _ := strings.Cut(b.Type().Field(i).Tag.Get("json"), ",")
		fields = append(fields, name)
	}
	return fields
}

// Discover finds the feeds, calendars and sitemaps that a site offers.
func (d *Desk) Discover(ctx context.Context, address string, private bool) ([]collect.Lead, error) {
	return d.Collector.Discover(ctx, address, private)
}

// AcceptSource takes what a source gives from now on as what it is: nothing is
// held against what it gave before.
func (d *Desk) AcceptSource(ctx context.Context, id, actor string) error {
	actor, err := d.who(actor, staff.Editor)
	if err != nil {
		return err
	}
	if _, err := d.Source(id); err != nil {
		return err
	}
	if err := d.Items.ForgetSource(ctx, id); err != nil {
		return err
	}
	return d.Office.AddAudit(ctx, staff.AuditEntry{Actor: actor, Action: "source accepted", Subject: "source " + id})
}

// TellTroubles writes to the team, once a day, while sources are broken.
func (d *Desk) TellTroubles(ctx context.Context) error {
	healths, err := d.Items.SourceHealth(ctx)
	if err != nil || len(d.Publications) == 0 {
		return err
	}
	var lines []string
	for _, s := range d.Sources {
		if t := healths[s.ID].Trouble; t.Broken() {
			lines = append(lines, fmt.Sprintf("%s: %s", s.ID, t.Why))
		}
	}
	if len(lines) == 0 {
		return nil
	}
	pub := d.Publications[0]
	today := d.Now().In(pub.Location()).Format(time.DateOnly)
	return d.alarm(ctx, pub, notice.Alarm{Kind: "sources", All: len(lines), Lines: lines, Since: d.Now(), Link: d.Links.Sources(), Dedupe: "sources " + today})
}

// reads reports whether a source is read from the site of an address.
func reads(s newsletter.Source, address string) bool {
	a, err := url.Parse(address)
	b, err2 := url.Parse(s.URL())
	return err == nil && err2 == nil && a.Host != "" && strings.TrimPrefix(a.Host, "www.") == strings.TrimPrefix(b.Host, "www.")
}
