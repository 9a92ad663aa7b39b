package web

import (
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"broadsheet/internal/fault"
)

// DeskTable returns the route table for the team. It reads, but for the review page and editing.
func (s *Site) DeskTable() http.Handler {
	mux := http.NewServeMux()
	routes := map[string]handler{
		"GET /style.css":                     s.serveStyle,
		"GET /{$}":                           s.inbox,
		"GET /issues":                        s.issues,
		"GET /issues/{publication}/{number}": s.issue,
		"GET /issues/{publication}/{number}/frame/{language}": s.issueFrame,
		"GET /issues/{publication}/{number}/sending":          s.sending,
		"GET /issues/{publication}/{number}/edit":             s.edit,
		"POST /issues/{publication}/{number}/edit":            s.saveEdit,
		"POST /issues/{publication}/{number}/entries":         s.moveEntry,
		"GET /issues/{publication}/{number}/log":              s.issueLog,
		"POST /issues/{publication}/{number}/revert":          s.revert,
		"GET /sources":                         s.sources,
		"GET /review/{token}":                  s.review,
		"POST /review/{token}":                 s.decide,
		"GET /review/{token}/frame/{language}": s.reviewFrame,
		"GET /healthz":                         s.healthy,
		"/":                                    func(http.ResponseWriter, *http.Request) error { return fault.NotFoundf("no such page") },
	}
	if s.Inbox != nil {
		routes["GET /mail"], routes["GET /mail/{id}"], routes["GET /mail/{id}/frame"] = s.mails, s.mail, s.mailFrame
	}
	for route, h := range routes {
		mux.Handle(route, s.desk(h))
	}
	return s.known(http.NewCrossOriginProtection().Handler(guard(mux, maxFile)))
}

// known refuses names that are not the desk's: without it, a page on the web
// could make a browser here read the desk under a name of its own (DNS rebinding).
func (s *Site) known(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := r.Host
		if host, port, err := net.SplitHostPort(name); err == nil {
			if _, err := strconv.ParseUint(port, 10, 16); err == nil {
				name = host
			}
		}
		ip := net.ParseIP(strings.Trim(name, "[]"))
		if name != "localhost" && (ip == nil || !ip.IsLoopback()) && !slices.Contains(s.DeskHosts, name) {
			http.Error(w, "the desk does not answer to this name", http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *Site) desk(h handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		err := h(w, r)
		if err == nil {
			return
		}
		status, message := statusOf(err), err.Error()
		if status == http.StatusInternalServerError {
			s.Log.Error("desk page failed", "route", r.Pattern, "error", err)
			message = "Something broke on this machine; the log says what."
		}
		view := struct {
			deskView
			Message, Hint string
		}{s.deskView(r, http.StatusText(status)), message, fault.Hint(err)}
		if err := s.page(w, status, "problem", view); err != nil {
			s.Log.Error("desk page failed", "route", r.Pattern, "error", err)
		}
	})
}

// deskView is what every desk page has. The desk speaks English.
type deskView struct {
	Language, Dir, Title, Skip string
	Nav                        []navLink
}

type navLink struct {
	Title, URL string
	Here       bool
}

func (s *Site) deskView(r *http.Request, title string) deskView {
	v := deskView{Language: "en", Dir: "ltr", Title: title + " - broadsheet", Skip: "Skip to content", Nav: []navLink{{Title: "Inbox", URL: "/"}, {Title: "Issues", URL: "/issues"}, {Title: "Sources", URL: "/sources"}}}
	if s.Inbox != nil {
		v.Nav = append(v.Nav, navLink{Title: "Mail", URL: "/mail"})
	}
	for i := range v.Nav {
		v.Nav[i].Here = v.Nav[i].URL == r.URL.Path || v.Nav[i].URL != "/" && strings.HasPrefix(r.URL.Path, v.Nav[i].URL)
	}
	return v
}
