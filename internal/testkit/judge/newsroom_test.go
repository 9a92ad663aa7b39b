package judge

import (
	"context"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/config"
	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/testkit"
	"broadsheet/subscribers"
)

var ctx = context.Background()

// A newsroom is the product in this process, with the demo's publication over
// some sites, an issue of it sent, and both doors open.
type newsroom struct {
	*app.App
	issue        newsletter.Issue
	public, desk string // where the doors are
	settings     string // the configuration file
	now          func() time.Time
}

func (n *newsroom) load() (*config.Config, error) {
	return config.Load(n.settings, n.now(), os.LookupEnv)
}

// keys are made once: no test here looks at what they sign.
var keys = sync.OnceValue(func() map[string][]byte {
	made := map[string][]byte{}
	for _, kind := range []string{"rsa", "ed25519"} {
		made[kind], _ = app.NewKey(kind) // an empty one is refused by the configuration
	}
	return made
})

// newNewsroom sends an issue of what the sites and the editorial give to people of a name.
func newNewsroom(t *testing.T, sites http.Handler, editorial fs.FS, name string) newsroom {
	t.Helper()
	p := press{t, t.TempDir(), testkit.NewSMTP(t)}
	site := httptest.NewServer(sites)
	t.Cleanup(site.Close)
	p.must(os.CopyFS(p.dir+"/editorial", editorial))
	p.write("demo.secret", "0123456789abcdef0123456789abcdef")
	for _, kind := range []string{"rsa", "ed25519"} {
		p.write(kind+".pem", string(keys()[kind]))
	}
	at, err := time.Parse(time.RFC3339, month)
	p.must(err)
	address := free(p)
	settings := strings.NewReplacer("max: 10", "max: 200", "https://news.example.org", "http://"+address).Replace(p.config(strings.TrimPrefix(site.URL, "http://")))
	n := newsroom{settings: p.write("broadsheet.yaml", settings), now: testkit.NewClock(at).Now}
	cfg, err := n.load()
	p.must(err)
	cfg.Public.Listen, cfg.Desk.Listen = address, "127.0.0.1:0"
	n.App, err = app.Open(ctx, cfg, app.Options{Now: n.now, Version: "test", Log: slog.New(slog.DiscardHandler)})
	p.must(err)
	t.Cleanup(func() { p.must(n.Close()) })
	n.send(p, name)
	n.public, n.desk = n.open(p)
	return n
}

// free is an address that nobody listens at: what stands in messages must be known before the door is open.
func free(p press) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	p.must(err)
	defer l.Close()
	return l.Addr().String()
}

func (n *newsroom) send(p press, name string) {
	p.t.Helper()
	list, err := n.People.List(ctx, "members")
	p.must(err)
	for _, language := range []string{"en", "fr", "ar"} {
		row := subscribers.Row{Address: language + "@example.org", Name: name, Language: language, Consent: &subscribers.Consent{Source: "form", GivenAt: n.Desk.Now()}}
		_, err := n.People.Add(ctx, subscribers.Import{List: list, Act: subscribers.Act{By: "operator", How: "cli"}}, row)
		p.must(err)
	}
	p.must(n.Desk.Collect(ctx, nil, false, func(r newsletter.SourceRun) {
		if r.Status == "failed" {
			p.t.Errorf("%s: %q", r.Source, r.Reasons)
		}
	}))
	made, err := n.Desk.Compose(ctx, "monthly", desk.Operator)
	p.must(err)
	_, _, err = n.Desk.Submit(ctx, made.Issue.Slug(), "ana@example.org")
	p.must(err)
	n.issue, err = n.Desk.Approve(ctx, made.Issue.Slug(), "", "luc@example.org")
	p.must(err)
	_, err = n.Desk.Send(ctx, n.issue.Slug(), desk.Operator, desk.Ask{Count: 3}, func(newsletter.Tally) {})
	p.must(err)
}

func (n *newsroom) open(p press) (public, desk string) {
	running, stop := context.WithCancel(ctx)
	at, ended := make(chan app.Addresses, 1), make(chan error, 1)
	go func() { ended <- n.Serve(running, func(a app.Addresses) { at <- a }) }()
	p.t.Cleanup(func() { stop(); p.must(<-ended) })
	select {
	case a := <-at:
		return "http://" + a.Public.String(), "http://" + a.Desk.String()
	case err := <-ended:
		p.t.Fatal(err)
		return "", ""
	}
}

// html is the issue as a mail program gets it.
func (n *newsroom) html(t *testing.T, language string) string {
	t.Helper()
	p, err := n.Desk.Preview(ctx, n.issue.Slug(), language, language+"@example.org")
	if err != nil {
		t.Fatal(err)
	}
	return p.HTML
}
