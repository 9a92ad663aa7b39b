package page

import (
	"regexp"
	"strconv"
	"strings"

	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/PuerkitoBio/goquery"
)

// widest is how wide a picture of several sizes need be: wider ones cost and show nothing.
const widest = 1600

// lazy are the attributes in which pages keep a picture's address until it comes into sight.
var lazy = []string{"data-srcset", "data-lazy-srcset", "srcset", "data-src", "data-original", "data-lazy-src", "src"}

// image reads a picture with what stands at it: its text for those who do not see it, caption and credit.
func (r *reader) image(scope *goquery.Selection, rule newsletter.Rule) (image *newsletter.Image) {
	for _, entry := range rule {
		selector, attribute := split(entry)
		find(scope, selector).EachWithBreak(func(_ int, s *goquery.Selection) bool {
			image = r.picture(s, attribute)
			return image == nil
		})
		if image != nil {
			return image
		}
	}
	return nil
}

// picture is that of one element: an img, or what holds one.
func (r *reader) picture(s *goquery.Selection, attribute string) *newsletter.Image {
	shown := s
	if !s.Is("img") && s.Find("img").Length() > 0 {
		shown = s.Find("img").First()
	}
	address := ""
	if attribute != "" && attribute != "src" {
		address = r.sized(attribute, s.AttrOr(attribute, ""))
	}
	for _, name := range lazy {
		if address == "" {
			address = r.sized(name, shown.AttrOr(name, ""))
		}
	}
	if address == "" {
		return nil
	}
	image := &newsletter.Image{URL: address, Alt: markup.Plain(shown.AttrOr("alt", ""))}
	figure := shown.Closest("figure")
	image.Caption = text(figure.Find("figcaption").First())
	image.Credit = text(figure.Find("[itemprop=copyrightHolder], [itemprop=creditText], .credit, .copyright, .credits").First())
	if image.Credit == "" {
		image.Caption, image.Credit = credited(image.Caption)
	} else {
		image.Caption = strings.TrimSpace(strings.Replace(image.Caption, image.Credit, "", 1))
	}
	return image
}

// sized returns the address in an attribute; of a srcset the widest that is not wider than need be.
func (r *reader) sized(name, value string) string {
	if strings.HasSuffix(name, "srcset") {
		value = fromSet(value)
	}
	link, ok := markup.Link(r.base, value)
	if !ok || !strings.HasPrefix(link, "http") {
		return ""
	}
	return link
}

func fromSet(set string) (best string) {
	most := -1
	for _, candidate := range strings.Split(set, ", ") {
		parts := strings.Fields(strings.Trim(candidate, " ,\n\t"))
		if len(parts) == 0 {
			continue
		}
		width := 1
		if len(parts) > 1 {
			width = magnitude(parts[1])
		}
		if better := width > most && width <= widest || most > widest && width < most; best == "" || better {
			best, most = parts[0], width
		}
	}
	return best
}

// magnitude reads 640w, and 2x as two of any other.
func magnitude(descriptor string) int {
	n, err := strconv.ParseFloat(strings.TrimRight(descriptor, "wx"), 64)
	if err != nil || n < 0 || n > 1e6 {
		return 0
	}
	return int(n)
}

var credit = regexp.MustCompile(`(?i)^(.*?)[\s(\[|–—-]*(?:©|\b(?:photo(?:graph)?(?: credit)?|credits?|cr[ée]dit(?: photo)?|foto|copyright)\s*(?:by\b|:|©|par\b))[\s:©]*([^)\]]{2,80})[)\]]?\.?$`)

// credited parts a caption from the credit at its end: "The hall. Photo: A. Smith".
func credited(caption string) (words, holder string) {
	if m := credit.FindStringSubmatch(caption); m != nil {
		return strings.TrimSpace(m[1]), strings.TrimSpace(m[2])
	}
	return caption, ""
}

// imageOf is the picture that a thing of schema.org has.
func (r *reader) imageOf(t thing) *newsletter.Image {
	address := t.link(r.base, "image", "thumbnailUrl", "thumbnail")
	value := t["image"]
	if list, ok := value.([]any); ok && len(list) > 0 {
		value = list[0]
	}
	inner, _ := value.(map[string]any)
	object := thing(inner)
	if file := object.link(r.base, "contentUrl"); file != "" {
		address = file
	}
	if address == "" {
		return nil
	}
	return &newsletter.Image{URL: address, Alt: object.text("description", "alternateName"), Caption: object.text("caption"), Credit: object.text("creditText", "copyrightHolder", "creator", "author")}
}

// shared is the picture with which a page wants to be shared (OpenGraph).
func (r *reader) shared(doc *goquery.Document) *newsletter.Image {
	link, ok := markup.Link(r.base, meta(doc, "og:image:secure_url", "og:image", "og:image:url", "twitter:image"))
	if !ok || !strings.HasPrefix(link, "http") {
		return nil
	}
	return &newsletter.Image{URL: link, Alt: meta(doc, "og:image:alt", "twitter:image:alt")}
}
