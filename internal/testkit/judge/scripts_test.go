package judge

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"broadsheet/internal/testkit"

	nethtml "golang.org/x/net/html"
)

// scripts are ways to have a script run; each that does calls ran.
var scripts = []string{
	`<script>ran("script")</script>`,
	`"><img src=x onerror=ran("onerror")>`,
	`<svg onload=ran("svg")><animate onbegin=ran("begin") attributeName=x>`,
	`' autofocus tabindex=1 onfocus=ran('focus') x='`,
	`</title></style></textarea></iframe><script>ran("raw")</script>`,
	`--><script>ran("comment")</script><!--`,
	`<![endif]--><script>ran("outlook")</script><!--[if mso]>`,
	`<iframe srcdoc="<script>parent.ran('srcdoc')</script>"></iframe>`,
	`<a href="javascript:ran('link')">here</a><a href="data:text/html,<script>ran(1)</script>">or here</a>`,
	`<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=ran('mutation')&gt;">`,
	`<noscript><p title="</noscript><img src=x onerror=ran('noscript')>"></noscript>`,
	`<form><input autofocus onfocus=ran("input")><button formaction=javascript:ran(1)>Go</button></form>`,
	`<meta http-equiv=refresh content="0;url=javascript:ran('refresh')"><base href="https://elsewhere.example/">`,
	`<link rel=stylesheet href=https://elsewhere.example/a.css><style>@import "https://elsewhere.example/b.css"; *{background:url(https://elsewhere.example/c)}</style>`,
	`<object data="data:text/html,<script>parent.ran('object')</script>"></object><embed src=javascript:ran(1)>`,
	`<details open ontoggle=ran("toggle"><summary>x</summary></details><video src=x onerror=ran("video")>`,
	`{{.Marks.Unsubscribe}}<%= ran("template") %>${ran("literal")}`,
	`\u003cscript>ran("escaped")\u003c/script>&lt;script&gt;ran("entity")&lt;/script&gt;&#60;script&#62;ran("number")&#60;/script&#62;`,
}

