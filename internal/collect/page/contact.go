package page

import (
	"strings"

	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/PuerkitoBio/goquery"
)

func contacts(scope *goquery.Selection, rule newsletter.Rule) (out []newsletter.Contact) {
	for _, entry := range rule {
		selector, _ := split(entry)
		find(scope, selector).Each(func(_ int, s *goquery.Selection) {
			link, ok := markup.Link(nil, s.AttrOr("href", ""))
			email, isMail := strings.CutPrefix(link, "mailto:")
			if !ok || !isMail {
				return
			}
			email, _, _ = strings.Cut(email, "?")
			name := text(s)
			if name == email {
				name = ""
			}
			out = append(out, newsletter.Contact{Name: name, Email: email})
		})
	}
	return out
}
