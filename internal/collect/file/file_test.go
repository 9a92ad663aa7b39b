package file

import (
	"strings"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

func TestParse(t *testing.T) {
	src := newsletter.Source{ID: "s", Kind: newsletter.News, Timezone: "Europe/Paris"}
	item, err := Parse(src, newsletter.Raw{URL: "/x/a.md", Body: []byte("---\ntitle: \"A: b\"\ndate: 24 March 2017\nkind: event\nwhen: 26-27 April 2017, Madrid\ncontact: Ana <ana@example.org>\nlink: Programme <https://example.org/p>\n---\n**Bold** <script>x</script> [l](javascript:x)\n")})
	if err != nil {
		t.Fatal(err)
	}
	if item.Title != "A: b" || item.Kind != newsletter.Event || item.Place != "Madrid" || item.StartsAt.Format(time.DateOnly) != "2017-04-26" || item.Contacts[0].Name != "Ana" || item.Links[0].Title != "Programme" || item.Identity != "a.md" {
		t.Errorf("%+v", item)
	}
	if !strings.Contains(item.Body, "<strong>Bold</strong>") || strings.Contains(item.Body, "script") || strings.Contains(item.Body, "x") {
		t.Error(item.Body)
	}
	if item, err = Parse(src, newsletter.Raw{URL: "b.md", Body: []byte("# Heading\n\nText.")}); err != nil || item.Title != "Heading" || item.Summary != "Text." {
		t.Errorf("%+v %v", item, err)
	}
	for body, want := range map[string]string{
		"---\ntitle: x\ndate: soon\n---\n": "line 3: soon is not a date", "---\ntitle: x\ncolour: red\n---\n": "line 3: unknown field colour",
		"---\ntitle: x\n": "has no end", "text only": "has no title", "---\ntitle: x\nkind: rant\n---\n": "line 3: kind must be",
	} {
		if _, err := Parse(src, newsletter.Raw{URL: "c.md", Body: []byte(body)}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "c.md") {
			t.Errorf("%q: %v", body, err)
		}
	}
}
