package collect_test

import (
	"bytes"
	"context"
	"image"
	"image/color"
	"image/png"
	"strings"
	"testing"

	"broadsheet/internal/newsletter"
)

func drawing(w, h int) string {
	m := image.NewGray(image.Rect(0, 0, w, h))
	for x := range w {
		m.Set(x, x%h, color.White)
	}
	var out bytes.Buffer
	_ = png.Encode(&out, m)
	return out.String()
}

const pressPage = `<div><h2>One</h2><img src="/one.png" alt="A hall"></div><div><h2>Two</h2><img src="/bomb.png"></div>`

func pressSource(images string) newsletter.Source {
	return newsletter.Source{Page: "https://x.example/", Images: images,
		Rules: &newsletter.Rules{Item: newsletter.Rule{"div"}, Title: newsletter.Rule{"h2"}, Image: newsletter.Rule{"img"}}}
}

// A picture that many items have is the site's: none of them is shown by it.
func TestThePictureOfTheSiteIsNoItems(t *testing.T) {
	benches(t, pressSource("own"), func(b *bench) {
		b.web.put("https://x.example/", `<div><h2>News</h2><img src="/site.png"></div><div><h2>More</h2><img src="/site.png"></div><div><h2>Most</h2><img src="/site.png"></div><div><h2>One</h2><img src="/one.png"></div>`)
		b.web.put("https://x.example/one.png", drawing(90, 90))
		b.web.put("https://x.example/site.png", drawing(80, 80))
		b.look()
		for _, item := range b.items() {
			if (item.Image != nil) != (item.Title == "One") {
				b.Errorf("%s: %+v", item.Title, item.Image)
			}
		}
	})
}

// What a source is told in headers, such as a key, goes to no other host that has a picture.
func TestHeadersAreForTheSource(t *testing.T) {
	src := pressSource("own")
	src.Headers = map[string]string{"Authorization": "secret"}
	benches(t, src, func(b *bench) {
		b.web.put("https://x.example/", `<div><h2>One</h2><img src="/one.png"></div><div><h2>Two</h2><img src="https://cdn.example/two.png"></div>`)
		b.web.put("https://x.example/one.png", drawing(90, 90))
		b.web.put("https://cdn.example/two.png", drawing(90, 90))
		b.look()
		for _, request := range b.web.asked {
			if told := request.Headers["Authorization"] != ""; told == strings.Contains(request.URL, "cdn.example") {
				b.Errorf("%s: told %v", request.URL, told)
			}
		}
	})
}

// Pictures are copied once, under the name of their content, and only where the
// source's rule lets us; one that cannot be had leaves its item without.
func TestPicturesAreCopied(t *testing.T) {
	benches(t, pressSource("own"), func(b *bench) {
		b.web.put("https://x.example/", pressPage)
		b.web.put("https://x.example/one.png", drawing(2000, 1000))
		b.web.put("https://x.example/bomb.png", drawing(9, 9))
		run := b.look()
		if run.New != 2 || !strings.Contains(strings.Join(run.Reasons, "\n"), `"Two": its picture is left out: 9 x 9 pixels`) {
			b.Errorf("%+v", run)
		}
		asked := len(b.web.asked)
		if again := b.look(); again.Changed != 0 || len(b.web.asked) != asked+2 { // the page, and the picture that we have not
			b.Errorf("%+v; asked %d more", again, len(b.web.asked)-asked)
		}
		for _, item := range b.items() {
			if item.Title == "Two" && item.Image.File != "" {
				b.Error("a counter's pixel was copied")
			}
			if item.Title != "One" {
				continue
			}
			p, err := b.db.Picture(context.Background(), item.Image.File)
			if err != nil || p.Width != 1200 || item.Image.Width != 1200 || item.Image.Alt != "A hall" || item.Image.Rights != "own" || p.Type != "image/png" {
				b.Errorf("%+v %s %d %v", item.Image, p.Type, p.Width, err)
			}
		}
	})
}

func TestPicturesOfOthersAreLeftAlone(t *testing.T) {
	for _, images := range []string{"", "none"} {
		benches(t, pressSource(images), func(b *bench) {
			b.web.put("https://x.example/", pressPage)
			b.look()
			for _, item := range b.items() {
				if item.Image != nil {
					b.Errorf("%q: %+v", images, item.Image)
				}
			}
			for _, request := range b.web.asked {
				if strings.HasSuffix(request.URL, ".png") {
					b.Errorf("%q: %s was fetched", images, request.URL)
				}
			}
		})
	}
}
