package render

import (
	"regexp"
	"slices"
	"strings"

	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

var (
	tag      = regexp.MustCompile(`^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$`)
	fileName = regexp.MustCompile(`^[a-z0-9]+\.(png|jpg)$`)
)

// clean passes all that came from outside through the gate once more: whatever a
// store held, no mark, no markup and no address that acts is in what is shown.
func clean(item newsletter.Item) newsletter.Item {
	for _, text := range []*string{&item.Title, &item.Subtitle, &item.Summary, &item.Place, &item.Venue} {
		*text = markup.Plain(*text)
	}
	if most := 8 * longest; len(item.Body) > most { // its text would be cut anyway; at a tag, so that none is halved
		item.Body = item.Body[:max(0, strings.LastIndexByte(item.Body[:most], '<'))]
	}
	item.URL, _ = markup.Link(nil, item.URL)
	if !tag.MatchString(item.Language) {
		item.Language = ""
	}
	item.Contacts = slices.Clone(item.Contacts)
	for i := range item.Contacts {
		c := &item.Contacts[i]
		c.Name, c.Email = markup.Plain(c.Name), markup.Plain(c.Email)
	}
	item.Documents = slices.DeleteFunc(slices.Clone(item.Documents), func(d newsletter.Document) bool { return address(d.URL) == "" })
	for i := range item.Documents {
		d := &item.Documents[i]
		d.URL, d.Title = address(d.URL), markup.Plain(d.Title)
		if !tag.MatchString(d.Language) {
			d.Language = ""
		}
	}
	item.Links = slices.DeleteFunc(slices.Clone(item.Links), func(l newsletter.Link) bool { return address(l.URL) == "" })
	for i := range item.Links {
		item.Links[i].URL, item.Links[i].Title = address(item.Links[i].URL), markup.Plain(item.Links[i].Title)
	}
	if item.Image != nil {
		image := *item.Image
		image.Alt, image.Caption, image.Credit = markup.Plain(image.Alt), markup.Plain(image.Caption), markup.Plain(image.Credit)
		if item.Image = &image; !fileName.MatchString(image.File) {
			item.Image = nil
		}
	}
	return item
}

func address(ref string) string {
	link, _ := markup.Link(nil, ref)
	return link
}
