package page

import (
	"fmt"
	"strings"

	"broadsheet/internal/newsletter"

	"github.com/andybalholm/cascadia"
)

// Problem is one thing wrong with a source's rules.
type Problem struct{ Field, Message, Hint string }

// fields lists every selector of the rules by its name in the file.
func fields(r newsletter.Rules) map[string]newsletter.Rule {
	all := map[string]newsletter.Rule{
		"heading": r.Heading, "item": r.Item, "title": r.Title, "link": r.Link, "date": r.Date, "when": r.When,
		"summary": r.Summary, "venue": r.Venue, "contact": r.Contact, "language": r.Language,
		"documents": r.Documents, "press_release": r.PressRelease, "place": r.Place, "next": r.Next, "image": r.Image,
	}
	if r.Follow != nil {
		all["follow.summary"], all["follow.date"] = r.Follow.Summary, r.Follow.Date
	}
	return all
}

// Check returns what is wrong with rules for sources of a kind.
func Check(r newsletter.Rules, kind newsletter.Kind) (problems []Problem) {
	for name, rule := range fields(r) {
		for _, text := range rule {
			selector, _ := split(text)
			if selector == "." {
				continue
			}
			if _, err := cascadia.ParseGroup(selector); err != nil {
				problems = append(problems, Problem{name, fmt.Sprintf("%s: %q is not a CSS selector: %v", name, selector, err), "write a selector such as div.news or a@href"})
			}
		}
	}
	if len(r.Item) == 0 {
		problems = append(problems, Problem{"item", "item is missing", "item: the selector that finds one entry"})
	}
	if len(r.Title) == 0 {
		problems = append(problems, Problem{"title", "title is missing", "title: the selector of the headline inside an item"})
	}
	if kind == newsletter.Event && len(r.When) == 0 && len(r.Date) == 0 {
		problems = append(problems, Problem{"when", "an agenda page needs when", "when: the selector of the line that says the days"})
	}
	return problems
}

// split cuts "sel@attr" into selector and attribute; "@" inside brackets or quotes belongs to the selector.
func split(text string) (selector, attribute string) {
	at := strings.LastIndexByte(text, '@')
	if at < 0 || strings.ContainsAny(text[at:], `]"'`) {
		return text, ""
	}
	selector = strings.TrimSpace(text[:at])
	if selector == "" {
		selector = "."
	}
	return selector, text[at+1:]
}
