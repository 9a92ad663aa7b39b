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
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"sync"
	"time"

	"broadsheet/internal/collect/file"
	"broadsheet/internal/fault"
	"broadsheet/internal/fetch"
	"broadsheet/internal/newsletter"
)

// Store keeps items and what is known of sources.
type Store interface {
	// SourceState returns what the next look needs; the zero state when the source was never read.
	SourceState(ctx context.Context, source string) (newsletter.SourceState, error)
	// SourceItems returns what is stored under the identities, in the source's own words.
	SourceItems(ctx context.Context, source string, identities []string) (map[string]newsletter.Item, error)
	// SaveRun writes items that are new or changed, the run and the state, in one transaction,
	// and fills in how many items were new, changed and unchanged.
	SaveRun(ctx context.Context, run *newsletter.SourceRun, state newsletter.SourceState, items []newsletter.Item) error
	// SavePicture keeps our copy of a picture.
	SavePicture(ctx context.Context, p newsletter.Picture) error
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

	decoding sync.Mutex // held while a picture is decoded
}

// New returns a collector.
func New(store Store, client Getter, now func() time.Time) *Collector {
	return &Collector{store: store, client: client, now: now}
}

// parallel sources are read at once: most of the time is waiting. The client
// keeps to one request per host.
const parallel = 16

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
		wg.Go(func() {
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
		})
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
	if due && (state.Memory.Gone || now.Before(state.NextAt)) {
		return newsletter.SourceRun{}, false, nil
	}
	state.Source = src.ID
	found, err := c.Look(ctx, src, state)
	if ctx.Err() != nil {
		return newsletter.SourceRun{}, false, ctx.Err()
	}
	run := newsletter.SourceRun{Source: src.ID, StartedAt: now, FinishedAt: c.now()}
	items := settle(&run, &state, src, found, err)
	if err := c.fetchPictures(ctx, src, &run, &state, items); err != nil {
		return run, false, err
	}
	return run, true, c.store.SaveRun(ctx, &run, state, items)
}

// settle decides what one look means: for the run, for the next look, and which
// items are stored. The old ones stay whatever happens.
func settle(run *newsletter.SourceRun, state *newsletter.SourceState, src newsletter.Source, found Found, failed error) []newsletter.Item {
	now := run.StartedAt
	moved(&state.Memory, found)
	switch {
	case found.Status == http.StatusGone:
		run.Status, run.Reasons = "gone", []string{failed.Error() + ": the source is gone for good and is not asked again"}
		state.Memory.Gone = true
		trouble(&state.Memory, now, run.Reasons[0], nil)
		return nil
	case failed != nil && later(found):
		run.Status, run.Reasons = "later", []string{failed.Error() + ": it asks to be left alone for a while"}
		state.NextAt = now.Add(max(found.RetryAfter, time.Duration(src.Every)))
		return nil
	case failed != nil:
		run.Status, run.Reasons = "failed", []string{explained(failed)}
		state.Failures++
		state.NextAt = now.Add(max(backOff(state.Failures), found.RetryAfter))
		trouble(&state.Memory, now, failed.Error(), nil)
		return nil
	}
	state.Failures = 0
	state.Memory.Same++ // SaveRun begins anew where something was new
	state.NextAt = now.Add(wait(src, found, state.Memory.Same))
	if found.NotModified {
		run.Status = "not_modified"
		stillWell(&state.Memory, src, now)
		return nil
	}
	return read(run, state, src, found)
}

// explained is what went wrong and what to do about it.
func explained(err error) string {
	if hint := fault.Hint(err); hint != "" {
		return err.Error() + ": " + hint
	}
	return err.Error()
}

// read settles a look that gave a whole document.
func read(run *newsletter.SourceRun, state *newsletter.SourceState, src newsletter.Source, found Found) []newsletter.Item {
	run.Status, run.Refused = "ok", len(found.Refused)
	run.Reasons = slices.Concat(found.Refused, found.Notes)
	state.ETag, state.LastModified, state.Memory.FullAt = found.ETag, found.LastModified, run.StartedAt
	y := yield(found.Items, run.StartedAt)
	why, untrue := judge(src, state.Memory.Yields, y)
	if len(found.Refused) > 0 || why != "" { // look again next time, so that what is wrong stays in sight
		state.ETag, state.LastModified = "", ""
	}
	if why == "" {
		state.Memory.Trouble = nil
		state.Memory.Yields = append(state.Memory.Yields, y)
		state.Memory.Yields = state.Memory.Yields[max(0, len(state.Memory.Yields)-habit):]
		return found.Items
	}
	run.Reasons = append(run.Reasons, why)
	trouble(&state.Memory, run.StartedAt, why, &y)
	if untrue {
		run.Status = "suspect"
		run.Reasons = append(run.Reasons, fmt.Sprintf("nothing of it is stored; if the source is so from now on: broadsheet source accept %s", src.ID))
		return nil
	}
	return found.Items
}

// reading names where and how a source is read.
func reading(src newsletter.Source) string {
	text, _ := json.Marshal([]any{src.URL(), src.Way(), src.Kind, src.Rules, src.Language, src.Timezone, src.Max, src.Images}) // plain data always marshals
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:8])
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
	var first error
	unread := 0
	for _, path := range paths {
		result, err := c.file(src, path)
		if err != nil {
			if unread++; first == nil {
				first = err
			}
			found.Refused = append(found.Refused, explained(err))
			continue
		}
		found.Items, found.Refused = append(found.Items, result.Items...), append(found.Refused, result.Refused...)
		found.Notes = append(found.Notes, result.Notes...)
	}
	if unread == len(paths) {
		return Found{}, first
	}
	if len(found.Items) > src.Max {
		found.Notes = append(found.Notes, fmt.Sprintf("only the first %d of %d items are taken", src.Max, len(found.Items)))
		found.Items = found.Items[:src.Max]
	}
	return found, nil
}

func (c *Collector) file(src newsletter.Source, path string) (file.Result, error) {
	info, err := os.Stat(path)
	if err != nil {
		return file.Result{}, err
	}
	if !info.Mode().IsRegular() {
		return file.Result{}, fmt.Errorf("%s is not a file", path)
	}
	if info.Size() > maxFile {
		return file.Result{}, fmt.Errorf("%s is larger than %d MB", path, maxFile>>20)
	}
	body, err := os.ReadFile(path)
	if err != nil {
		return file.Result{}, err
	}
	raw := newsletter.Raw{URL: path, Body: body, At: c.now()}
	result, err := file.Parse(src, raw)
	stamp(result.Items, raw)
	for i := range result.Items {
		name := underPattern(src.File, path)
		if within := result.Items[i].Identity; within != "" {
			name += "#" + within
		}
		result.Items[i].Identity = name
	}
	return result, err
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
