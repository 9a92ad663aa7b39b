package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"mime"
	"net/http"
	"slices"
	"strings"

	"broadsheet/internal/desk"
	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
	"broadsheet/subscribers"
)

// offer is what a subscribe page offers: the open lists of a publication.
type offer struct {
	pub   newsletter.Publication
	lists []subscribers.List
}

// offer returns what a publication offers: NotFound where nobody can join.
func (s *Site) offer(ctx context.Context, publication string) (offer, error) {
	pub, err := s.Desk.Publication(publication)
	if err != nil {
		return offer{}, err
	}
	o := offer{pub: pub}
	all, err := s.People.Lists(ctx)
	if err != nil {
		return o, err
	}
	for _, l := range all {
		if l.Signup == subscribers.SignupOpen && l.ArchivedAt.IsZero() && slices.Contains(pub.Lists, l.ID) {
			o.lists = append(o.lists, l)
		}
	}
	if len(o.lists) == 0 {
		return o, fault.NotFoundf("nothing to subscribe to")
	}
	return o, nil
}

// title is what one subscribes to.
func (o offer) title(words locale.Locale) string {
	return o.pub.Title.In(words.Tag, o.pub.Fallback())
}

// subscribeIndex leads to the subscribe pages of publications that strangers may know of.
func (s *Site) subscribeIndex(w http.ResponseWriter, r *http.Request) error {
	var offers []offer
	for _, pub := range s.shown() {
		o, err := s.offer(r.Context(), pub.ID)
		if err == nil {
			offers = append(offers, o)
		} else if !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	words := locale.For(language(r))
	lasting(w)
	switch len(offers) {
	case 0:
		return fault.NotFoundf("nothing to subscribe to")
	case 1:
		http.Redirect(w, r, s.base+"/subscribe/"+offers[0].pub.ID+"?lang="+words.Tag, http.StatusFound)
		return nil
	}
	page := act{publicView: s.view(r, words, newsletter.Publication{}, words.Label("subscribe_button"))}
	for _, o := range offers {
		page.More = append(page.More, navLink{Title: o.title(words), URL: s.base + "/subscribe/" + o.pub.ID + "?lang=" + words.Tag})
	}
	return s.page(w, http.StatusOK, "act", page)
}

// signup is a subscribe form, as it was filled in.
type signup struct {
	publicView
	Email, Name, In string
	Lists           []listChoice
	Choices         []languageChoice
	Consent         string
	Problems        []problem
}

// problem is something in a form that must be changed; Field is where.
type problem struct{ Field, Text string }

// Wrong returns what is wrong with a field.
func (v signup) Wrong(field string) string {
	for _, p := range v.Problems {
		if p.Field == field {
			return p.Text
		}
	}
	return ""
}

// consent is what someone is asked to agree to, by its version: that of its words.
func (s *Site) consent(words locale.Locale, title string) subscribers.Consent {
	digest := sha256.Sum256([]byte(words.Label("consent_wording") + words.Label("consent_purpose")))
	return subscribers.Consent{Basis: subscribers.BasisConsent, Wording: words.Label("consent_wording", "title", title, "controller", s.controller(title)), Version: hex.EncodeToString(digest[:4]),
		Language: words.Tag, Purpose: words.Label("consent_purpose", "title", title)}
}

// controller is who answers for the data.
func (s *Site) controller(title string) string {
	if s.Controller == "" {
		return title
	}
	return s.Controller
}

func (s *Site) subscribePage(w http.ResponseWriter, r *http.Request) error {
	o, err := s.offer(r.Context(), r.PathValue("publication"))
	if err != nil {
		return err
	}
	lasting(w)
	return s.showSignup(w, r, http.StatusOK, o, locale.For(language(r)), signup{})
}

func (s *Site) showSignup(w http.ResponseWriter, r *http.Request, status int, o offer, words locale.Locale, v signup) error {
	chosen := v.Lists
	v.publicView = s.view(r, words, o.pub, words.Label("subscribe_title", "title", o.title(words)))
	v.Consent = s.consent(words, o.title(words)).Wording
	v.Lists = nil
	for _, l := range o.lists {
		v.Lists = append(v.Lists, listChoice{l.ID, l.Title.In(words.Tag, o.pub.Fallback()), slices.ContainsFunc(chosen, func(c listChoice) bool { return c.ID == l.ID })})
	}
	v.Choices = s.spoken(o, words, v.In)
	return s.page(w, status, "subscribe", v)
}

// spoken are the languages in which what is offered can be had.
func (s *Site) spoken(o offer, words locale.Locale, chosen string) (out []languageChoice) {
	if !slices.Contains(o.pub.Languages, chosen) {
		chosen = o.pub.Fallback()
		if slices.Contains(o.pub.Languages, words.Tag) {
			chosen = words.Tag
		}
	}
	for _, tag := range o.pub.Languages {
		out = append(out, languageChoice{tag, locale.Name(tag), tag == chosen})
	}
	return out
}

// subscribe takes down what was asked for and says the same to everyone: whoever
// the address belongs to, and whether they are known, is looked up later.
func (s *Site) subscribe(w http.ResponseWriter, r *http.Request) error {
	o, err := s.offer(r.Context(), r.PathValue("publication"))
	if err != nil {
		return err
	}
	if err := readForm(r); err != nil {
		return err
	}
	words := locale.For(language(r))
	form := r.PostForm
	v := signup{Email: strings.TrimSpace(form.Get("email")), Name: form.Get("name"), In: form.Get("language")}
	for _, l := range o.lists {
		if len(o.lists) == 1 || slices.Contains(form["list"], l.ID) {
			v.Lists = append(v.Lists, listChoice{ID: l.ID})
		}
	}
	_, key := s.checkSignup(&v, words)
	if len(v.Problems) > 0 {
		return s.showSignup(w, r, http.StatusUnprocessableEntity, o, words, v)
	}
	if form.Get("website") == "" { // people do not see that field; programs fill it in
		if err := s.Desk.Wish(r.Context(), s.wish(r, o, v, words), desk.Asker{Machine: s.network(r), Address: s.Tokens.Name("address", key)}); err != nil {
			return err
		}
	}
	return s.message(w, r, http.StatusOK, o.pub, words, words.Label("check_mail_title"), words.Label("check_mail", "address", v.Email), words.Label("check_mail_more"))
}

func (s *Site) wish(r *http.Request, o offer, v signup, words locale.Locale) newsletter.Wish {
	consent := s.consent(words, o.title(words))
	consent.Source, consent.From = "subscribe page", s.network(r)
	if http.NewCrossOriginProtection().Check(r) != nil {
		consent.Source = "form on another site"
	}
	ask := subscribers.Request{Address: v.Email, Name: v.Name, Language: v.In, Consent: consent, Act: subscribers.Act{By: "person", How: "page"}}
	for _, l := range v.Lists {
		ask.Lists = append(ask.Lists, l.ID)
	}
	return newsletter.Wish{Kind: newsletter.WishSubscribe, Publication: o.pub.ID, Request: ask}
}

// checkSignup says what must be changed, and returns the key of the address.
func (s *Site) checkSignup(v *signup, words locale.Locale) (address, key string) {
	wrong := func(field, label string) {
		v.Problems = append(v.Problems, problem{field, words.Label(label)})
	}
	address, key, err := subscribers.ParseAddress(v.Email)
	if err != nil {
		wrong("email", "wrong_email")
	}
	if _, err := subscribers.CleanName(v.Name); err != nil { // what was typed stays
		wrong("name", "wrong_name")
	}
	if v.In, err = subscribers.CleanLanguage(v.In); err != nil {
		v.In = ""
	}
	if len(v.Lists) == 0 {
		wrong("list", "wrong_list")
	}
	return address, key
}

// readForm reads what was posted, in either way that forms have.
func readForm(r *http.Request) error {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	var err error
	if kind == "multipart/form-data" {
		err = r.ParseMultipartForm(maxForm)
	} else {
		err = r.ParseForm()
	}
	if err != nil {
		return fault.Invalidf("the form cannot be read: %w", err)
	}
	return nil
}
