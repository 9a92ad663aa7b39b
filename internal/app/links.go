package app

import (
	"net/mail"
	"net/url"
	"strconv"
	"strings"
	"time"

	"broadsheet/internal/config"
	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/token"
	"broadsheet/internal/web"
)

// links makes the addresses in messages; package web answers them.
type links struct {
	tokens token.Signer
	config *config.Config
}

func (l links) public(path ...string) string {
	return strings.TrimSuffix(l.config.Public.URL, "/") + "/" + strings.Join(path, "/")
}

func (l links) domain(pub newsletter.Publication) string {
	from, err := mail.ParseAddress(pub.From)
	if err != nil {
		return "localhost" // config has checked it
	}
	return from.Address[strings.LastIndexByte(from.Address, '@')+1:]
}

// MessageID is at most 60 characters and says nothing of the recipient.
func (l links) MessageID(pub newsletter.Publication, parts ...string) string {
	return l.tokens.Name("message", parts...) + "@" + l.domain(pub)
}

func (l links) Copy(pub newsletter.Publication, issue newsletter.Issue, c newsletter.Copy, language string) mime.Values {
	return mime.Values{
		Address: c.Address, Name: c.Name, MessageID: l.MessageID(pub, "copy", issue.PublicID, c.PublicID),
		Unsubscribe: l.public("u", l.tokens.Sign(token.Unsubscribe, c.PublicID, issue.PublicID)),
		Preferences: l.public("p", l.tokens.Sign(token.Preferences, c.PublicID, issue.PublicID)),
		WebView:     l.public("i", issue.PublicID, language),
	}
}

func (l links) Test(pub newsletter.Publication, issue newsletter.Issue, address, name, language string) mime.Values {
	return mime.Values{Address: address, Name: name, Unsubscribe: l.public("own-link", pub.ID), Preferences: l.public("own-link", pub.ID), WebView: l.public("i", issue.PublicID, language)}
}

func (l links) Review(issue newsletter.Issue, person string, until time.Time) string {
	// A person is named by a keyed hash: no address in a link.
	return strings.TrimSuffix(l.config.Desk.URL, "/") + "/review/" + l.tokens.SignUntil(token.Review, until, issue.PublicID, issue.Digest, l.tokens.Name("person", strings.ToLower(person)))
}

func (l links) Issue(slug string) string {
	if slug == "" {
		return strings.TrimSuffix(l.config.Desk.URL, "/") + "/issues"
	}
	return strings.TrimSuffix(l.config.Desk.URL, "/") + "/issues/" + slug
}

func (l links) Sources() string { return strings.TrimSuffix(l.config.Desk.URL, "/") + "/sources" }

func (l links) Confirm(subscriber string, until time.Time, lists ...string) string {
	return l.public("c", l.tokens.SignUntil(token.Confirm, until, append([]string{subscriber}, lists...)...))
}

func (l links) Preferences(subscriber string, pub newsletter.Publication) string {
	return l.public("p", l.tokens.Sign(token.Preferences, subscriber, web.OfPublication, pub.ID))
}

func (l links) Unsubscribe(subscriber string, pub newsletter.Publication) string {
	return l.public("u", l.tokens.Sign(token.Unsubscribe, subscriber, web.OfPublication, pub.ID))
}

func (l links) Data(subscriber string, pub newsletter.Publication, until time.Time) string {
	return l.public("d", l.tokens.SignUntil(token.Data, until, subscriber, web.OfPublication, pub.ID))
}

// Headers are the list headers of RFC 2369, RFC 2919 and practice.
func (l links) Headers(pub newsletter.Publication, issue newsletter.Issue) []mime.Header {
	domain := l.domain(pub)
	headers := []mime.Header{
		{Name: "List-Id", Value: mime.ListID(pub.Title.In(pub.Fallback(), ""), pub.ID+"."+domain)},
		{Name: "List-Help", Value: "<" + l.public("own-link", pub.ID) + ">"},
		{Name: "List-Post", Value: "NO"},
		{Name: "Precedence", Value: "bulk"},
		{Name: "X-Auto-Response-Suppress", Value: "All"},
		{Name: "Feedback-ID", Value: strconv.Itoa(issue.Number) + ":" + pub.ID + ":broadsheet"},
	}
	if pub.Archive == "public" {
		headers = append(headers, mime.Header{Name: "List-Archive", Value: "<" + l.public("archive", url.PathEscape(pub.ID)) + ">"})
	}
	return headers
}
