package app_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/app"
	"broadsheet/internal/config"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/testkit"
)

const pictured = `
database: %s
link_secret: file:secret
public: {listen: "127.0.0.1:0", url: "https://news.example.org"}
desk: {listen: "127.0.0.1:0", url: "http://127.0.0.1:8081"}
lists: [{id: members}]
publications:
  - id: p
    title: Letter
    from: News <news@example.org>
    lists: [members]
    theme: {logo: logo.png, logo_alt: {en: The organisation}, colour: "#7a003c", accent: "#ffcc00", font: "Verdana, sans-serif"}
    imprint: {logos: [{image: logo.png, alt: A funder, url: "https://funder.example/"}]}
    sections: [{id: news, kind: news, max: 9}]
sources:
  - {id: press, page: "%s/", images: licensed, allow_private: true, language: en, rules: {item: div, title: h2, image: img}}
`

func drawn(w, h int) []byte {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for x := range w {
		m.Set(x, x%h, color.White)
	}
	var out bytes.Buffer
	_ = png.Encode(&out, m)
	return out.Bytes()
}

// A picture goes from its source's page into the issue and is served by us alone,
// for ever; so are the logos; what no one has described is asked for.
func TestPicturesAreServed(t *testing.T) {
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, ".png") {
			_, _ = w.Write(drawn(1600, 800))
			return
		}
		_, _ = fmt.Fprint(w, `<div><h2>A story with a picture</h2><img src="/hall.png"></div>`)
	}))
	defer site.Close()
	for engine, address := range testkit.Addresses(t) {
		t.Run(engine, func(t *testing.T) {
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "secret"), []byte("0123456789abcdef0123456789abcdef"), 0o600))
			must(t, os.WriteFile(filepath.Join(dir, "logo.png"), drawn(400, 100), 0o600))
			now := func() time.Time { return time.Date(2017, 3, 20, 9, 0, 0, 0, time.UTC) }
			cfg, err := config.Parse("t.yaml", fmt.Appendf(nil, pictured, address(t), site.URL), dir, now(), os.LookupEnv)
			must(t, err)
			h := &house{dir: dir}
			h.App, err = app.Open(ctx, cfg, app.Options{Now: now, Version: "test", Log: slog.New(slog.DiscardHandler)})
			must(t, err)
			t.Cleanup(func() { must(t, h.Close()) })
			h.collect(t)
			made, err := h.Desk.Compose(ctx, "p", "operator")
			must(t, err)
			shown, err := h.Desk.Preview(ctx, "p/1", "en", "")
			must(t, err)
			sources := regexp.MustCompile(`<img [^>]*src="([^"]*)"`).FindAllStringSubmatch(shown.HTML, -1)
			if len(sources) != 3 || strings.Contains(shown.HTML, site.URL+"/hall.png") || !strings.Contains(shown.HTML, `alt="The organisation"`) || !strings.Contains(shown.HTML, `href="https://funder.example/"`) || !strings.Contains(shown.HTML, "Verdana") || !strings.Contains(shown.HTML, "5px solid #ffcc00") {
				t.Fatalf("%v\n%s", sources, shown.HTML)
			}
			public, _ := h.serve(t)
			for _, source := range sources {
				served(t, public, source[1])
			}
			if code, _ := fetch(t, "GET", public+"/picture/0123.png", nil); code != http.StatusNotFound {
				t.Errorf("a picture that is not there: %d", code)
			}
			if asked := strings.Join(made.Issue.Content.Wanting(), "\n"); !strings.Contains(asked, "no alternative text") || !strings.Contains(asked, "no credit") {
				t.Error(asked)
			}
			h.describes(t, made.Issue.Content.Entries[0].Item.ID)
		})
	}
}

// describes says what a picture shows and whose it is: the draft has it at once, be it
// the schedule's or in people's hands; what is in review stays as it was.
func (h *house) describes(t *testing.T, item int64) {
	t.Helper()
	set := func(field, word string, want int) {
		t.Helper()
		_, err := h.Desk.EditItem(ctx, item, newsletter.Edit{Words: map[string]string{field: word}}, "operator")
		must(t, err)
		issue, _, err := h.Desk.Open(ctx, "p/1")
		must(t, err)
		if asked := issue.Content.Wanting(); len(asked) != want {
			t.Errorf("%s: after %s at revision %d: %q", issue.State, field, issue.Revision, asked)
		}
	}
	set("image_alt", "A hall", 1)
	text, err := h.Desk.EditFile(ctx, "p/1", "")
	must(t, err)
	_, _, err = h.Desk.Edit(ctx, "p/1", strings.Replace(text, "headline:", "headline: Spring", 1), "operator")
	must(t, err)
	set("image_credit", "A. Smith", 0)
	issue, _, err := h.Desk.Open(ctx, "p/1")
	must(t, err)
	old, changed, err := h.Desk.Revert(ctx, "p/1", issue.Revision-1, "operator")
	if err != nil || !changed || len(old.Content.Wanting()) != 1 {
		t.Errorf("taken back: %v %v %q", changed, err, old.Content.Wanting())
	}
	set("image_credit", "A. Smith", 0)
	_, _, err = h.Desk.Submit(ctx, "p/1", "operator")
	must(t, err)
	set("image_alt", "", 0)
}

func served(t *testing.T, public, address string) {
	t.Helper()
	name, ours := strings.CutPrefix(address, "https://news.example.org/picture/")
	if !ours {
		t.Errorf("%s is not ours", address)
		return
	}
	resp, err := http.Get(public + "/picture/" + name)
	must(t, err)
	defer resp.Body.Close()
	m, _, err := image.Decode(resp.Body)
	if err != nil || m.Bounds().Dx() > 1200 || resp.Header.Get("Cache-Control") != "public, max-age=31536000, immutable" || resp.Header.Get("Content-Type") != "image/png" {
		t.Errorf("%s: %v %v", name, resp.Header, err)
	}
	again, err := http.NewRequest("GET", public+"/picture/"+name, nil)
	must(t, err)
	again.Header.Set("If-None-Match", resp.Header.Get("ETag"))
	second, err := http.DefaultClient.Do(again)
	must(t, err)
	defer second.Body.Close()
	if second.StatusCode != http.StatusNotModified {
		t.Errorf("%s again: %d", name, second.StatusCode)
	}
}