// hostile answers as the demo's sites do, with a script in every field.
func hostile(w http.ResponseWriter, r *http.Request) {
	write, end := func(form string, args ...any) { fmt.Fprintf(w, form, args...) }, ""
	switch {
	case strings.HasSuffix(r.URL.Path, "/news.html"):
		write("<!DOCTYPE html><title>News</title>")
		each(func(n int, s string) {
			write(`<div class="actu"><h2>%d %[2]s</h2><span class="date">%[3]d March 2017</span><p>%[2]s</p><a href="%[2]s">Story</a> <a href="mailto:x@example.org?%[2]s">%[2]s</a></div>`, n, html.EscapeString(s), 1+n)
		})
	case strings.HasSuffix(r.URL.Path, "/reports.html"):
		write("<!DOCTYPE html><title>Reports</title>")
		each(func(n int, s string) {
			write(`<div class="report"><h4>Report %d %[2]s</h4><p>Published %[3]d March 2017</p><blockquote>%[2]s</blockquote><a href="/pdf/%[1]d_E.pdf">%[2]s</a><a class="press" href="javascript:ran('press')">%[2]s</a></div>`, n, html.EscapeString(s), 1+n)
		})
	case strings.HasSuffix(r.URL.Path, "/agenda.html"):
		write(`<!DOCTYPE html><title>Agenda</title><p class="month">April 2017</p><dl>`)
		each(func(n int, s string) {
			write("<dt>%d April, Town %[2]s</dt><dd>Event %[1]d %[2]s</dd>", 1+n, html.EscapeString(s))
		})
	case strings.HasSuffix(r.URL.Path, ".rss"):
		write(`<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel><title>F</title>`)
		end = "</channel></rss>"
		each(func(n int, s string) {
			write(`<item><guid>%d</guid><title>RSS %[1]d %[2]s</title><link>%[2]s</link><author>%[2]s</author><category>%[2]s</category><pubDate>Thu, %02[3]d Mar 2017 11:00:00 +0100</pubDate><description>%[2]s</description><content:encoded>%[2]s</content:encoded></item>`, n, html.EscapeString(s), 1+n)
		})
	case strings.HasSuffix(r.URL.Path, ".atom"):
		write(`<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>F</title>`)
		end = "</feed>"
		each(func(n int, s string) {
			write(`<entry><id>urn:%d</id><title type="html">Atom %[1]d %[2]s</title><link href="%[2]s"/><updated>2017-03-%02[3]dT10:00:00Z</updated><summary type="html">%[2]s</summary><content type="html">%[2]s</content></entry>`, n, html.EscapeString(s), 1+n)
		})
	case strings.HasSuffix(r.URL.Path, ".json"):
		type item struct{ ID, URL, Title, Summary, Content_html, Date_published string }
		items := []item{}
		each(func(n int, s string) {
			items = append(items, item{fmt.Sprint(n), s, fmt.Sprintf("JSON %d %s", n, s), s, s, fmt.Sprintf("2017-03-%02dT10:00:00Z", 1+n)})
		})
		text, _ := json.Marshal(map[string]any{"version": "https://jsonfeed.org/version/1.1", "title": "F", "items": items}) // plain data
		write("%s", strings.NewReplacer(`"ID"`, `"id"`, `"URL"`, `"url"`, `"Title"`, `"title"`, `"Summary"`, `"summary"`, `"Content_html"`, `"content_html"`, `"Date_published"`, `"date_published"`).Replace(string(text)))
	case strings.HasSuffix(r.URL.Path, ".ics"):
		write("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:x\r\n")
		end = "END:VCALENDAR\r\n"
		each(func(n int, s string) {
			s = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`).Replace(s)
			write("BEGIN:VEVENT\r\nUID:%d\r\nDTSTAMP:20170301T090000Z\r\nDTSTART;VALUE=DATE:201705%02[3]d\r\nSUMMARY:Calendar %[1]d %[2]s\r\nLOCATION:%[2]s\r\nDESCRIPTION:%[2]s\r\nURL:javascript:ran('url')\r\nORGANIZER;CN=x:mailto:x@example.org\r\nEND:VEVENT\r\n", n, s, 1+n)
		})
	default:
		http.NotFound(w, r)
	}
	write("%s", end)
}

func each(do func(n int, script string)) {
	for n, s := range scripts {
		do(n, s)
	}
}

var unsafe = regexp.MustCompile(`(?i)^\s*(javascript|data|vbscript):`)

// active returns what in a document could run or fetch something by itself, but
// for elements of our own.
func active(text string, ours ...string) (found []string) {
	for z := nethtml.NewTokenizer(strings.NewReader(text)); z.Next() != nethtml.ErrorToken; {
		token := z.Token()
		if token.Type != nethtml.StartTagToken && token.Type != nethtml.SelfClosingTagToken {
			continue
		}
		if slices.Contains([]string{"script", "iframe", "object", "embed", "svg", "math", "form", "input", "base", "video"}, token.Data) && !slices.Contains(ours, token.Data) {
			found = append(found, token.String())
		}
		for _, a := range token.Attr {
			if strings.HasPrefix(a.Key, "on") || unsafe.MatchString(a.Val) && (a.Key == "href" || a.Key == "src" || a.Key == "action") || a.Key == "http-equiv" {
				found = append(found, token.String())
			}
		}
	}
	return found
}

// Whatever a source, a subscriber or an editor writes, no script runs in the
// preview, in the web view, or in the issue where no policy of ours stands
// around it; nothing is fetched from elsewhere, and no frame goes anywhere.
func TestNoScriptRuns(t *testing.T) {
	b := testkit.OpenBrowser(t)
	editorial := fstest.MapFS{}
	for _, language := range []string{"", "-fr", "-ar"} {
		text := "---\ntitle: 'Editorial " + strings.ReplaceAll(scripts[4], "'", "''") + "'\ndate: 2017-03-24\n---\n" + strings.Join(scripts, "\n\n")
		editorial["2017-03"+language+".md"] = &fstest.MapFile{Data: []byte(text), Mode: 0o600}
	}
	n := newNewsroom(t, http.HandlerFunc(hostile), editorial, `Ana <script>ran("name")</script>"><img src=x onerror=ran("name")>`)
	desk, web := n.desk+"/issues/"+n.issue.Slug(), n.public+"/i/"+n.issue.PublicID
	pages := map[string]testkit.Page{"inbox": {URL: n.desk + "/"}, "sources": {URL: n.desk + "/sources"}}
	for _, language := range languages {
		message, view := n.html(t, language), page(t, web+"/"+language)
		for _, found := range append(active(message), active(view)...) {
			t.Errorf("the issue or its web view in %s has %s", language, found)
		}
		pages["issue "+language] = testkit.Page{HTML: message}
		pages["web view "+language] = testkit.Page{URL: web + "/" + language}
		pages["web view without its policy "+language] = testkit.Page{HTML: view}
		pages["frame "+language] = testkit.Page{URL: desk + "/frame/" + language + "?scheme=dark&reader=" + language + "@example.org"}
	}
	for _, form := range []string{"html", "text", "source", "header", "changes"} {
		url := desk + "?reader=en@example.org&as=" + form
		pages["preview as "+form] = testkit.Page{URL: url}
		for _, found := range active(page(t, url), "iframe", "form", "input") {
			t.Errorf("the preview as %s has %s", form, found)
		}
	}
	for name, p := range pages {
		p.Keys = []string{"Tab", "Tab"}
		seen := b.See(t, p)
		if len(seen.Ran)+len(seen.Foreign) > 0 || seen.Status != http.StatusOK {
			t.Errorf("%s: status %d, ran %q, asked for %q", name, seen.Status, seen.Ran, seen.Foreign)
		}
		if name != "sources" && name != "preview as header" && name != "preview as changes" && strings.Count(seen.Text, "ran(") < 20 {
			t.Errorf("%s: the scripts are not in it:\n%s", name, seen.Text)
		}
	}
}
