package render

import (
	"fmt"
	"slices"
	"strings"

	"broadsheet/internal/newsletter"
	"broadsheet/internal/render/check"
)

// Findings runs every theme over the sample, in a dark and in a light colour, and
// says what is wrong with what comes out.
func (r *Renderer) Findings() (out []string, err error) {
	for _, name := range names {
		for _, colour := range []string{"#00397a", "#ffe600"} {
			pub, issue := sample()
			pub.Theme.Name, pub.Theme.Colour = name, colour
			proofs, err := r.Proofs(pub, issue)
			if err != nil {
				return nil, err
			}
			for _, p := range proofs {
				for _, finding := range append(check.HTML(p.HTML), textFindings(p)...) {
					line := fmt.Sprintf("%s: %s", name, finding)
					if !slices.ContainsFunc(out, func(known string) bool { return check.Same(known, line) }) {
						out = append(out, line)
					}
				}
			}
		}
	}
	return out, nil
}

func textFindings(p newsletter.Proof) (out []string) {
	for _, line := range strings.Split(p.Text, "\n") {
		if display.StringWidth(line) > 78 && !strings.Contains(line, "://") && !strings.Contains(line, "@") {
			out = append(out, fmt.Sprintf("a line of the text part is wider than 78 columns: %.60q", line))
		}
	}
	for _, mark := range []string{newsletter.MarkName, newsletter.MarkUnsubscribe, newsletter.MarkPreferences, newsletter.MarkWebView} {
		if mark == newsletter.MarkWebView && !strings.Contains(p.HTML+p.Text, mark) { // a publication without pages
			continue
		}
		for part, body := range map[string]string{"HTML": p.HTML, "text part": p.Text} {
			if !strings.Contains(body, mark) {
				out = append(out, fmt.Sprintf("the %s has no %s", part, strings.Trim(mark, newsletter.MarkOpen+newsletter.MarkClose)))
			}
		}
	}
	slices.Sort(out)
	return out
}
