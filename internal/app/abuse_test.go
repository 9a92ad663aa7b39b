package app_test

import (
	"database/sql"
	"fmt"
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/desk"
	"broadsheet/internal/newsletter"
	"broadsheet/subscribers"
)

// rows returns how many rows each table has, and with whole what they hold.
func rows(t *testing.T, database string, whole bool) map[string]string {
	t.Helper()
	driver, names := "sqlite", `SELECT name FROM sqlite_master WHERE type = 'table'`
	if strings.Contains(database, "://") {
		driver, names = "pgx", `SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'`
	}
	db, err := sql.Open(driver, database)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	out := map[string]string{}
	for _, table := range texts(t, db, names) {
		out[table] = texts(t, db, `SELECT COUNT(*) FROM `+table)[0]
		if whole {
			out[table] += strings.Join(texts(t, db, `SELECT * FROM `+table), "\n")
		}
	}
	if len(out) < 20 {
		t.Fatalf("only %d tables", len(out))
	}
	return out
}

// texts returns every row as a line, sorted.
func texts(t *testing.T, db *sql.DB, query string) (out []string) {
	t.Helper()
	found, err := db.Query(query)
	must(t, err)
	defer found.Close()
	columns, err := found.Columns()
	must(t, err)
	for found.Next() {
		cells, at := make([]any, len(columns)), make([]any, len(columns))
		for i := range cells {
			at[i] = &cells[i]
		}
		must(t, found.Scan(at...))
		line := ""
		for _, c := range cells {
			line += strings.TrimSpace(fmt.Sprintf("%s|", cellText(c)))
		}
		out = append(out, strings.TrimSuffix(line, "|"))
	}
	must(t, found.Err())
	slices.Sort(out)
	return out
}

func cellText(c any) string {
	if b, ok := c.([]byte); ok {
		return string(b)
	}
	return fmt.Sprint(c)
}

// differences says how many rows each table won or lost.
func differences(before, after map[string]string) string {
	var out []string
	for table, n := range after {
		if before[table] != n {
			out = append(out, table+" "+before[table]+" to "+n)
		}
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// Link scanners look at everything, and often: nothing changes.
func TestLookingChangesNothing(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, database string) {
		h.collect(t)
		_, err := h.Desk.Compose(ctx, "p", "operator")
		must(t, err)
		h.approve(t, "p/1")
		h.clock.Move(time.Second)
		_, err = h.Desk.Send(ctx, "p/1", "operator", desk.Ask{Count: -1}, func(newsletter.Tally) {})
		must(t, err)
		public := h.door(t)
		fetch(t, "POST", public+"/subscribe/p", url.Values{"email": {"new@example.org"}, "list": {"readers"}})
		h.granted(t)
		fetch(t, "POST", h.link(t, "known@example.org", "p", public)+"/data", url.Values{})
		h.granted(t)
		data := h.link(t, "known@example.org", "d", public)
		raw := strings.ReplaceAll(strings.ReplaceAll(h.mailed(t, "known@example.org").Raw, "=\r\n", ""), "=3D", "=")
		view := path(t, raw, "https://news.example.org/i/", public+"/i/")
		routes := []string{"/", "/archive/p", "/archive/p?q=x", "/archive/p/feed.atom", "/archive/p/agenda.ics", "/subscribe", "/subscribe/p", "/privacy", "/own-link/p", "/public.css", "/theme/p.css", "/healthz", "/nowhere"}
		for i := range routes {
			routes[i] = public + routes[i]
		}
		leave := path(t, raw, "https://news.example.org/u/", public+"/u/")
		routes = append(routes, view, view+"/agenda.ics", h.link(t, "new@example.org", "c", public), path(t, raw, "https://news.example.org/p/", public+"/p/"), leave, leave+"/undo", data, data+"/export.json", data+"/erase")
		before := rows(t, database, true)
		for range 100 {
			for _, route := range routes {
				for _, method := range []string{"GET", "HEAD"} {
					if code, _ := fetch(t, method, route, nil); code >= 500 {
						t.Errorf("%s %s: %d", method, route, code)
					}
				}
			}
		}
		if got := differences(before, rows(t, database, true)); got != "" {
			t.Error("looking changed ", got)
		}
	})
}

