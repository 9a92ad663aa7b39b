package collect_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"broadsheet/internal/collect"
	"broadsheet/internal/fetch"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
	"broadsheet/internal/testkit"
)

func TestMain(m *testing.M) { testkit.Main(m) }

const feed = `<rss><channel><item><title>One</title><guid>1</guid></item><item><title>Two</title><guid>1</guid><link>/2</link></item></channel></rss>`

// One bad source never stops the others; each run says what it gave; a source
// that answers 304 stays, one that fails is left alone for longer each time.
func TestRuns(t *testing.T) {
	var hits, full atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hits.Add(1)
		switch r.URL.Path {
		case "/feed":
			w.Header().Set("ETag", `"v1"`)
			if r.Header.Get("If-None-Match") == `"v1"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			full.Add(1)
			_, _ = w.Write([]byte(feed))
		case "/broken":
			w.Header().Set("ETag", `"bad"`)
			_, _ = w.Write([]byte("<html></html>"))
		default:
			w.Header().Set("Retry-After", "7200")
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer site.Close()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.md"), []byte("# A\n\ntext"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "b.md"), []byte("no title"), 0o600); err != nil {
		t.Fatal(err)
	}
	src := func(id, address string) newsletter.Source {
		return newsletter.Source{ID: id, Kind: newsletter.News, Feed: address, Timezone: "UTC", Max: 100, AllowPrivate: true, Every: newsletter.Duration(time.Hour)}
	}
	sources := []newsletter.Source{src("feed", site.URL+"/feed"), src("broken", site.URL+"/broken"), src("down", site.URL+"/down"), {ID: "files", Kind: newsletter.News, File: filepath.Join(dir, "*.md"), Timezone: "UTC", Max: 100, Every: newsletter.Duration(time.Hour)}}
	clock := testkit.NewClock(time.Date(2017, 3, 1, 0, 0, 0, 0, time.UTC))
	testkit.EachDatabase(t, clock.Now, func(t *testing.T, db *store.DB) {
		client := fetch.New("test")
		defer client.CloseIdle()
		c := collect.New(db, client, clock.Now)
		run := func(due bool) map[string]newsletter.SourceRun {
			runs := map[string]newsletter.SourceRun{}
			if err := c.All(context.Background(), sources, due, func(r newsletter.SourceRun) { runs[r.Source] = r }); err != nil {
				t.Fatal(err)
			}
			return runs
		}
		first := run(false)
		if r := first["feed"]; r.Status != "ok" || r.New != 2 {
			t.Errorf("%+v", r)
		}
		if r := first["files"]; r.Status != "ok" || r.New != 1 || r.Refused != 1 || !strings.Contains(r.Reasons[0], "b.md") {
			t.Errorf("%+v", r)
		}
		for bad, status := range map[string]string{"broken": "failed", "down": "later"} {
			if r := first[bad]; r.Status != status || len(r.Reasons) != 1 {
				t.Errorf("%+v", r)
			}
		}
		if s, err := db.SourceState(context.Background(), "broken"); err != nil || s.ETag != "" {
			t.Errorf("the validator of a page that could not be read was kept: %+v %v", s, err)
		}
		if again := run(true); len(again) != 0 {
			t.Errorf("not due, but read: %v", again)
		}
		before := full.Load()
		second := run(false)
		if r := second["feed"]; r.Status != "not_modified" || full.Load() != before {
			t.Errorf("%+v", r)
		}
		if r := second["files"]; r.New != 0 || r.Unchanged != 1 {
			t.Errorf("%+v", r)
		}
		clock.Move(67 * time.Minute) // an hour, and the tenth of it that spreads sources
		third := run(true)
		if _, asked := third["down"]; asked {
			t.Error("Retry-After was not heeded")
		}
		if len(third) != 3 {
			t.Errorf("due after an hour: %v", third)
		}
	})
}
