package web

import (
	"net/http"
	"strconv"
	"time"

	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

type privacyView struct {
	publicView
	Who, Law, NoticeURL string
	Kept                []string  // how long what is kept
	OwnLinks            []navLink // where people get their own link, and with it their data
}

// privacy says what becomes of people's data, as `privacy:` of the configuration has it.
func (s *Site) privacy(w http.ResponseWriter, r *http.Request) error {
	words := locale.For(language(r))
	v := privacyView{publicView: s.view(r, words, newsletter.Publication{}, words.Label("privacy_title")), NoticeURL: s.NoticeURL, Law: s.Law.In(words.Tag, "en")}
	if s.Controller != "" {
		v.Who = words.Label("privacy_controller", "controller", s.Controller, "contact", s.Contact)
	}
	for _, k := range []struct {
		label string
		span  time.Duration
	}{{"privacy_pending", s.Desk.Retention.Pending}, {"privacy_deliveries", s.Desk.Retention.Deliveries}, {"privacy_addresses", s.Desk.Retention.Addresses}} {
		if k.span > 0 {
			v.Kept = append(v.Kept, words.Label(k.label, "days", strconv.Itoa(int(k.span/(24*time.Hour)))))
		}
	}
	for _, pub := range s.shown() {
		title := words.Label("colon", "label", words.Label("own_link_button"), "text", pub.Title.In(words.Tag, pub.Fallback()))
		v.OwnLinks = append(v.OwnLinks, navLink{Title: title, URL: s.base + "/own-link/" + pub.ID + "?lang=" + words.Tag})
	}
	lasting(w)
	return s.page(w, http.StatusOK, "privacy", v)
}
