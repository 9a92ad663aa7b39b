package collect_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/collect"
	"broadsheet/internal/fault"
	"broadsheet/internal/fetch"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
	"broadsheet/internal/testkit"
)

// web answers for addresses as a test wants it, and writes down what it is asked.
type web struct {
	mu    sync.Mutex
	pages map[string]fetch.Response
	asked []fetch.Request
}

func (w *web) Get(_ context.Context, r fetch.Request) (fetch.Response, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, r)
	resp, ok := w.pages[r.URL]
	if !ok {
		resp.Status = http.StatusNotFound
	}
	if resp.Status == 0 {
		resp.Status = http.StatusOK
	}
	resp.NotModified = resp.ETag != "" && r.ETag == resp.ETag
	if resp.NotModified {
		resp.Status = http.StatusNotModified
	}
	if resp.URL == "" {
		resp.URL = r.URL
	}
	if resp.Status != http.StatusOK && !resp.NotModified {
		return resp, fault.Unavailablef("%s answers %d", r.URL, resp.Status)
	}
	return resp, nil
}

func (w *web) put(address, body string) { w.answer(address, fetch.Response{Body: []byte(body)}) }

func (w *web) answer(address string, resp fetch.Response) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.pages[address] = resp
}

func (w *web) last() fetch.Request { return w.asked[len(w.asked)-1] }

// bench is one source on one store, looked at again and again.
type bench struct {
	*testing.T
	db    *store.DB
	clock *testkit.Clock
	web   *web
	src   newsletter.Source
	c     *collect.Collector
}

func benches(t *testing.T, src newsletter.Source, run func(b *bench)) {
	clock := testkit.NewClock(time.Date(2026, 3, 1, 6, 0, 0, 0, time.UTC))
	testkit.EachDatabase(t, clock.Now, func(t *testing.T, db *store.DB) {
		w := &web{pages: map[string]fetch.Response{}}
		src.ID, src.Timezone, src.Max, src.Every = "s", "UTC", 100, newsletter.Duration(time.Hour)
		if src.Kind == "" {
			src.Kind = newsletter.News
		}
		run(&bench{t, db, clock, w, src, collect.New(db, w, clock.Now)})
	})
}

// look reads the source once, whether it is due or not, and moves on by a day.
func (b *bench) look() newsletter.SourceRun {
	b.Helper()
	run, looked := b.due(false)
	if !looked {
		b.Fatal("the source was not read")
	}
	b.clock.Move(25 * time.Hour)
	return run
}

func (b *bench) due(due bool) (run newsletter.SourceRun, looked bool) {
	b.Helper()
	if err := b.c.All(context.Background(), []newsletter.Source{b.src}, due, func(r newsletter.SourceRun) { run, looked = r, true }); err != nil {
		b.Fatal(err)
	}
	return run, looked
}

func (b *bench) items() []newsletter.Item {
	b.Helper()
	items, err := b.db.Items(context.Background(), time.Time{})
	if err != nil {
		b.Fatal(err)
	}
	return items
}

func (b *bench) health() newsletter.SourceHealth {
	b.Helper()
	healths, err := b.db.SourceHealth(context.Background())
	if err != nil {
		b.Fatal(err)
	}
	return healths["s"]
}

func (b *bench) state() newsletter.SourceState {
	b.Helper()
	s, err := b.db.SourceState(context.Background(), "s")
	if err != nil {
		b.Fatal(err)
	}
	return s
}

func rss(items ...string) string {
	return "<rss><channel>" + strings.Join(items, "") + "</channel></rss>"
}

func entry(guid, link, title, day, text string) string {
	out := "<item><title>" + title + "</title>"
	for tag, value := range map[string]string{"guid": guid, "link": link, "pubDate": day, "description": text} {
		if value != "" {
			out += "<" + tag + ">" + value + "</" + tag + ">"
		}
	}
	return out + "</item>"
}

const (
	site = "https://example.org/"
	day1 = "Sun, 01 Mar 2026 09:00:00 +0100"
)

