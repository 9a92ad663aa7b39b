package collect_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/collect"
	"broadsheet/internal/fetch"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
	"broadsheet/internal/testkit"

	"go.uber.org/goleak"
)

// bad are servers as one meets them, with what must be said of each.
var bad = []struct {
	says  string
	serve http.HandlerFunc
}{
	{"answers 500", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }},
	{"answers 404", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(404) }},
	{"answers 410", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(410) }},
	{"answers 429", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(429) }},
	{"answers 403", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) }},
	{"go in a circle", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, r.URL.Path, http.StatusFound) }},
	{"more than 10 redirects", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, r.URL.Path+"x", http.StatusMovedPermanently)
	}},
	{"larger than 10 MB", endless},
	{"larger than 10 MB", bomb},
	{"empty", func(http.ResponseWriter, *http.Request) {}},
	{"HTML page", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html><body>hello</body></html>") }},
	{"expected", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<svg></svg>") }},
	{"feed", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "\x00\x01\x02\xff\xfe") }},
	{"", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, entities) }},
	{"EOF", hangUp},
}

// entities is the "billion laughs": what names it must not grow.
const entities = `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><rss><channel><item><title>x &c;</title></item></channel></rss>`

func endless(w http.ResponseWriter, _ *http.Request) {
	for {
		if _, err := w.Write([]byte(strings.Repeat("<item>", 1<<12))); err != nil {
			return
		}
	}
}

func bomb(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Encoding", "gzip")
	z := gzip.NewWriter(w)
	for range 2000 {
		if _, err := z.Write(make([]byte, 1<<14)); err != nil {
			return
		}
	}
	_ = z.Close() // the other side has hung up
}

func hangUp(w http.ResponseWriter, _ *http.Request) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close() // that is what it does
	}
}

// Of a hundred sources thirty are bad: seventy are whole, thirty are explained,
// and nothing of it all is left running.
func TestHundredSources(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	good := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, rss(entry("1"+r.URL.Path, "", "One", day1, "T"), entry("2"+r.URL.Path, "", "Two", day1, "T")))
	}))
	silent, err := net.Listen("tcp", "127.0.0.1:0") // a host that nobody answers for
	if err != nil {
		t.Fatal(err)
	}
	if err := silent.Close(); err != nil {
		t.Fatal(err)
	}
	var sources []newsletter.Source
	says := map[string]string{}
	add := func(id, address, want string) {
		sources = append(sources, newsletter.Source{ID: id, Kind: newsletter.News, Feed: address, Timezone: "UTC", Max: 2000, AllowPrivate: true, Every: newsletter.Duration(time.Hour)})
		says[id] = want
	}
	var servers []*httptest.Server
	for i := range 30 {
		if i == 29 {
			add("bad29", "http://"+silent.Addr().String()+"/", "cannot be reached")
			continue
		}
		b := bad[i%len(bad)]
		server := httptest.NewServer(b.serve)
		servers = append(servers, server)
		add(fmt.Sprint("bad", i), server.URL+"/feed", b.says)
	}
	for i := range 70 {
		add(fmt.Sprint("good", i), fmt.Sprintf("%s/%d", good.URL, i), "")
	}
	clock := testkit.NewClock(time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC))
	testkit.EachDatabase(t, clock.Now, func(t *testing.T, db *store.DB) {
		client := fetch.New("test")
		defer client.CloseIdle()
		runs := map[string]newsletter.SourceRun{}
		if err := collect.New(db, client, clock.Now).All(context.Background(), sources, false, func(r newsletter.SourceRun) { runs[r.Source] = r }); err != nil {
			t.Fatal(err)
		}
		for id, want := range says {
			r, ran := runs[id]
			switch {
			case !ran:
				t.Errorf("%s has no run", id)
			case want == "" && (r.Status != "ok" || strings.HasPrefix(id, "good") && r.New != 2):
				t.Errorf("%s: %+v", id, r)
			case want != "" && (r.Status == "ok" || !strings.Contains(strings.Join(r.Reasons, " "), want)):
				t.Errorf("%s: %+v, want %q", id, r, want)
			}
		}
	})
	for _, server := range append(servers, good) {
		server.Close()
	}
}