// Whoever the address belongs to, asking has the same answer and is the same work.
func TestAskingTellsNothing(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, database string) {
		must(t, h.People.Suppress(ctx, "suppressed@example.org", "", subscribers.Manual, operator))
		public := h.door(t)
		for route, want := range map[string]map[string]int{"/subscribe/p": {"known": 1, "unknown": 1, "suppressed": 0}, "/own-link/p": {"known": 1, "unknown": 0, "suppressed": 0}} {
			answers, work := map[string]bool{}, map[string]bool{}
			for _, who := range slices.Sorted(maps.Keys(want)) {
				address := who + "@example.org"
				if who == "unknown" {
					address = fmt.Sprintf("unknown%d@example.org", len(route))
				}
				h.clock.Move(11 * time.Minute)
				h.granted(t)
				mails := h.mail.Copies()[address]
				before := rows(t, database, false)
				code, page := fetch(t, "POST", public+route, url.Values{"email": {address}, "list": {"readers"}, "name": {"Somebody"}})
				answers[fmt.Sprint(code, strings.ReplaceAll(page, address, ""))] = true
				after := rows(t, database, false)
				takes, err := strconv.Atoi(after["takes"])
				must(t, err)
				work[strings.Replace(differences(before, after), fmt.Sprintf("takes %d to %d", takes-3, takes), "3 takes", 1)] = true
				h.granted(t)
				if got := h.mail.Copies()[address] - mails; got != want[who] {
					t.Errorf("%s: %s has %d mails, want %d", route, who, got, want[who])
				}
			}
			if len(answers) != 1 || len(work) != 1 || !work["3 takes, wishes 0 to 1"] {
				t.Errorf("%s: %d answers, work %v", route, len(answers), work)
			}
		}
	})
}

// How long asking takes for those who are known and those who are not, side by side.
// Only the work is held to be the same, above: here the times are said.
func TestAskingTakesAsLong(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, _ string) {
		const n = 300
		readers, err := h.People.List(ctx, "readers")
		must(t, err)
		must(t, h.People.Import(ctx, subscribers.Import{List: readers, Act: operator}, people("known", count(n), h.clock.Now()), func(subscribers.Result) error { return nil }))
		public := h.door(t)
		took := map[string][]time.Duration{}
		for i := range n {
			for _, who := range []string{"known", "unknown"} {
				began := time.Now()
				code, _ := fetch(t, "POST", public+"/subscribe/p", url.Values{"email": {fmt.Sprintf("%s%d@example.org", who, i)}, "list": {"readers"}}, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i%250))
				took[who] = append(took[who], time.Since(began))
				if code != 200 {
					t.Fatal(code)
				}
			}
		}
		for _, times := range took {
			slices.Sort(times)
		}
		t.Logf("median of %d posts each: known %s, unknown %s", n, took["known"][n/2], took["unknown"][n/2])
		if done, err := h.Desk.GrantWishes(ctx); err != nil || done != 100 {
			t.Errorf("%d done at a time, %v", done, err)
		}
	})
}

