package web

import (
	"net/http"

	"broadsheet/internal/newsletter"
)

// inboxDays is how far back the inbox looks.
const inboxDays = 120

type inboxGroup struct {
	Title string
	Items []inboxItem
}

type inboxItem struct {
	ID                                        int64
	When, Title, URL, Language, Source, Place string
	In                                        []string
}

func (s *Site) inbox(w http.ResponseWriter, r *http.Request) error {
	items, err := s.Desk.Items.Items(r.Context(), s.Desk.Now().AddDate(0, 0, -inboxDays))
	if err != nil {
		return err
	}
	in, err := s.placed(r)
	if err != nil {
		return err
	}
	view := struct {
		deskView
		Days   int
		Groups []inboxGroup
	}{deskView: s.deskView(r, "Inbox"), Days: inboxDays}
	for _, kind := range []newsletter.Kind{newsletter.News, newsletter.Report, newsletter.Event, newsletter.Media} {
		g := inboxGroup{Title: map[newsletter.Kind]string{newsletter.News: "News", newsletter.Report: "Reports", newsletter.Event: "Agenda", newsletter.Media: "Media"}[kind]}
		for _, item := range items {
			if item.Kind == kind {
				g.Items = append(g.Items, inboxItem{item.ID, whenText(item), item.Title, item.URL, item.Language, item.Source, item.Place, in[item.ID]})
			}
		}
		if len(g.Items) > 0 {
			view.Groups = append(view.Groups, g)
		}
	}
	return s.page(w, http.StatusOK, "inbox", view)
}

func whenText(item newsletter.Item) string {
	const layout = "2 Jan 2006"
	switch {
	case item.Kind == newsletter.Event && item.EndsAt.After(item.StartsAt) && item.AllDay:
		return item.StartsAt.Format("2 Jan") + " – " + item.EndsAt.Format(layout)
	case item.Kind == newsletter.Event:
		return item.StartsAt.Format(layout)
	case item.Precision == newsletter.Undated:
		return "undated, seen " + item.FirstSeenAt.Format(layout)
	}
	return item.PublishedAt.Format(layout)
}

// placed maps items to the issues they stand in.
func (s *Site) placed(r *http.Request) (map[int64][]string, error) {
	issues, err := s.Desk.Issues.Issues(r.Context(), "")
	if err != nil {
		return nil, err
	}
	in := map[int64][]string{}
	for _, issue := range issues {
		for _, e := range issue.Content.Entries {
			in[e.Item.ID] = append(in[e.Item.ID], issue.Slug())
			for _, other := range e.Others {
				in[other.ID] = append(in[other.ID], issue.Slug())
			}
		}
	}
	return in, nil
}
