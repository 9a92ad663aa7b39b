package web

import (
	"net/http"
	"slices"
	"strconv"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/token"
	"broadsheet/subscribers"
)

type languageChoice struct {
	Tag, Name string
	Chosen    bool
}

type listChoice struct{ ID, Title string }

func (s *Site) preferences(w http.ResponseWriter, r *http.Request) error {
	profile, pub, words, err := s.reader(r, token.Preferences)
	if err != nil {
		return err
	}
	return s.showPreferences(w, r, profile, pub, words, "")
}

func (s *Site) showPreferences(w http.ResponseWriter, r *http.Request, profile subscribers.Profile, pub newsletter.Publication, words locale.Locale, saved string) error {
	view := struct {
		publicView
		LanguageLabel, ListsLabel, NoLists, Save, Saved string
		Languages                                       []languageChoice
		Lists                                           []listChoice
	}{publicView: s.view(words, words.Label("preferences_title")), LanguageLabel: words.Label("preferences_language"), ListsLabel: words.Label("preferences_lists"),
		NoLists: words.Label("preferences_none"), Save: words.Label("save"), Saved: saved}
	current := profile.Language
	if current == "" {
		current = pub.Fallback()
	}
	for _, tag := range pub.Languages {
		view.Languages = append(view.Languages, languageChoice{tag, locale.Name(tag), tag == current})
	}
	lists, err := s.People.Lists(r.Context())
	if err != nil {
		return err
	}
	for _, l := range lists {
		if slices.Contains(open(profile), l.ID) {
			view.Lists = append(view.Lists, listChoice{l.ID, l.Title.In(words.Tag, pub.Fallback())})
		}
	}
	return s.page(w, http.StatusOK, "preferences", view)
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

func (s *Site) savePreferences(w http.ResponseWriter, r *http.Request) error {
	profile, pub, words, err := s.reader(r, token.Preferences)
	if err != nil {
		return err
	}
	if err := r.ParseForm(); err != nil {
		return fault.Invalidf("the form cannot be read: %w", err)
	}
	if tag := r.PostForm.Get("language"); slices.Contains(pub.Languages, tag) && tag != profile.Language {
		if err := s.People.SetLanguage(r.Context(), profile.PublicID, tag); err != nil {
			return err
		}
		words = locale.For(tag)
	}
	for _, id := range open(profile) {
		if !slices.Contains(r.PostForm["list"], id) {
			if _, err := s.People.End(r.Context(), profile.PublicID, subscribers.Unsubscribed, id); err != nil {
				return err
			}
		}
	}
	if profile, err = s.People.Show(r.Context(), profile.PublicID); err != nil {
		return err
	}
	return s.showPreferences(w, r, profile, pub, words, words.Label("saved"))
}

type archivedIssue struct{ URL, Title, Date string }

type archivedPublication struct {
	Title  string
	Issues []archivedIssue
}

// archive lists the issues of publications whose archive is public; the others do not exist here.
func (s *Site) archive(w http.ResponseWriter, r *http.Request) error {
	words := locale.For(language(r))
	var shown []archivedPublication
	wanted := r.PathValue("publication")
	for _, pub := range s.Desk.Publications {
		if pub.Archive != "public" || wanted != "" && wanted != pub.ID {
			continue
		}
		issues, err := s.Desk.Published(r.Context(), pub)
		if err != nil {
			return err
		}
		p := archivedPublication{Title: pub.Title.In(words.Tag, pub.Fallback())}
		tag := pub.Fallback()
		if slices.Contains(pub.Languages, words.Tag) {
			tag = words.Tag
		}
		for _, i := range issues {
			p.Issues = append(p.Issues, archivedIssue{"/i/" + i.PublicID + "/" + tag, p.Title + ", " + words.Label("issue_number", "n", strconv.Itoa(i.Number)), words.Date(i.Content.Date.In(pub.Location()))})
		}
		shown = append(shown, p)
	}
	if wanted != "" && len(shown) == 0 {
		return fault.NotFoundf("no public archive %s", wanted)
	}
	title := words.Label("archive")
	if len(shown) == 1 {
		title = shown[0].Title
	}
	return s.page(w, http.StatusOK, "archive", struct {
		publicView
		Publications []archivedPublication
		Many         bool
		Empty        string
	}{s.view(words, title), shown, len(shown) > 1, words.Label("archive_empty")})
}
