package web

import (
	"net/http"

	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

type privacyView struct {
	publicView
	Who, Law, NoticeURL string
	OwnLinks            []navLink // where people get their own link, and with it their data
}

// privacy says what becomes of people's data, as `privacy:` of the configuration has it.
func (s *Site) privacy(w http.ResponseWriter, r *http.Request) error {
	words := locale.For(language(r))
	v := privacyView{publicView: s.view(r, words, newsletter.Publication{}, words.Label("privacy_title")), NoticeURL: s.NoticeURL, Law: s.Law.In(words.Tag, "en")}
	if s.Controller != "" {
		v.Who = words.Label("privacy_controller", "controller", s.Controller, "contact", s.Contact)
	}
	for _, pub := range s.shown() {
		v.OwnLinks = append(v.OwnLinks, navLink{Title: pub.Title.In(words.Tag, pub.Fallback()), URL: s.base + "/own-link/" + pub.ID + "?lang=" + words.Tag})
	}
	lasting(w)
	return s.page(w, http.StatusOK, "privacy", v)
}
