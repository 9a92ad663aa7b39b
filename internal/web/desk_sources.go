package web

import (
	"fmt"
	"net/http"
	"time"

	"broadsheet/internal/newsletter"
)

type sourceView struct {
	ID, URL, Way, Last, Next, Status, Class, Health, MovedTo string
	Kind                                                     newsletter.Kind
	Reasons                                                  []string
	New, Changed, Unchanged, Refused                         int
	Trouble                                                  *troubleView
}

// troubleView is what is wrong with a source: what it gave, and what it gives.
type troubleView struct {
	Why, Since  string
	Before, Now string
	Broken      bool
}

// runWords are the results of a look at a source, for people.
var runWords = map[string]string{"ok": "read", "not_modified": "nothing new", "later": "asks for patience", "suspect": "read, not stored", "failed": "failed", "gone": "gone for good"}

func (s *Site) sources(w http.ResponseWriter, r *http.Request) error {
	healths, err := s.Desk.Items.SourceHealth(r.Context())
	if err != nil {
		return err
	}
	view := struct {
		deskView
		Broken  []sourceView
		Sources []sourceView
	}{deskView: s.deskView(r, "Sources")}
	for _, src := range s.Desk.Sources {
		v := viewSource(src, healths[src.ID])
		view.Sources = append(view.Sources, v)
		if v.Trouble != nil && v.Trouble.Broken {
			view.Broken = append(view.Broken, v)
		}
	}
	return s.page(w, http.StatusOK, "sources", view)
}

func viewSource(src newsletter.Source, h newsletter.SourceHealth) sourceView {
	when := func(t time.Time) string {
		if t.IsZero() {
			return "never"
		}
		return t.In(src.Location()).Format("2 Jan 2006 15:04")
	}
	v := sourceView{ID: src.ID, URL: src.URL(), Way: src.Way(), Kind: src.Kind, Last: when(h.Run.StartedAt), Next: when(h.NextAt), Reasons: h.Run.Reasons, MovedTo: h.MovedTo,
		New: h.Run.New, Changed: h.Run.Changed, Unchanged: h.Run.Unchanged, Refused: h.Run.Refused, Status: runWords[h.Run.Status], Class: "good", Health: "well"}
	switch {
	case h.Run.Status == "":
		v.Class, v.Health = "", "never read"
	case h.Run.Status == "gone":
		v.Class, v.Health = "bad", "gone for good"
	case h.NextAt.IsZero():
		v.Class, v.Health = "", "read anew next time"
	case h.Run.Bad():
		v.Class = "bad"
	}
	if t := h.Trouble; t != nil {
		v.Trouble = &troubleView{Why: t.Why, Since: when(t.Since), Before: gave(t.Before), Now: gave(t.Now), Broken: t.Broken()}
		v.Class, v.Health = "bad", "doubtful"
		if t.Broken() {
			v.Health = "broken"
		}
	}
	return v
}

// gave is what one look gave, for people.
func gave(y *newsletter.Yield) string {
	if y == nil {
		return "nothing that could be read"
	}
	text := fmt.Sprintf("%d items, %d of them dated", y.Items, y.Dated)
	if !y.Newest.IsZero() {
		text += ", the newest of " + y.Newest.Format("2 January 2006")
	}
	return text
}
