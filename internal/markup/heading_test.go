package markup

import "testing"

func TestHeading(t *testing.T) {
	for source, want := range map[string][2]string{
		"# A *b* & c\n\ntext":                {"A b & c", "text"},
		"## 1. First ##\ntext":               {"1. First", "text"},
		"Under\n===\ntext":                   {"Under", "text"},
		"Two\nlines\n---\ntext":              {"Two lines", "text"},
		"before\n\n# Later\nafter":           {"Later", "before\n\nafter"},
		"```\n# no heading\n```\n\n# One":    {"One", "```\n# no heading\n```"},
		"> # quoted\n\ntext":                 {"", "> # quoted\n\ntext"},
		"#\n\n# Named":                       {"Named", "#"},
		"none":                               {"", "none"},
		"# <script>x</script>\n# Harmless\n": {"Harmless", "# <script>x</script>"},
	} {
		if title, rest := Heading(source); title != want[0] || rest != want[1] {
			t.Errorf("%q: %q %q", source, title, rest)
		}
	}
}
