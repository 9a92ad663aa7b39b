package judge

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"testing"

	"broadsheet/internal/app"
	"broadsheet/internal/testkit"
)

// A followed preview loads itself anew in a browser, and is for everyone, also
// where it shows what is wrong.
func TestFollowedPreviewLoadsItself(t *testing.T) {
	b := testkit.OpenBrowser(t)
	n := sampled(t)
	settings, err := os.ReadFile(n.settings)
	if err != nil {
		t.Fatal(err)
	}
	door, asked := follow(t, n)
	go func() {
		<-asked // the page is there, and waits
		if err := os.WriteFile(n.settings, []byte(strings.Replace(string(settings), "publications:", "publications: [", 1)), 0o600); err != nil {
			t.Error(err)
		}
	}()
	seen := b.See(t, testkit.Page{URL: door, Width: 320, WaitFor: "This does not work", Axe: testkit.Looks})
	for _, v := range seen.Violations {
		if !ofMessage(v) {
			t.Error(v)
		}
	}
	if !strings.Contains(seen.Text, "broadsheet.yaml:") || !strings.Contains(seen.Text, "Spring brings us together") || len(seen.Console)+len(seen.Foreign) > 0 {
		t.Errorf("console %q, asked for %q:\n%s", seen.Console, seen.Foreign, seen.Text)
	}
	for _, found := range b.Validate(t, page(t, door), pageMay...) {
		t.Error(found)
	}
}

// follow serves a followed preview; asked has something once a browser waits for a change.
func follow(t *testing.T, n newsroom) (door string, asked <-chan struct{}) {
	t.Helper()
	w := app.Watched{Slug: n.issue.Slug(), Config: n.settings, Listen: "127.0.0.1:0", Load: n.load, Options: app.Options{Now: n.now, Version: "test"}}
	running, stop := context.WithCancel(ctx)
	at, ended, waits := make(chan string, 1), make(chan error, 1), make(chan struct{}, 1)
	go func() { ended <- w.Run(running, func(address string) { at <- address }) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	var proxy *httputil.ReverseProxy
	select {
	case address := <-at:
		u, err := url.Parse(address)
		if err != nil {
			t.Fatal(err)
		}
		proxy = httputil.NewSingleHostReverseProxy(u)
		proxy.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError) // a browser that goes away is no news
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/version" {
			select {
			case waits <- struct{}{}:
			default:
			}
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/", waits
}
