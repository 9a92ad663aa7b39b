package feed

import (
	"testing"

	"broadsheet/internal/newsletter"
)

func TestPictures(t *testing.T) {
	const head = `<rss xmlns:media="http://search.yahoo.com/mrss/"><channel><item><title>T</title>`
	for name, c := range map[string]struct{ body, url, alt, caption, credit string }{
		"none":      {`<enclosure url="/a.mp4" type="video/mp4"/>`, "", "", "", ""},
		"enclosure": {`<enclosure url="/a.jpg" type="image/jpeg"/>`, "https://example.org/a.jpg", "", "", ""},
		"sizes": {`<media:group><media:content url="/s.jpg" medium="image" width="300"/><media:content url="/l.jpg" medium="image" width="1600"/><media:content url="/xl.jpg" medium="image" width="4000"/>
			<media:content url="/xs.jpg" medium="image" width="30"/><media:credit>A. Smith</media:credit><media:description>In Tbilisi</media:description><media:text>Delegates</media:text></media:group>`, "https://example.org/l.jpg", "Delegates", "In Tbilisi", "A. Smith"},
		"content over thumbnail": {`<media:thumbnail url="/t.jpg" width="2000"/><media:content url="/c.png" type="image/png"/>`, "https://example.org/c.png", "", "", ""},
		"thumbnail":              {`<media:thumbnail url="/t.jpg"/>`, "https://example.org/t.jpg", "", "", ""},
		"film":                   {`<media:content url="/f" medium="video"/>`, "", "", "", ""},
		"hostile":                {`<media:content url="javascript:alert(1)" medium="image"/><enclosure url="data:image/png;base64,AA" type="image/png"/>`, "", "", "", ""},
	} {
		items, _, err := parse(t, head+c.body+`</item></channel></rss>`)
		if err != nil || len(items) != 1 {
			t.Fatal(name, err)
		}
		got := newsletter.Image{}
		if items[0].Image != nil {
			got = *items[0].Image
		}
		if got.URL != c.url || got.Alt != c.alt || got.Caption != c.caption || got.Credit != c.credit {
			t.Errorf("%s: %+v", name, got)
		}
	}
	items, _, err := parse(t, `{"version":"https://jsonfeed.org/version/1.1","items":[{"id":"1","title":"T","banner_image":"/b.png"}]}`)
	if err != nil || items[0].Image == nil || items[0].Image.URL != "https://example.org/b.png" {
		t.Error(items, err)
	}
}
