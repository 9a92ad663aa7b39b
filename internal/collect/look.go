package collect

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"broadsheet/internal/collect/calendar"
	"broadsheet/internal/collect/feed"
	"broadsheet/internal/collect/page"
	"broadsheet/internal/fault"
	"broadsheet/internal/fetch"
	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// Found is what one look at a source gave.
type Found struct {
	Items        []newsletter.Item
	Refused      []string // why items were left out
	Notes        []string // what else is to be known
	NotModified  bool
	ETag         string
	LastModified string
	Status       int           // of HTTP, 0 where nobody answered
	Permanent    string        // where the address leads for good
	RetryAfter   time.Duration // how long the server asks to be left alone
	Fresh        time.Duration // how long it says that nothing changes

	direct bool // asked for where it moved to
}

const (
	morePages = 5  // that a list goes on with
	follows   = 20 // linked pages that are read in one look; the rest are read in the next
)

// Look reads a source now, without storing anything. state gives the validators; its zero value asks for everything.
func (c *Collector) Look(ctx context.Context, src newsletter.Source, state newsletter.SourceState) (Found, error) {
	if src.File != "" {
		found, err := c.files(src)
		found = checked(src, found)
		found.Notes = append(found.Notes, notes(found.Items)...)
		return found, err
	}
	request := c.request(src, src.URL())
	if c.now().Sub(state.Memory.FullAt) < fullEvery {
		request.ETag, request.LastModified = state.ETag, state.LastModified
	}
	direct := state.Memory.MovedSeen >= sightings
	if direct {
		request.URL = state.Memory.MovedTo
	}
	resp, err := c.client.Get(ctx, request)
	found := Found{NotModified: resp.NotModified, ETag: resp.ETag, LastModified: resp.LastModified, Status: resp.Status,
		Permanent: resp.Permanent, RetryAfter: resp.RetryAfter, Fresh: resp.Fresh, direct: direct}
	if err != nil || resp.NotModified {
		return found, err
	}
	raw := newsletter.Raw{URL: resp.URL, ContentType: resp.ContentType, Body: resp.Body, At: c.now()}
	if src.Way() == "feed" {
		found.Fresh = max(found.Fresh, feed.TTL(raw))
	}
	if err := c.parse(ctx, src, raw, &found); err != nil {
		return found, err
	}
	if direct || state.Memory.MovedSeen+1 >= sightings && resp.Permanent != "" {
		found.Notes = append(found.Notes, fmt.Sprintf("the source has moved for good: write %s into the configuration", resp.URL))
	}
	found = checked(src, found)
	known, err := c.known(ctx, src, found.Items)
	if err == nil {
		err = c.follow(ctx, src, &found, known)
	}
	found.Notes = append(found.Notes, notes(found.Items)...)
	dropRepeated(found.Items)
	keepPictures(found.Items, known)
	if err == nil {
		err = c.measure(ctx, src, found.Items, known)
	}
	return found, err
}

// known returns what is stored of the items, where something is asked only once of each.
func (c *Collector) known(ctx context.Context, src newsletter.Source, items []newsletter.Item) (map[string]newsletter.Item, error) {
	follows := src.Rules != nil && src.Rules.Follow != nil
	if !follows && !slices.ContainsFunc(items, func(i newsletter.Item) bool { return len(i.Documents) > 0 || i.Image != nil }) {
		return nil, nil
	}
	identities := make([]string, len(items))
	for i, item := range items {
		identities[i] = item.Identity
	}
	return c.store.SourceItems(ctx, src.ID, identities)
}

func (c *Collector) request(src newsletter.Source, address string) fetch.Request {
	return fetch.Request{URL: address, Headers: src.Headers, UserAgent: src.UserAgent, CA: src.CA, AllowPrivate: src.AllowPrivate, Robots: src.Way() == "page"}
}

// parse reads a document, and the pages that a list goes on with.
func (c *Collector) parse(ctx context.Context, src newsletter.Source, raw newsletter.Raw, found *Found) (err error) {
	switch src.Way() {
	case "feed":
		found.Items, found.Refused, err = feed.Parse(src, raw)
	case "calendar":
		var result calendar.Result
		result, err = calendar.Parse(src, raw)
		found.Items, found.Refused, found.Notes = result.Items, result.Refused, append(found.Notes, result.Notes...)
	case "page":
		return c.pages(ctx, src, raw, found)
	default:
		return fault.Invalidf("source %s says nowhere where it is", src.ID)
	}
	stamp(found.Items, raw)
	return err
}

func (c *Collector) pages(ctx context.Context, src newsletter.Source, raw newsletter.Raw, found *Found) error {
	seen := map[string]bool{src.URL(): true, raw.URL: true}
	for n := 0; ; n++ {
		result, err := page.Parse(src, raw)
		if err != nil && n == 0 {
			return err
		}
		if err != nil {
			found.Notes = append(found.Notes, fmt.Sprintf("page %d of the list: %v", n+1, err))
			return nil
		}
		stamp(result.Items, raw)
		found.Items, found.Refused = append(found.Items, result.Items...), append(found.Refused, result.Refused...)
		found.Notes = append(found.Notes, result.Notes...)
		if result.Next == "" || seen[result.Next] || n == morePages-1 || len(found.Items) >= src.Max {
			found.Items = found.Items[:min(len(found.Items), src.Max)]
			return nil
		}
		seen[result.Next] = true
		resp, err := c.client.Get(ctx, c.request(src, result.Next))
		if err != nil {
			found.Notes = append(found.Notes, fmt.Sprintf("page %d of the list: %v", n+2, err))
			return ctx.Err()
		}
		raw = newsletter.Raw{URL: resp.URL, ContentType: resp.ContentType, Body: resp.Body, At: c.now()}
	}
}

