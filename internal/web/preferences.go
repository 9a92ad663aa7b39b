package web

import (
	"net/http"
	"slices"
	"strconv"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/token"
	"broadsheet/subscribers"
)

type languageChoice struct {
	Tag, Name string
	Chosen    bool
}

type listChoice struct{ ID, Title string }

func (s *Site) preferences(w http.ResponseWriter, r *http.Request) error {
	v, err := s.visitor(r, token.Preferences)
	if err != nil {
		return err
	}
	return s.showPreferences(w, r, v, "")
}

func (s *Site) showPreferences(w http.ResponseWriter, r *http.Request, v visitor, saved string) error {
	words := v.words
	view := struct {
		publicView
		LanguageLabel, ListsLabel, NoLists, Save, Saved string
		Languages                                       []languageChoice
		Lists                                           []listChoice
	}{publicView: s.view(words, words.Label("preferences_title")), LanguageLabel: words.Label("preferences_language"), ListsLabel: words.Label("preferences_lists"),
		NoLists: words.Label("preferences_none"), Save: words.Label("save"), Saved: saved}
	current := readIn(v)
	for _, tag := range v.pub.Languages {
		view.Languages = append(view.Languages, languageChoice{tag, locale.Name(tag), tag == current})
	}
	lists, err := s.People.Lists(r.Context())
	if err != nil {
		return err
	}
	for _, l := range lists {
		if slices.Contains(open(v.Profile), l.ID) {
			view.Lists = append(view.Lists, listChoice{l.ID, l.Title.In(words.Tag, v.pub.Fallback())})
		}
	}
	return s.page(w, http.StatusOK, "preferences", view)
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
	if err := r.ParseForm(); err != nil {
		return fault.Invalidf("the form cannot be read: %w", err)
	}
	if tag := r.PostForm.Get("language"); slices.Contains(v.pub.Languages, tag) && tag != readIn(v) {
		if err := s.People.SetPreferences(r.Context(), v.PublicID, subscribers.Preferences{Language: &tag}, subscribers.Act{By: "person", How: "page"}); err != nil {
			return err
		}
		v.words = locale.For(tag)
	}
	var left []string
	for _, id := range open(v.Profile) {
		if slices.Contains(r.PostForm["shown"], id) && !slices.Contains(r.PostForm["list"], id) {
			left = append(left, id)
		}
	}
	if err := s.Desk.Unsubscribe(r.Context(), v.PublicID, left); err != nil {
		return err
	}
	if v.Profile, err = s.People.Show(r.Context(), v.PublicID); err != nil {
		return err
	}
	return s.showPreferences(w, r, v, v.words.Label("saved"))
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
