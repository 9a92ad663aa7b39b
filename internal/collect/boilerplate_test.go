package collect

import (
	"testing"

	"broadsheet/internal/newsletter"
)

func TestBoilerplate(t *testing.T) {
	of := func(summaries ...string) (items []newsletter.Item) {
		for _, s := range summaries {
			items = append(items, newsletter.Item{Summary: s})
		}
		return items
	}
	for name, c := range map[string]struct{ in, want []string }{
		"at both ends":  {[]string{"Press release. One. Follow us.", "Press release. Two! Follow us.", "Press release. Three. Follow us.", "Press release. Four. Follow us.", ""}, []string{"One.", "Two!", "Three.", "Four.", ""}},
		"several":       {[]string{"A. Follow us. Thank you.", "B. Follow us. Thank you.", "C. Follow us. Thank you.", "D. Follow us. Thank you."}, []string{"A.", "B.", "C.", "D."}},
		"nothing else":  {[]string{"Read on the site.", "Read on the site.", "Read on the site.", "Read on the site."}, []string{"", "", "", ""}},
		"too few":       {[]string{"A. Same.", "B. Same.", "C. Same."}, []string{"A. Same.", "B. Same.", "C. Same."}},
		"not most":      {[]string{"A. S.", "B. S.", "C. S.", "D. S.", "E.", "F.", "G.", "H."}, []string{"A. S.", "B. S.", "C. S.", "D. S.", "E.", "F.", "G.", "H."}},
		"one exception": {[]string{"A. S.", "B. S.", "C. S.", "D. S.", "E. Other."}, []string{"A.", "B.", "C.", "D.", "E. Other."}},
	} {
		items := of(c.in...)
		withoutBoilerplate(items)
		for i, want := range c.want {
			if items[i].Summary != want {
				t.Errorf("%s: %q, want %q", name, items[i].Summary, want)
			}
		}
	}
}