// An item keeps its identity through what sources do to it.
func TestIdentity(t *testing.T) {
	first := entry("a", site+"1", "One", day1, "The text of one.")
	for name, c := range map[string]struct {
		second    string
		new, kept int // items there are afterwards, and how the second look counts
		title     string
		changed   int
	}{
		"the same":                  {first, 0, 1, "One", 0},
		"edited":                    {entry("a", site+"1", "One, corrected", day1, "The text of one."), 0, 1, "One, corrected", 1},
		"another guid":              {entry("b", site+"1", "One", day1, "The text of one."), 0, 1, "One", 0},
		"another guid and address":  {entry("b", site+"new/1", "One", day1, "The text of one."), 0, 1, "One", 1},
		"another item":              {first + entry("b", site+"2", "Two", day1, "Another text."), 1, 2, "One", 0},
		"the same words, both live": {first + entry("b", site+"2", "One", day1, "The text of one."), 1, 2, "One", 0},
		"its date is lost":          {entry("a", site+"1", "One", "", "The text of one."), 0, 1, "One", 0},
		"a guid for two links":      {first + entry("a", site+"2", "Two", day1, "Another text."), 1, 2, "One", 0},
	} {
		t.Run(name, func(t *testing.T) {
			benches(t, newsletter.Source{Feed: site + "feed"}, func(b *bench) {
				b.web.put(site+"feed", rss(first))
				b.look()
				b.web.put(site+"feed", rss(c.second))
				run := b.look()
				items := b.items()
				if len(items) != c.kept || run.New != c.new || run.Changed != c.changed {
					b.Fatalf("%+v %+v", run, items)
				}
				if items[0].Title != c.title || items[0].Precision != newsletter.Minute {
					b.Errorf("%+v", items[0])
				}
			})
		})
	}
}

// What a person has put in place of a source's words stays, whatever the source says later.
func TestEditsSurvive(t *testing.T) {
	benches(t, newsletter.Source{Feed: site + "feed"}, func(b *bench) {
		b.web.put(site+"feed", rss(entry("a", site+"1", "One", day1, "Text.")))
		b.look()
		id := b.items()[0].ID
		edit := func(words map[string]string, rejected bool) {
			if err := b.db.EditItem(context.Background(), id, newsletter.Edit{By: "ana@example.org", Words: words, Rejected: rejected}); err != nil {
				b.Fatal(err)
			}
		}
		edit(map[string]string{"title": "Ours", "published_at": "2026-02-20"}, true)
		b.web.put(site+"feed", rss(entry("a", site+"1", "Theirs, changed", day1, "Text, changed.")))
		if run := b.look(); run.Changed != 1 {
			b.Errorf("%+v", run)
		}
		item := b.items()[0]
		if item.Title != "Ours" || !item.Rejected || item.EditedBy != "ana@example.org" || item.Summary != "Text, changed." || item.PublishedAt.Format(time.DateOnly) != "2026-02-20" || item.Precision != newsletter.Day {
			b.Errorf("%+v", item)
		}
		edit(map[string]string{"title": "", "published_at": ""}, false)
		if item = b.items()[0]; item.Title != "Theirs, changed" || item.Rejected || item.EditedBy != "" {
			b.Errorf("the source's own words did not come back: %+v", item)
		}
		if found, err := b.db.FindItems(context.Background(), site+"1"); err != nil || len(found) != 1 {
			b.Error(found, err)
		}
	})
}

// A moved or cancelled event is told apart from one whose words were touched up.
func TestEventsMove(t *testing.T) {
	calendar := func(day, title, status string) string {
		return "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\nBEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:" + day + "\r\nSUMMARY:" + title + "\r\n" + status + "END:VEVENT\r\nEND:VCALENDAR\r\n"
	}
	benches(t, newsletter.Source{Kind: newsletter.Event, Calendar: site + "c.ics"}, func(b *bench) {
		for i, step := range []struct {
			day, title, status string
			from               string
			news               bool
		}{{"20260421", "Meeting", "", "", false}, {"20260421", "The meeting", "", "", false}, {"20260428", "The meeting", "", "2026-04-21", true}, {"20260505", "The meeting", "", "2026-04-21", true},
			{"20260421", "The meeting", "", "", true}, {"20260421", "The meeting", "STATUS:CANCELLED\r\n", "", true}} {
			b.web.put(site+"c.ics", calendar(step.day, step.title, step.status))
			before := b.clock.Now()
			b.look()
			item := b.items()[0]
			from := ""
			if !item.MovedFrom.IsZero() {
				from = item.MovedFrom.Format(time.DateOnly)
			}
			if len(b.items()) != 1 || from != step.from || item.NewsAt.Equal(before) != step.news {
				b.Errorf("step %d: %+v", i, item)
			}
		}
	})
}