// Ten thousand posts for one address, from as many machines and in two lives of the
// program, are three mails a day at most, and at most one in ten minutes.
func TestSubscriptionBombing(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, database string) {
		const victim = "victim@example.org"
		posts := crowd(10_000)
		if !strings.Contains(database, "://") {
			posts = crowd(2_000) // each is on disk before it is answered
		}
		public := h.door(t)
		began := h.clock.Now()
		var last time.Time
		for i := range posts {
			if i == posts/2 {
				must(t, h.Close())
				h.reopen(t, database)
				public = h.door(t)
			}
			if i%(posts/100) == 0 {
				h.clock.Move(time.Minute)
				before := h.mail.Copies()[victim]
				h.granted(t)
				if n := h.mail.Copies()[victim]; n > before {
					if h.clock.Now().Sub(last) < 10*time.Minute || n > before+1 {
						t.Error("two mails within ten minutes")
					}
					last = h.clock.Now()
				}
			}
			from := fmt.Sprintf("203.0.%d.%d", i/250%250, i%250)
			if code, _ := fetch(t, "POST", public+"/subscribe/p", url.Values{"email": {[]string{victim, "Victim@EXAMPLE.org"}[i%2]}, "list": {"readers"}, "name": {"Buy pills"}}, "X-Forwarded-For", from); code != 200 {
				t.Fatalf("post %d: %d", i, code)
			}
		}
		h.granted(t)
		if n := h.mail.Copies()[victim]; n != 3 || h.clock.Now().Sub(began) > 24*time.Hour {
			t.Errorf("%d mails to one address", n)
		}
	})
}

// One machine may ask thirty times an hour; what stands before it in a list that it
// wrote itself, or the rest of its IPv6 network, does not make it another.
func TestOneMachineAsksTooOften(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, _ string) {
		public := h.door(t)
		n := 0
		ask := func(forwarded string) int {
			n++
			code, _ := fetch(t, "POST", public+"/subscribe/p", url.Values{"email": {fmt.Sprintf("m%d@example.org", n)}, "list": {"readers"}}, "X-Forwarded-For", forwarded)
			return code
		}
		for i := range desk.PerMachine.Most {
			if code := ask(fmt.Sprintf("198.51.100.%d, 2001:db8:1:2:%x::1, 127.0.0.9", i, i+1)); code != 200 {
				t.Fatal(i, code)
			}
		}
		for forwarded, want := range map[string]int{"2001:db8:1:2:ffff::2": 429, "203.0.113.77, 2001:db8:1:2::3": 429, "2001:db8:1:3::1": 200, "203.0.113.77": 200, "": 200} {
			if code := ask(forwarded); code != want {
				t.Errorf("%s: %d, want %d", forwarded, code, want)
			}
		}
		h.clock.Move(time.Hour + time.Second)
		if code := ask("2001:db8:1:2::1"); code != 200 {
			t.Errorf("an hour later: %d", code)
		}
	})
}

// Who is no proxy of ours is not believed.
func TestForwardedByAnyone(t *testing.T) {
	database := filepath.Join(t.TempDir(), "test.db")
	h := openHouse(t, database)
	must(t, h.Close())
	h.App = h.opened(t, strings.Replace(publicYAML, "127.0.0.0/8", "192.0.2.1", 1), database)
	public := h.door(t)
	code := 0
	for i := range desk.PerMachine.Most + 1 {
		code, _ = fetch(t, "POST", public+"/subscribe/p", url.Values{"email": {fmt.Sprintf("m%d@example.org", i)}, "list": {"readers"}}, "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i))
	}
	if code != 429 {
		t.Errorf("anyone says who they are: %d", code)
	}
}

// All together may ask two thousand times an hour: then nobody is told that it worked.
func TestAllAskTooOften(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, database string) {
		public := h.door(t)
		for i := range desk.Overall.Most {
			w := newsletter.Wish{Kind: newsletter.WishLink, Publication: "p"}
			must(t, h.Desk.Wish(ctx, w, desk.Asker{Machine: strconv.Itoa(i), Address: strconv.Itoa(i)}))
		}
		if code, page := fetch(t, "POST", public+"/subscribe/p", url.Values{"email": {"late@example.org"}, "list": {"readers"}}); code != 503 || strings.Contains(page, "Check your mail") {
			t.Error(code, page)
		}
	})
}

