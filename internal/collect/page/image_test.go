package page

import (
	"testing"

	"broadsheet/internal/newsletter"
)

// A picture is found where pages hide it, in the size that is of use, with what stands at it.
func TestImages(t *testing.T) {
	for what, c := range map[string]struct {
		rule, html string
		want       newsletter.Image
	}{
		"plain":         {"img@src", `<img src="/a.jpg" alt=" A  hall ">`, newsletter.Image{URL: "https://x.example/a.jpg", Alt: "A hall"}},
		"lazy":          {"img", `<img src="data:image/gif;base64,R0" data-src="/b.jpg">`, newsletter.Image{URL: "https://x.example/b.jpg"}},
		"srcset":        {"img", `<img src="/s.jpg" srcset="/400.jpg 400w, /1200.jpg 1200w, /4000.jpg 4000w">`, newsletter.Image{URL: "https://x.example/1200.jpg"}},
		"all too wide":  {"img", `<img srcset="/4000.jpg 4000w, /2000.jpg 2000w">`, newsletter.Image{URL: "https://x.example/2000.jpg"}},
		"in a figure":   {"figure", `<figure><img src="c.jpg" alt="x"><figcaption>The hall. Photo: A. Smith</figcaption></figure>`, newsletter.Image{URL: "https://x.example/n/c.jpg", Alt: "x", Caption: "The hall.", Credit: "A. Smith"}},
		"credit apart":  {"img", `<figure><img src="c.jpg"><figcaption>The hall <span class="credit">CoE</span></figcaption></figure>`, newsletter.Image{URL: "https://x.example/n/c.jpg", Caption: "The hall", Credit: "CoE"}},
		"copyright":     {"img", `<figure><img src="c.jpg"><figcaption>© Council of Europe</figcaption></figure>`, newsletter.Image{URL: "https://x.example/n/c.jpg", Credit: "Council of Europe"}},
		"attribute":     {"a@href", `<a href="/big.png"><img src="/small.png" alt="y"></a>`, newsletter.Image{URL: "https://x.example/big.png", Alt: "y"}},
		"no data: URLs": {"img", `<img src="data:image/png;base64,AAAA">`, newsletter.Image{}},
	} {
		src := newsletter.Source{ID: "s", Kind: newsletter.News, Max: 9, Rules: &newsletter.Rules{Item: newsletter.Rule{"div"}, Title: newsletter.Rule{"h2"}, Image: newsletter.Rule{c.rule}}}
		got, err := Parse(src, newsletter.Raw{URL: "https://x.example/n/", ContentType: "text/html; charset=utf-8", Body: []byte(`<div><h2>T</h2>` + c.html + `</div>`)})
		if err != nil || len(got.Items) != 1 {
			t.Fatalf("%s: %v", what, err)
		}
		image := got.Items[0].Image
		if image == nil {
			image = &newsletter.Image{}
		}
		if *image != c.want {
			t.Errorf("%s: %+v, want %+v", what, *image, c.want)
		}
	}
}

// What a page says of itself has a picture too.
func TestImagesOfPagesThatDescribeThemselves(t *testing.T) {
	for html, want := range map[string]newsletter.Image{
		`<meta property="og:type" content="article"><meta property="og:title" content="T"><meta property="og:image" content="/og.jpg"><meta property="og:image:alt" content="A hall">`:          {URL: "https://x.example/og.jpg", Alt: "A hall"},
		`<script type="application/ld+json">{"@type":"NewsArticle","headline":"T","url":"/t","image":{"@type":"ImageObject","url":"/ld.jpg","caption":"The hall","creditText":"CoE"}}</script>`: {URL: "https://x.example/ld.jpg", Caption: "The hall", Credit: "CoE"},
		`<script type="application/ld+json">{"@type":"NewsArticle","headline":"T","url":"/t","image":["/first.jpg","/second.jpg"]}</script>`:                                                    {URL: "https://x.example/first.jpg"},
	} {
		got, err := Parse(newsletter.Source{ID: "s", Kind: newsletter.News, Max: 9}, newsletter.Raw{URL: "https://x.example/n/", ContentType: "text/html; charset=utf-8", Body: []byte(html + "<p>A story that is long enough to be one.</p>")})
		if err != nil || len(got.Items) != 1 || got.Items[0].Image == nil || *got.Items[0].Image != want {
			t.Errorf("%s: %+v %v", html, got.Items, err)
		}
	}
}
