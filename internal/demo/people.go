package demo

import (
	"context"
	"fmt"
	"iter"
	"time"

	"broadsheet/internal/app"
	"broadsheet/subscribers"
)

// audience is how many sample subscribers there are.
const audience = 250

var firstNames = map[string][]string{
	"en": {"Ana", "Jan", "Nino", "Elena", "Mark", "Ioana", "Peter", "Maria"},
	"fr": {"Chloé", "Étienne", "Zoé", "François", "Hélène", "André", "Inès", "Benoît"},
	"ar": {"ليلى", "سامي", "نور", "كريم", "هدى", "يوسف"},
}

var lastNames = map[string][]string{
	"en": {"Novak", "O'Neill", "Beridze", "Marković", "Smith", "Papadopoulos"},
	"fr": {"Lefèvre", "Müller", "Noël", "Garçon", "D’Hondt"},
	"ar": {"منصور", "العلي", "بن عمر", "حداد"},
}

// people yields the sample subscribers: English, French and Arabic readers as at
// such an organisation; every ninth gave no name.
func people(now time.Time) iter.Seq2[subscribers.Row, error] {
	return func(yield func(subscribers.Row, error) bool) {
		for i := range audience {
			language := []string{"en", "fr", "en", "ar", "fr", "en"}[i%6]
			name := firstNames[language][i%len(firstNames[language])] + " " + lastNames[language][i/6%len(lastNames[language])]
			if i%9 == 0 {
				name = ""
			}
			row := subscribers.Row{Line: i + 1, Address: fmt.Sprintf("reader%03d@example.org", i+1), Name: name, Language: language,
				Consent: &subscribers.Consent{Source: "sample", GivenAt: now}}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// subscribe imports everybody: the first fifty as named correspondents, the others as readers.
func subscribe(ctx context.Context, a *app.App) error {
	for _, part := range []struct {
		list     string
		from, to int
	}{{"correspondents", 1, 50}, {"members", 51, audience}} {
		list, err := a.People.List(ctx, part.list)
		if err != nil {
			return err
		}
		rows := func(yield func(subscribers.Row, error) bool) {
			for row, err := range people(a.Desk.Now()) {
				if row.Line >= part.from && row.Line <= part.to && !yield(row, err) {
					return
				}
			}
		}
		err = a.People.Import(ctx, subscribers.Import{List: list, Act: subscribers.Act{By: "demo", How: "import"}}, rows, func(r subscribers.Result) error {
			if r.Outcome == subscribers.Refused {
				return fmt.Errorf("%s: %s", r.Address, r.Reason)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
