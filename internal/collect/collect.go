// Package collect owns the way from a source to items: what is due, fetching,
// reading, and telling new from changed from unchanged. One bad source never
// stops the others. It never decides what goes into an issue.
package collect

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"broadsheet/internal/collect/calendar"
	"broadsheet/internal/collect/feed"
	"broadsheet/internal/collect/file"
	"broadsheet/internal/collect/page"
	"broadsheet/internal/fault"
	"broadsheet/internal/fetch"
	"broadsheet/internal/newsletter"
)

// Store keeps items and what is known of sources.
type Store interface {
	// SourceState returns what the next look needs; the zero state when the source was never read.
	SourceState(ctx context.Context, source string) (newsletter.SourceState, error)
	// SaveRun writes items that are new or changed, the run and the state, in one transaction,
	// and fills in how many items were new, changed and unchanged.
	SaveRun(ctx context.Context, run *newsletter.SourceRun, state newsletter.SourceState, items []newsletter.Item) error
}

// Getter is the part of fetch.Client that collecting needs.
type Getter interface {
	Get(ctx context.Context, r fetch.Request) (fetch.Response, error)
}

// Collector reads sources.
type Collector struct {
	store  Store
	client Getter
	now    func() time.Time
}

// New returns a collector.
func New(store Store, client Getter, now func() time.Time) *Collector {
	return &Collector{store, client, now}
}

// parallel sources are read at once; the client keeps to one request per host.
const parallel = 8

// All reads the given sources, and calls done for each run as it ends. With due
// only the sources whose time has come are read.
func (c *Collector) All(ctx context.Context, sources []newsletter.Source, due bool, done func(newsletter.SourceRun)) error {
	var (
		wg     sync.WaitGroup
		mu     sync.Mutex
		places = make(chan struct{}, parallel)
		failed error
	)
	for _, src := range sources {
		wg.Add(1)
		go func() {
			defer wg.Done()
			places <- struct{}{}
			defer func() { <-places }()
			run, looked, err := c.one(ctx, src, due)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err != nil && failed == nil:
				failed = err // the store failed, not the source
			case err == nil && looked:
				done(run)
			}
		}()
	}
	wg.Wait()
	if failed == nil {
		failed = ctx.Err()
	}
	return failed
}

func (c *Collector) one(ctx context.Context, src newsletter.Source, due bool) (newsletter.SourceRun, bool, error) {
	state, err := c.store.SourceState(ctx, src.ID)
	if err != nil {
		return newsletter.SourceRun{}, false, err
	}
	now := c.now()
	if how := reading(src); state.Reading != how { // never read, or configured anew: ask for everything, now
		state = newsletter.SourceState{Source: src.ID, Reading: how}
	}
	if due && now.Before(state.NextAt) {
		return newsletter.SourceRun{}, false, nil
	}
	run := newsletter.SourceRun{Source: src.ID, StartedAt: now, Status: "ok"}
	found, err := c.Look(ctx, src, state)
	if ctx.Err() != nil {
		return run, false, ctx.Err()
	}
	run.FinishedAt = c.now()
	if err != nil {
		run.Status, run.Reasons = "failed", []string{err.Error()}
		state.Failures++
		state.NextAt = now.Add(max(backOff(state.Failures), found.RetryAfter))
		return run, true, c.store.SaveRun(ctx, &run, state, nil)
	}
	state.Source, state.Failures, state.NextAt = src.ID, 0, now.Add(time.Duration(src.Every))
	if found.NotModified {
		run.Status = "not_modified"
		return run, true, c.store.SaveRun(ctx, &run, state, nil)
	}
	state.ETag, state.LastModified = found.ETag, found.LastModified
	if len(found.Refused) > 0 { // look again next time, so that what is wrong stays in sight
		state.ETag, state.LastModified = "", ""
	}
	run.Reasons, run.Refused = slices.Concat(found.Refused, found.Notes), len(found.Refused)
	return run, true, c.store.SaveRun(ctx, &run, state, found.Items)
}

// reading names where and how a source is read.
func reading(src newsletter.Source) string {
	text, _ := json.Marshal([]any{src.URL(), src.Way(), src.Kind, src.Rules, src.Language, src.Timezone, src.Max}) // plain data always marshals
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
}

