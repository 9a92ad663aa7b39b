package web

import (
	"bytes"
	"context"
	"slices"
	"strings"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/subscribers"
)

// Form returns the HTML of a form that subscribes to an open list, to be put into
// pages of other sites. It needs no script.
func (s *Site) Form(ctx context.Context, list, language string) (string, error) {
	l, err := s.People.List(ctx, list)
	if err != nil {
		return "", err
	}
	if l.Signup != subscribers.SignupOpen || !l.ArchivedAt.IsZero() {
		return "", fault.WithHint(fault.Conflictf("list %s is not open: nobody could subscribe by a form", list), "set `signup: open`")
	}
	pub, err := s.Desk.PublicationOf(list)
	if err != nil {
		return "", err
	}
	if language == "" {
		language = pub.Fallback()
	}
	if !slices.Contains(pub.Languages, language) {
		return "", fault.WithHint(fault.Invalidf("%s has no language %q", pub.ID, language), "use %s", strings.Join(pub.Languages, ", "))
	}
	words := locale.For(language)
	site := strings.TrimSuffix(s.URL, "/")
	var out bytes.Buffer
	err = s.pages.ExecuteTemplate(&out, "embed", struct {
		publicView
		Action, List, In, Consent, PrivacyURL string
	}{publicView{Language: words.Tag, Dir: words.Dir(), words: words}, site + "/subscribe/" + pub.ID + "?lang=" + words.Tag, list, language,
		s.consent(words, pub.Title.In(language, pub.Fallback())).Wording, site + "/privacy?lang=" + words.Tag})
	return out.String(), err
}
