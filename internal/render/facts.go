package render

import (
	"strconv"
	"strings"

	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

// documents are a report's files: what each is called, how large and how long it is.
func (b viewer) documents(item newsletter.Item) (out []DocumentView) {
	for _, d := range item.Documents {
		title := locale.Name(d.Language)
		if d.Language == "" {
			title = d.Title
		}
		if title == "" {
			title = b.words.Label("more")
		}
		out = append(out, DocumentView{title, d.URL, d.Language, b.extent(d)})
	}
	return out
}

// extent is "(2.3 MB, 120 p.)", as far as it is known.
func (b viewer) extent(d newsletter.Document) string {
	var parts []string
	switch {
	case d.Bytes >= 950_000:
		parts = append(parts, b.words.Label("megabytes", "n", b.words.Decimal(float64(d.Bytes)/1e6)))
	case d.Bytes > 0:
		parts = append(parts, b.words.Label("kilobytes", "n", strconv.FormatInt(max(1, (d.Bytes+500)/1000), 10)))
	}
	if d.Pages > 0 {
		parts = append(parts, b.words.Count("pages", d.Pages))
	}
	if len(parts) == 0 {
		return ""
	}
	return "(" + strings.Join(parts, b.words.Label("comma")) + ")"
}

// status says what of an event is not as readers may expect it.
func (b viewer) status(item newsletter.Item) string {
	switch item.Status {
	case "cancelled", "postponed", "tentative":
		return b.words.Label(item.Status)
	}
	if !item.MovedFrom.IsZero() {
		return b.words.Label("moved_from", "date", b.words.Date(b.local(item.MovedFrom, item.AllDay)))
	}
	return ""
}

func (b viewer) names(languages []string) string {
	out := make([]string, len(languages))
	for i, language := range languages {
		out[i] = b.words.Language(language)
	}
	return strings.Join(out, b.words.Label("comma"))
}