// Programs that fill in every field are told what people are told, and nothing comes of it.
func TestTrap(t *testing.T) {
	h := openHouse(t, filepath.Join(t.TempDir(), "test.db"))
	public := h.door(t)
	for _, route := range []string{"/subscribe/p", "/own-link/p"} {
		if code, page := fetch(t, "POST", public+route, url.Values{"email": {"known@example.org"}, "list": {"readers"}, "website": {"https://pills.example"}}); code != 200 || !strings.Contains(page, "Check your mail") {
			t.Error(code, page)
		}
	}
	h.granted(t)
	if got := len(h.mail.Messages()); got != 0 {
		t.Errorf("%d mails", got)
	}
}

// What is wrong in a form is said beside its field, and what was typed stays.
func TestFormsSayWhatIsWrong(t *testing.T) {
	h := openHouse(t, filepath.Join(t.TempDir(), "test.db"))
	public := h.door(t)
	code, page := fetch(t, "POST", public+"/subscribe/p", url.Values{"email": {"not an <address>"}, "name": {"A\nB"}})
	for _, want := range []string{"Write a whole e-mail address", "Choose at least one list", "not an &lt;address&gt;", `aria-invalid="true"`} {
		if code != 422 || !strings.Contains(page, want) {
			t.Errorf("%d: no %q in %s", code, want, page)
		}
	}
}

// A database that fails says so, also to one click; once it is back the next post is written.
func TestDatabaseTrouble(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, database string) {
		public := h.door(t)
		p, err := h.People.Show(ctx, "known@example.org")
		must(t, err)
		pub, err := h.Desk.Publication("p")
		must(t, err)
		leave := strings.Replace(h.Desk.Links.Unsubscribe(p.PublicID, pub), "https://news.example.org", public, 1)
		click := func() int {
			code, page := fetch(t, "POST", leave, url.Values{"List-Unsubscribe": {"One-Click"}})
			if code != 200 && strings.Contains(page, "unsubscribed") {
				t.Error(page)
			}
			return code
		}
		ask := func() int {
			code, _ := fetch(t, "POST", public+"/subscribe/p", url.Values{"email": {"new@example.org"}, "list": {"readers"}})
			return code
		}
		change(t, database, `ALTER TABLE subscriptions RENAME TO elsewhere`)
		change(t, database, `ALTER TABLE wishes RENAME TO away`)
		if a, b := click(), ask(); a != 503 || b != 503 {
			t.Errorf("with the tables gone: %d, %d", a, b)
		}
		change(t, database, `ALTER TABLE elsewhere RENAME TO subscriptions`)
		change(t, database, `ALTER TABLE away RENAME TO wishes`)
		if a, b := click(), ask(); a != 200 || b != 200 || h.standing(t, "known@example.org")["readers"] != subscribers.Ended {
			t.Errorf("with the tables back: %d, %d", a, b)
		}
		h.granted(t)
		if h.mail.Copies()["new@example.org"] != 1 {
			t.Error("what was refused counts against who asked")
		}
	})
}

func change(t *testing.T, database, statement string) {
	t.Helper()
	driver := "sqlite"
	if strings.Contains(database, "://") {
		driver = "pgx"
	}
	db, err := sql.Open(driver, database)
	must(t, err)
	_, err = db.Exec(statement)
	must(t, err)
	must(t, db.Close())
}

// A letter without an archive is named to nobody who is not on its list.
func TestInternalLettersAreNotNamed(t *testing.T) {
	eachOpen(t, func(t *testing.T, h *house, _ string) {
		public := h.door(t)
		for _, route := range []string{"/", "/subscribe", "/privacy", "/archive/internal", "/subscribe/internal", "/own-link/internal"} {
			if _, page := fetch(t, "GET", public+route, nil); strings.Contains(page, "Internal letter") {
				t.Errorf("GET %s names it", route)
			}
		}
		for _, email := range []string{"nobody", "nobody@example.org"} {
			if code, page := fetch(t, "POST", public+"/own-link/internal", url.Values{"email": {email}}); strings.Contains(page, "Internal letter") || code >= 500 {
				t.Errorf("POST %s: %d, names it", email, code)
			}
		}
	})
}