// backOff doubles from five minutes to a day.
func backOff(failures int) time.Duration {
	return min(5*time.Minute<<min(failures-1, 10), 24*time.Hour)
}

// Found is what one look at a source gave.
type Found struct {
	Items        []newsletter.Item
	Refused      []string // why items were left out
	Notes        []string // what else is to be known
	NotModified  bool
	ETag         string
	LastModified string
	RetryAfter   time.Duration
}

// Look reads a source now, without storing anything. state gives the validators; its zero value asks for everything.
func (c *Collector) Look(ctx context.Context, src newsletter.Source, state newsletter.SourceState) (Found, error) {
	if src.File != "" {
		return c.files(src)
	}
	resp, err := c.client.Get(ctx, fetch.Request{
		URL: src.URL(), ETag: state.ETag, LastModified: state.LastModified,
		Headers: src.Headers, UserAgent: src.UserAgent, AllowPrivate: src.AllowPrivate,
	})
	found := Found{NotModified: resp.NotModified, ETag: resp.ETag, LastModified: resp.LastModified, RetryAfter: resp.RetryAfter}
	if err != nil || resp.NotModified {
		return found, err
	}
	raw := newsletter.Raw{URL: resp.URL, ContentType: resp.ContentType, Body: resp.Body, At: c.now()}
	found.Items, found.Refused, err = parse(src, raw)
	stamp(found.Items, raw)
	found.Items = unique(found.Items)
	found.Notes = notes(found.Items)
	return found, err
}

// notes says what of the items a person should look at.
func notes(items []newsletter.Item) []string {
	undated := 0
	for _, item := range items {
		if item.Precision == newsletter.Undated {
			undated++
		}
	}
	if undated == 0 {
		return nil
	}
	return []string{fmt.Sprintf("%d of %d items have no date that can be read; they count from when they were first seen and stand after the dated ones", undated, len(items))}
}

func parse(src newsletter.Source, raw newsletter.Raw) ([]newsletter.Item, []string, error) {
	switch src.Way() {
	case "feed":
		return feed.Parse(src, raw)
	case "page":
		return page.Parse(src, raw)
	case "calendar":
		return calendar.Parse(src, raw)
	}
	return nil, nil, fault.Invalidf("source %s says nowhere where it is", src.ID)
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
	seen := map[string]bool{}
	out := items[:0]
	for _, item := range items {
		if seen[item.Identity] {
			item.Identity += " " + item.URL
			if seen[item.Identity] {
				continue
			}
		}
		seen[item.Identity] = true
		out = append(out, item)
	}
	return out
}

const maxFile = 10 << 20

func (c *Collector) files(src newsletter.Source) (found Found, err error) {
	paths, err := filepath.Glob(src.File)
	if err != nil {
		return found, fault.Invalidf("source %s: %q is not a pattern: %w", src.ID, src.File, err)
	}
	if len(paths) == 0 {
		return found, fault.WithHint(fault.NotFoundf("source %s: no file matches %s", src.ID, src.File), "paths are relative to the configuration's folder")
	}
	sort.Strings(paths)
	for _, path := range paths {
		item, err := c.file(src, path)
		if err != nil {
			found.Refused = append(found.Refused, err.Error())
			continue
		}
		found.Items = append(found.Items, item)
	}
	return found, nil
}

func (c *Collector) file(src newsletter.Source, path string) (newsletter.Item, error) {
	info, err := os.Stat(path)
	if err != nil {
		return newsletter.Item{}, err
	}
	if info.Size() > maxFile {
		return newsletter.Item{}, fmt.Errorf("%s is larger than %d MB", path, maxFile>>20)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return newsletter.Item{}, err
	}
	raw := newsletter.Raw{URL: path, Body: body, At: c.now()}
	item, err := file.Parse(src, raw)
	item.Identity = underPattern(src.File, path)
	one := []newsletter.Item{item}
	stamp(one, raw)
	return one[0], err
}

// underPattern returns a file's path from the folder where its pattern's wildcards begin: what names it, wherever that folder is.
func underPattern(pattern, path string) string {
	fixed := pattern
	if at := strings.IndexAny(pattern, "*?["); at >= 0 {
		fixed = pattern[:at]
	}
	rel, err := filepath.Rel(filepath.Dir(fixed+"x"), path)
	if err != nil {
		return filepath.ToSlash(path)
	}
	return filepath.ToSlash(rel)
}
