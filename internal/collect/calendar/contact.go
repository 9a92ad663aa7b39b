package calendar

import (
	"regexp"
	"slices"
	"strings"

	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

var address = regexp.MustCompile(`[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+`)

// contacts returns whom to ask: the organiser and CONTACT. Those who are invited are nobody's business.
func contacts(e event) (out []newsletter.Contact) {
	if p, ok := e.get("ORGANIZER"); ok {
		email := address.FindString(p.value)
		if email == "" {
			email = address.FindString(p.param("EMAIL")) // RFC 7986 section 6.2
		}
		out = append(out, newsletter.Contact{Name: markup.Plain(p.param("CN")), Email: strings.ToLower(email)})
	}
	named := e.all("CONTACT")
	for _, p := range named[:min(len(named), 20)] {
		text := markup.Plain(p.text())
		if at := address.FindStringIndex(text); at != nil {
			name, _, _ := strings.Cut(text[:at[0]], ",")
			out = append(out, newsletter.Contact{Name: strings.Trim(name, " ,;:<(-"), Email: strings.ToLower(text[at[0]:at[1]])})
		}
	}
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(c newsletter.Contact) bool {
		useless := c.Email == "" || seen[c.Email] || strings.HasSuffix(c.Email, "calendar.google.com") || strings.HasSuffix(c.Email, ".invalid")
		seen[c.Email] = true
		return useless
	})
}