// checked puts the last touches to what was read: languages, report years, doubles.
func checked(src newsletter.Source, found Found) Found {
	for i := range found.Items {
		item := &found.Items[i]
		item.Language = locale.Tongue(item.Title+" "+item.Summary, item.Language)
		if item.Kind == newsletter.Report && item.Year == 0 {
			item.Year = page.ReportYear(item.Title)
		}
	}
	withoutBoilerplate(found.Items)
	found.Items = unique(found.Items)
	for i := range found.Items {
		found.Items[i].Image = allowed(src, found.Items[i].Image)
	}
	return found
}

// allowed returns a picture that the source's rule lets us copy, nil for any other.
func allowed(src newsletter.Source, image *newsletter.Image) *newsletter.Image {
	if image == nil || src.Images != "own" && src.Images != "licensed" {
		return nil
	}
	copied := *image
	copied.Rights = src.Images
	return &copied
}

// follow reads the pages that new items link to, where the rules ask for it. What
// was read of one before is kept for a week.
func (c *Collector) follow(ctx context.Context, src newsletter.Source, found *Found, known map[string]newsletter.Item) error {
	if src.Rules == nil || src.Rules.Follow == nil {
		return nil
	}
	read := 0
	for i := range found.Items {
		item := &found.Items[i]
		if old := known[item.Identity]; old.Title == item.Title && c.now().Sub(old.FollowedAt) < fullEvery {
			item.Summary, item.Body, item.PublishedAt, item.Precision, item.Image, item.FollowedAt = old.Summary, old.Body, old.PublishedAt, old.Precision, allowed(src, old.Image), old.FollowedAt
			continue
		}
		if item.URL == "" || read == follows {
			continue
		}
		read++
		resp, err := c.client.Get(ctx, c.request(src, item.URL))
		if err == nil {
			err = page.Follow(src, newsletter.Raw{URL: resp.URL, ContentType: resp.ContentType, Body: resp.Body, At: c.now()}, item)
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			found.Notes = append(found.Notes, fmt.Sprintf("%q: the page it links to: %v", item.Title, err))
			continue
		}
		item.Image, item.FollowedAt = allowed(src, item.Image), c.now()
	}
	return nil
}

// Lead is a way in to a site.
type Lead = page.Lead

// Discover finds the feeds, calendars and sitemaps of a site.
func (c *Collector) Discover(ctx context.Context, address string, private bool) ([]Lead, error) {
	resp, err := c.client.Get(ctx, fetch.Request{URL: address, AllowPrivate: private, Robots: true})
	if err != nil {
		return nil, err
	}
	leads := page.Discover(newsletter.Raw{URL: resp.URL, ContentType: resp.ContentType, Body: resp.Body, At: c.now()})
	base, err := url.Parse(resp.URL)
	if err != nil {
		return nil, fault.Invalidf("%s: %w", resp.URL, err)
	}
	robots, err := c.client.Get(ctx, fetch.Request{URL: base.ResolveReference(&url.URL{Path: "/robots.txt"}).String(), AllowPrivate: private})
	if errors.Is(err, context.Canceled) {
		return nil, err
	}
	seen := map[string]bool{}
	var out []Lead
	for _, lead := range append(leads, page.DiscoverRobots(string(robots.Body))...) {
		if !seen[lead.URL] {
			seen[lead.URL] = true
			out = append(out, lead)
		}
	}
	return out, nil
}

// notes says what of the items a person should look at.
func notes(items []newsletter.Item) (out []string) {
	undated, garbled := 0, 0
	for _, item := range items {
		if item.Precision == newsletter.Undated {
			undated++
		}
		if markup.Mojibake(item.Title) || markup.Mojibake(item.Summary) {
			garbled++
		}
	}
	if undated > 0 {
		out = append(out, fmt.Sprintf("%d of %d items have no date that can be read; they count from when they were first seen and stand after the dated ones", undated, len(items)))
	}
	if garbled > 0 {
		out = append(out, fmt.Sprintf("mojibake: the characters of %d of %d items are garbled at the source", garbled, len(items)))
	}
	return out
}

func stamp(items []newsletter.Item, raw newsletter.Raw) {
	sum := sha256.Sum256(raw.Body)
	origin := hex.EncodeToString(sum[:])
	for i := range items {
		items[i].Origin = origin
	}
}

// unique tells apart items that share an identity: a guid repeated for
// different links is split by link, a true repetition is dropped.
func unique(items []newsletter.Item) []newsletter.Item {
	seen, titles := map[string]string{}, map[string]string{} // address and title by identity
	out := items[:0]
	for _, item := range items {
		if address, repeated := seen[item.Identity]; repeated {
			if item.URL == address && item.Title == titles[item.Identity] {
				continue
			}
			item.Identity += " " + cmp.Or(strings.TrimPrefix(item.URL, address), item.Title)
			if _, repeated := seen[item.Identity]; repeated {
				continue
			}
		}
		seen[item.Identity], titles[item.Identity] = item.URL, item.Title
		out = append(out, item)
	}
	return out
}
