package web

import (
	"fmt"
	"net/http"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"
)

// A share is one piece of the picture of a send: a state, its number, and where
// it stands on a line of 1000.
type share struct {
	Name, Class string
	N           int
	X, Width    float64
}

// sending shows how far an issue is. It loads itself again every two seconds
// while something moves, unless the reader holds it still.
func (s *Site) sending(w http.ResponseWriter, r *http.Request) error {
	slug := r.PathValue("publication") + "/" + r.PathValue("number")
	status, err := s.Desk.Status(r.Context(), slug)
	if err != nil {
		return err
	}
	view := struct {
		deskView
		Slug, When, Rate, Left string
		Status                 desk.Status
		Shares                 []share
		Still, Moves, Paused   bool
	}{deskView: s.deskView(r, "Sending "+slug), Slug: slug, Status: status, Shares: shares(status.Tally), Still: r.URL.Query().Has("still")}
	if send := status.Send; send != nil {
		view.When, view.Paused = send.FrozenAt.Format("2006-01-02 15:04 MST"), !send.PausedAt.IsZero()
		view.Moves = status.State == newsletter.Sending && !view.Paused
		view.Rate = fmt.Sprintf("%.0f", status.Rate)
		if view.Moves {
			view.Left = left(status)
		}
	}
	if view.Moves && !view.Still {
		w.Header().Set("Refresh", "2")
	}
	return s.page(w, http.StatusOK, "sending", view)
}

// left says how long it takes at this rate.
func left(s desk.Status) string {
	if s.Remaining == 0 || s.Rate < 1 {
		return ""
	}
	return time.Duration(float64(s.Remaining) / s.Rate * float64(time.Minute)).Round(time.Second).String()
}

func shares(t newsletter.Tally) (out []share) {
	x := 0.0
	for _, s := range []share{{Name: "accepted", Class: "good", N: t.Accepted}, {Name: "rejected", Class: "bad", N: t.Rejected}, {Name: "held or unknown", Class: "odd", N: t.Unknown + t.Held},
		{Name: "suppressed or cancelled", Class: "soft", N: t.Suppressed + t.Cancelled}, {Name: "deferred", Class: "warn", N: t.Deferred}, {Name: "waiting", Class: "open", N: t.Pending + t.Attempting}} {
		if t.Audience > 0 {
			s.X, s.Width = x, 1000*float64(s.N)/float64(t.Audience)
			x += s.Width
		}
		out = append(out, s)
	}
	return out
}
