package web

import (
	"net/http"
	"strconv"

	"broadsheet/internal/fault"
)

// shownMails is how many of the demo's mails a page lists.
const shownMails = 300

func (s *Site) mails(w http.ResponseWriter, r *http.Request) error {
	all := s.Inbox.List(r.Context())
	return s.page(w, http.StatusOK, "mails", struct {
		deskView
		Total int
		Mails []Mail
	}{s.deskView(r, "Mail"), len(all), all[:min(len(all), shownMails)]})
}

func (s *Site) oneMail(r *http.Request) (Mail, error) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil {
		return Mail{}, fault.NotFoundf("no such message")
	}
	m, ok := s.Inbox.Mail(r.Context(), id)
	if !ok {
		return m, fault.NotFoundf("no message %d", id)
	}
	return m, nil
}

func (s *Site) mail(w http.ResponseWriter, r *http.Request) error {
	m, err := s.oneMail(r)
	if err != nil {
		return err
	}
	path := "/mail/" + r.PathValue("id")
	as := r.URL.Query().Get("as")
	tabs := tabRow{Label: "Form"}
	for _, form := range [][2]string{{"", "As it looks"}, {"text", "Text part"}, {"source", "As received"}} {
		tabs.Tabs = append(tabs.Tabs, navLink{form[1], path + "?as=" + form[0], as == form[0]})
	}
	view := struct {
		deskView
		Tabs                      []tabRow
		Subject, To, Frame, Plain string
	}{s.deskView(r, m.Subject), []tabRow{tabs}, m.Subject, m.To, "", ""}
	switch as {
	case "text":
		view.Plain = m.Text
	case "source":
		view.Plain = m.Source
	default:
		view.Frame = path + "/frame"
	}
	return s.page(w, http.StatusOK, "mail", view)
}

func (s *Site) mailFrame(w http.ResponseWriter, r *http.Request) error {
	m, err := s.oneMail(r)
	if err != nil {
		return err
	}
	return frame(w, m.HTML)
}
