package app_test

import (
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"broadsheet/subscribers"
	"broadsheet/subscribers/segment"
)

// people are addresses with consent, as many as come numbers.
func people(prefix string, numbers iter.Seq[int], given time.Time) iter.Seq2[subscribers.Row, error] {
	return func(yield func(subscribers.Row, error) bool) {
		for i := range numbers {
			row := subscribers.Row{Line: i + 1, Address: fmt.Sprintf("%s%d@example.org", prefix, i), Consent: &subscribers.Consent{Source: "form", GivenAt: given}}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// count counts until n.
func count(n int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

// connections is how many can be open at a time: both ends are in this process.
func connections(t *testing.T, wanted int) int {
	t.Helper()
	var limit syscall.Rlimit
	must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	return min(wanted, int(limit.Cur-500)/2)
}

// Ten thousand people leave by one click at the same moment, while an import runs:
// each is heard, and none is told of a failure.
func TestTenThousandOneClicks(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, _ string) {
		clicks := crowd(10_000)
		readers, err := h.People.List(ctx, "readers")
		must(t, err)
		events, err := h.People.List(ctx, "events")
		must(t, err)
		must(t, h.People.Import(ctx, subscribers.Import{List: readers, Act: operator}, people("r", count(clicks-1), h.clock.Now()), func(subscribers.Result) error { return nil }))
		pub, err := h.Desk.Publication("p")
		must(t, err)
		public := h.door(t)
		var links []string
		must(t, h.People.Export(ctx, "readers", segment.Filter{}, func(m subscribers.Member) error {
			links = append(links, strings.Replace(h.Desk.Links.Unsubscribe(m.PublicID, pub), "https://news.example.org", public, 1))
			return nil
		}))
		if len(links) != clicks {
			t.Fatalf("%d readers", len(links))
		}
		imported, done, rows := 0, make(chan error, 1), make(chan int, clicks*rowsPerClick)
		go func() {
			of := func(yield func(int) bool) {
				for i := range rows {
					if !yield(i) {
						return
					}
				}
			}
			done <- h.People.Import(ctx, subscribers.Import{List: events, Act: operator}, people("e", of, h.clock.Now()), func(subscribers.Result) error { imported++; return nil })
		}()
		began := time.Now()
		took := click(t, links, func(i int) { // the import goes on as the clicks do
			for j := range rowsPerClick {
				rows <- i*rowsPerClick + j
			}
		})
		all := time.Since(began)
		close(rows)
		must(t, <-done)
		slices.Sort(took)
		t.Logf("%d clicks in %s over %d connections, while %d rows came in: median %s, p99 %s, longest %s", clicks, all.Round(time.Millisecond), connections(t, clicks), imported,
			took[len(took)/2].Round(time.Millisecond), took[len(took)*99/100].Round(time.Millisecond), took[len(took)-1].Round(time.Millisecond))
		n, err := h.People.Counts(ctx, "readers", segment.Filter{})
		must(t, err)
		if n.Ended != clicks || n.Confirmed != 0 {
			t.Errorf("%+v", n)
		}
		if n, _ := h.People.Counts(ctx, "events", segment.Filter{}); n.Confirmed != clicks*rowsPerClick || imported != n.Confirmed {
			t.Errorf("%d rows came in, of %d", n.Confirmed, imported)
		}
	})
}

// rowsPerClick is how many rows of the import come in beside each click.
const rowsPerClick = 3

// click posts to all links at once and returns how long each took; each is told of every one that was answered.
func click(t *testing.T, links []string, each func(i int)) []time.Duration {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{MaxConnsPerHost: connections(t, len(links)), DialContext: (&net.Dialer{}).DialContext}}
	defer client.CloseIdleConnections()
	took, start := make([]time.Duration, len(links)), make(chan struct{})
	var running sync.WaitGroup
	for i, link := range links {
		running.Go(func() {
			<-start
			began := time.Now()
			resp, err := client.Post(link, "application/x-www-form-urlencoded", strings.NewReader("List-Unsubscribe=One-Click"))
			if err != nil {
				t.Error(err)
				return
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			_ = resp.Body.Close()
			if took[i] = time.Since(began); resp.StatusCode != 200 {
				t.Errorf("%d", resp.StatusCode)
			}
			each(i)
		})
	}
	close(start)
	running.Wait()
	return took
}