// A source that breaks without saying so is found by the second look, what it gave before stays, and its recovery is seen at once.
func TestHealth(t *testing.T) {
	many := func(n int, dated bool) string {
		var items []string
		for i := range n {
			day := ""
			if dated {
				day = time.Date(2026, 2, 27-i, 9, 0, 0, 0, time.UTC).Format(time.RFC1123Z)
			}
			items = append(items, entry(fmt.Sprint(i), fmt.Sprint(site, i), fmt.Sprint("Title ", i), day, "Text."))
		}
		return rss(items...)
	}
	for name, c := range map[string]struct {
		body   string
		status int
		run    string // its status
		why    string
	}{
		"nothing where there was much": {many(0, true), 200, "ok", "it gives nothing where it gave 12 items"},
		"few where there was much":     {many(2, true), 200, "ok", "it gives 2 items where it gave 12"},
		"all dates gone":               {many(12, false), 200, "suspect", "none of its 12 items has a date any more"},
		"a page instead":               {"<html><body>Welcome</body></html>", 200, "failed", "a feed was expected"},
		"an error":                     {"", 500, "failed", "answers 500"},
		"gone":                         {"", 410, "gone", "gone for good"},
	} {
		t.Run(name, func(t *testing.T) {
			benches(t, newsletter.Source{Feed: site + "feed"}, func(b *bench) {
				b.web.put(site+"feed", many(12, true))
				b.look()
				if h := b.health(); h.Trouble != nil {
					b.Fatalf("%+v", h.Trouble)
				}
				b.web.answer(site+"feed", fetch.Response{Body: []byte(c.body), Status: c.status})
				for look := 1; look <= 2; look++ {
					run := b.look()
					h := b.health()
					if run.Status != c.run || h.Trouble == nil || !strings.Contains(h.Trouble.Why, c.why) || h.Trouble.Before == nil || h.Trouble.Before.Items != 12 {
						b.Fatalf("look %d: %+v %+v", look, run, h.Trouble)
					}
					if h.Trouble.Broken() != (look == 2) {
						b.Errorf("look %d: broken: %v", look, h.Trouble.Broken())
					}
				}
				if items := b.items(); len(items) != 12 || items[0].Precision != newsletter.Minute {
					b.Errorf("what it gave before did not stay: %d items", len(items))
				}
				b.web.put(site+"feed", many(12, true))
				if b.look(); b.health().Trouble != nil {
					b.Errorf("recovered, but %+v", b.health().Trouble)
				}
			})
		})
	}
}

func TestSilence(t *testing.T) {
	benches(t, newsletter.Source{Feed: site + "feed"}, func(b *bench) {
		var items []string
		newest := b.clock.Now().Add(-time.Hour)
		for i := range 8 { // one a week
			items = append(items, entry(fmt.Sprint(i), "", fmt.Sprint("Title ", i), newest.AddDate(0, 0, -7*i).Format(time.RFC1123Z), "Text."))
		}
		b.web.put(site+"feed", rss(items...))
		for range 40 {
			pause := b.clock.Now().Sub(newest)
			b.look()
			if h := b.health(); (h.Trouble != nil) != (pause > 30*24*time.Hour) {
				b.Fatalf("after %s: %+v", pause, h.Trouble)
			}
		}
		if why := b.health().Trouble.Why; !strings.Contains(why, "nothing new since "+newest.Format("2 January 2006")) {
			b.Error(why)
		}
	})
}

// What a person accepts is no trouble any more.
func TestAccept(t *testing.T) {
	benches(t, newsletter.Source{Feed: site + "feed"}, func(b *bench) {
		b.web.put(site+"feed", rss(entry("a", site+"1", "One", day1, "T"), entry("b", site+"2", "Two", day1, "T")))
		b.look()
		b.web.put(site+"feed", rss(entry("c", site+"3", "Three", "", "T")))
		if run := b.look(); run.Status != "suspect" || len(b.items()) != 2 {
			b.Fatalf("%+v", run)
		}
		if err := b.db.ForgetSource(context.Background(), "s"); err != nil {
			b.Fatal(err)
		}
		if run := b.look(); run.Status != "ok" || b.health().Trouble != nil || len(b.items()) != 3 {
			b.Errorf("%+v", run)
		}
	})
}

// Validators are kept byte-exact and only after a good look; now and then everything is asked for.
func TestValidators(t *testing.T) {
	benches(t, newsletter.Source{Feed: site + "feed"}, func(b *bench) {
		good := fetch.Response{Body: []byte(rss(entry("a", site+"1", "One", day1, "T"))), ETag: `W/"a b"`, LastModified: "yesterday"}
		b.web.answer(site+"feed", good)
		b.look()
		if run := b.look(); run.Status != "not_modified" || b.web.last().ETag != `W/"a b"` || b.web.last().LastModified != "yesterday" {
			b.Errorf("%+v %+v", run, b.web.last())
		}
		for range 6 {
			b.look()
		}
		if b.web.last().ETag != "" {
			b.Error("everything was not asked for in a week")
		}
		b.web.answer(site+"feed", fetch.Response{Body: []byte("<html>"), ETag: `"bad"`})
		b.look()
		if s := b.state(); s.ETag != `W/"a b"` {
			b.Errorf("%+v", s)
		}
	})
}

