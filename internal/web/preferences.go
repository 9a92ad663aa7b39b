package web

import (
	"net/http"
	"slices"
	"time"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/token"
	"broadsheet/subscribers"
)

type languageChoice struct {
	Tag, Name string
	Chosen    bool
}

type listChoice struct {
	ID, Title string
	Chosen    bool
}

// preferencesView is the page of preferences. It shows no address: messages are passed on,
// and their links with them.
type preferencesView struct {
	publicView
	Saved     bool
	Name      string
	In        []languageChoice
	Lists     []listChoice
	Pause     string // a date
	First     string // the dates between which it may lie
	Last      string
	Consent   string // shown where there is something to join
	DataURL   string
	Asked     bool // the link to what is held was sent
	Forgotten bool
	Problem   string
}

func (s *Site) preferences(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Preferences)
	if err != nil {
		return err
	}
	return s.showPreferences(w, r, http.StatusOK, v, preferencesView{})
}

func (s *Site) showPreferences(w http.ResponseWriter, r *http.Request, status int, v visitor, page preferencesView) error {
	page.publicView = s.view(r, v.words, v.pub, v.words.Label("preferences_title"))
	page.Own, page.Name, page.Forgotten = true, v.Name, v.forgotten()
	now := s.Desk.Now().In(v.pub.Location())
	page.First, page.Last = now.AddDate(0, 0, 1).Format(time.DateOnly), now.AddDate(0, 0, 365).Format(time.DateOnly)
	page.DataURL = s.base + "/p/" + r.PathValue("token") + "/data?lang=" + locale.Primary(v.words.Tag)
	for _, tag := range v.pub.Languages {
		page.In = append(page.In, languageChoice{tag, locale.Name(tag), tag == readIn(v)})
	}
	lists, err := s.People.Lists(r.Context())
	if err != nil {
		return err
	}
	for _, l := range lists {
		on := slices.Contains(open(v.Profile), l.ID)
		if on || s.mayJoin(l, v) {
			page.Lists = append(page.Lists, listChoice{l.ID, l.Title.In(v.words.Tag, v.pub.Fallback()), on})
		}
		if !on && s.mayJoin(l, v) {
			page.Consent = s.consent(v.words, v.title()).Wording
		}
	}
	for _, x := range v.Subscriptions {
		if x.State == subscribers.Confirmed && x.PausedUntil.After(now) {
			page.Pause = x.PausedUntil.In(v.pub.Location()).Format(time.DateOnly)
		}
	}
	return s.page(w, status, "preferences", page)
}

// mayJoin reports whether a list is offered to people who hold a link: one that is
// open, of the link's publication. Others' lists are not named.
func (s *Site) mayJoin(l subscribers.List, v visitor) bool {
	return l.Signup == subscribers.SignupOpen && l.ArchivedAt.IsZero() && slices.Contains(v.pub.Lists, l.ID) && v.Suppression == nil
}

// readIn is the language of the publication that a person is written to in.
func readIn(v visitor) string {
	for _, tag := range []string{v.Language, locale.Primary(v.Language)} {
		if slices.Contains(v.pub.Languages, tag) {
			return tag
		}
	}
	return v.pub.Fallback()
}

// open returns the lists a person is on.
func open(p subscribers.Profile) []string {
	var ids []string
	for _, x := range p.Subscriptions {
		if x.State != subscribers.Ended {
			ids = append(ids, x.ListID)
		}
	}
	return ids
}

// savePreferences acts on what the person saw: a list that was not on their page stays as it is.
func (s *Site) savePreferences(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Preferences)
	if err != nil {
		return err
	}
	if v.forgotten() {
		return s.showPreferences(w, r, http.StatusOK, v, preferencesView{})
	}
	if err := readForm(r); err != nil {
		return err
	}
	want, err := s.wanted(r, v)
	if err == nil {
		err = s.People.SetPreferences(r.Context(), v.PublicID, want, subscribers.Act{By: "person", How: "page"})
	}
	if fault.Is(err, fault.Invalid) {
		return s.showPreferences(w, r, http.StatusUnprocessableEntity, v, preferencesView{Problem: v.words.Label("wrong_preferences")})
	}
	if err != nil {
		return err
	}
	if want.Language != nil {
		v.words = locale.For(*want.Language)
	}
	if v.Profile, err = s.People.Show(r.Context(), v.PublicID); err != nil {
		return err
	}
	return s.showPreferences(w, r, http.StatusOK, v, preferencesView{Saved: true})
}

// wanted reads the form. What is not in it stays.
func (s *Site) wanted(r *http.Request, v visitor) (subscribers.Preferences, error) {
	form, want := r.PostForm, subscribers.Preferences{Consent: s.consent(v.words, v.title())}
	want.Consent.Source, want.Consent.From = "preferences page", s.network(r)
	if tag := form.Get("language"); slices.Contains(v.pub.Languages, tag) && tag != readIn(v) {
		want.Language = &tag
	}
	if name := form.Get("name"); form.Has("name") && name != v.Name {
		want.Name = &name
	}
	lists, err := s.People.Lists(r.Context())
	if err != nil {
		return want, err
	}
	for _, l := range lists {
		if !slices.Contains(form["shown"], l.ID) {
			continue
		}
		switch on, chosen := slices.Contains(open(v.Profile), l.ID), slices.Contains(form["list"], l.ID); {
		case on && !chosen:
			want.Leave = append(want.Leave, l.ID)
		case !on && chosen && s.mayJoin(l, v):
			want.Join = append(want.Join, l.ID)
		}
	}
	if form.Has("pause") {
		until, err := pause(form.Get("pause"), v.pub.Location())
		if err != nil {
			return want, err
		}
		want.Pause = &until
	}
	return want, nil
}

// pause reads a day; "" is none.
func pause(day string, zone *time.Location) (time.Time, error) {
	if day == "" {
		return time.Time{}, nil
	}
	until, err := time.ParseInLocation(time.DateOnly, day, zone)
	if err != nil {
		return until, fault.Invalidf("%q is not a date", day)
	}
	return until, nil
}

// askForData sends the person the link to all that is held on them.
func (s *Site) askForData(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Preferences)
	if err != nil {
		return err
	}
	if !v.forgotten() {
		if err := s.Desk.SendData(r.Context(), v.Profile, v.pub); err != nil {
			return err
		}
	}
	return s.message(w, r, http.StatusOK, v.pub, v.words, v.words.Label("check_mail_title"), v.words.Label("data_sent"), v.words.Label("check_mail_more"))
}
