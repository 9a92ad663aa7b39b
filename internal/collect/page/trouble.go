package page

import (
	"regexp"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"

	"github.com/PuerkitoBio/goquery"
)

// Pages that answer 200 and are not what was asked for.
var (
	challengeTitle = regexp.MustCompile(`(?i)^(just a moment|attention required|checking your browser|access denied|ddos-guard|please wait|one moment, please|verifying you are human|security check)`)
	challengeMark  = regexp.MustCompile(`(?i)/cdn-cgi/challenge-platform/|cf-challenge|cf_chl_opt|_incapsula_resource|sucuri_cloudproxy|captcha-delivery\.com|ddos-guard/js-challenge`)
	notFound       = regexp.MustCompile(`(?i)(page|file|document|article)?\s*(not found|can(no|['’])t be found|no longer (exists|available))|\b404\b|page introuvable|seite (wurde )?nicht gefunden|página no encontrada|pagina non trovata|страница не найдена|η σελίδα δεν βρέθηκε`)
	signIn         = regexp.MustCompile(`(?i)^(sign in|log ?in|login|anmelden|connexion|identification|iniciar sesión|accedi|вход)\b`)
)

// trouble says when a page is a waiting room, a door or an apology instead of what was asked for.
func trouble(doc *goquery.Document, src newsletter.Source) error {
	title := markup.Plain(doc.Find("title").First().Text())
	heading := markup.Plain(doc.Find("h1").First().Text())
	words := len(strings.Fields(markup.Plain(doc.Find("body").Text())))
	source, _ := doc.Html() // what was parsed can be written
	switch {
	case challengeTitle.MatchString(title) || words < 150 && challengeMark.MatchString(source):
		return fault.WithHint(fault.Unavailablef("source %s: the site shows a page for checking browsers (such as Cloudflare's) instead of what was asked for", src.ID),
			"ask the site for a feed, or to let this program in")
	case brief(title) && notFound.MatchString(title) || brief(heading) && notFound.MatchString(heading) && words < 400:
		return fault.WithHint(fault.NotFoundf("source %s: the page says that it was not found, though the server answers as if it were", src.ID), "look for the page's new address")
	case signIn.MatchString(title) && doc.Find("input[type=password]").Length() > 0:
		return fault.WithHint(fault.Forbiddenf("source %s: the site asks to sign in", src.ID), "take a public page, or set headers:")
	case words == 0 && doc.Find("script, img").Length() == 0:
		return fault.Invalidf("source %s: the page is empty", src.ID)
	}
	return nil
}

// short texts are titles; a long one that has the words is news about them.
func brief(title string) bool { return title != "" && len(strings.Fields(title)) <= 9 }