// How long a source is left alone.
func TestPace(t *testing.T) {
	feed := rss(entry("a", site+"1", "One", day1, "T"))
	for name, c := range map[string]struct {
		answer   fetch.Response
		min, max time.Duration
	}{
		"as configured":         {fetch.Response{Body: []byte(feed)}, time.Hour, 66 * time.Minute},
		"max-age":               {fetch.Response{Body: []byte(feed), Fresh: 5 * time.Hour}, 5 * time.Hour, 5*time.Hour + 30*time.Minute},
		"max-age of a year":     {fetch.Response{Body: []byte(feed), Fresh: 365 * 24 * time.Hour}, 24 * time.Hour, 27 * time.Hour},
		"failed once":           {fetch.Response{Status: 500}, 5 * time.Minute, 5 * time.Minute},
		"429":                   {fetch.Response{Status: 429}, time.Hour, time.Hour},
		"429 for three hours":   {fetch.Response{Status: 429, RetryAfter: 3 * time.Hour}, 3 * time.Hour, 3 * time.Hour},
		"503 with a time given": {fetch.Response{Status: 503, RetryAfter: 2 * time.Hour}, 2 * time.Hour, 2 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			benches(t, newsletter.Source{Feed: site + "feed"}, func(b *bench) {
				b.web.answer(site+"feed", c.answer)
				began := b.clock.Now()
				run, _ := b.due(false)
				if wait := b.state().NextAt.Sub(began); wait < c.min || wait > c.max {
					b.Errorf("%+v: %s", run, wait)
				}
				if c.answer.Status == 429 && (run.Status != "later" || b.health().Trouble != nil) {
					b.Errorf("429 is no error: %+v", run)
				}
				if _, looked := b.due(true); looked {
					b.Error("it was read before its time")
				}
			})
		})
	}
}

func TestBackOffDoubles(t *testing.T) {
	benches(t, newsletter.Source{Feed: site + "feed"}, func(b *bench) {
		for _, want := range []time.Duration{5, 10, 20, 40, 80, 160, 320, 640, 1280, 1440, 1440} {
			b.web.answer(site+"feed", fetch.Response{Status: 502})
			began := b.clock.Now()
			b.look()
			if wait := b.state().NextAt.Sub(began); wait != want*time.Minute {
				b.Errorf("%s, want %d minutes", wait, want)
			}
		}
	})
}

func TestGoneIsNotAskedAgain(t *testing.T) {
	benches(t, newsletter.Source{Feed: site + "feed"}, func(b *bench) {
		b.web.answer(site+"feed", fetch.Response{Status: 410})
		b.look()
		b.clock.Move(60 * 24 * time.Hour)
		if _, looked := b.due(true); looked {
			b.Error("it was asked again")
		}
		b.src.Feed = site + "other" // configured anew
		b.web.put(site+"other", rss(entry("a", site+"1", "One", day1, "T")))
		if run, looked := b.due(true); !looked || run.New != 1 {
			b.Errorf("%+v", run)
		}
	})
}

// A permanent move is believed when it was seen three times, and left when the new address fails.
func TestMoves(t *testing.T) {
	benches(t, newsletter.Source{Feed: site + "feed"}, func(b *bench) {
		feed := []byte(rss(entry("a", site+"1", "One", day1, "T")))
		b.web.answer(site+"feed", fetch.Response{URL: site + "new", Permanent: site + "new", Body: feed})
		b.web.answer(site+"new", fetch.Response{Body: feed})
		for look := 1; look <= 5; look++ {
			run := b.look()
			want := site + "feed"
			if look > 3 {
				want = site + "new"
			}
			if got := b.web.last().URL; got != want {
				b.Errorf("look %d asked %s", look, got)
			}
			if said := strings.Contains(strings.Join(run.Reasons, " "), "write "+site+"new into the configuration"); said != (look >= 3) {
				b.Errorf("look %d: %v", look, run.Reasons)
			}
		}
		if h := b.health(); h.MovedTo != site+"new" {
			b.Errorf("%+v", h)
		}
		b.web.answer(site+"new", fetch.Response{Status: 404})
		b.look()
		b.web.put(site+"feed", string(feed))
		if run := b.look(); run.Status != "ok" || b.web.last().URL != site+"feed" {
			b.Errorf("%+v %s", run, b.web.last().URL)
		}
	})
}

// Checking a source reads and judges it, and stores nothing.
func TestCheck(t *testing.T) {
	benches(t, newsletter.Source{Feed: site + "feed"}, func(b *bench) {
		b.web.put(site+"feed", rss(entry("a", site+"1", "One", day1, "T"), entry("b", site+"2", "Two", day1, "T")))
		b.look()
		before := b.state()
		b.web.put(site+"feed", rss())
		var got newsletter.SourceHealth
		if err := b.c.Check(context.Background(), []newsletter.Source{b.src}, func(h newsletter.SourceHealth) { got = h }); err != nil {
			b.Fatal(err)
		}
		if got.Trouble == nil || !strings.Contains(got.Trouble.Why, "nothing") || b.health().Trouble != nil || b.state().NextAt != before.NextAt || len(b.items()) != 2 {
			b.Errorf("%+v", got)
		}
	})
}
