package render

import (
	"strings"
	"testing"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
	"broadsheet/templates"
)

// An issue that has no page leads to none, and leaves nothing to one.
func TestAnIssueWithoutAPage(t *testing.T) {
	r, err := New(templates.Open(""))
	if err != nil {
		t.Fatal(err)
	}
	for _, theme := range []string{"institutional", "plain"} {
		pub, issue := sample()
		pub.Archive, pub.Theme.Name = "none", theme
		list, err := r.Proofs(pub, issue)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			if strings.Contains(p.HTML+p.Text, newsletter.MarkWebView) || strings.Contains(p.HTML, `href=""`) || len(textFindings(p)) > 0 {
				t.Errorf("%s %s: %q\n%s", theme, p.Language, textFindings(p), p.Text)
			}
		}
	}
	pub, issue := huge()
	pub.Archive = "none"
	if _, err := r.Proofs(pub, issue); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), "no page for the rest") {
		t.Error(err)
	}
}
