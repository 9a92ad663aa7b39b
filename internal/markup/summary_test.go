package markup

import "testing"

func TestSummary(t *testing.T) {
	for text, want := range map[string]string{
		"A text. The post Prevention works appeared first on Ministry.":     "A text.",
		"Un texte. L’article La prévention est apparu en premier sur Site.": "Un texte.",
		"The posts in the ministry appeared first on Monday.":               "The posts in the ministry appeared first on Monday.",
		"A text that is cut [&hellip;]":                                     "A text that is cut…",
		"A text that is cut [...] Continue reading →":                       "A text that is cut…",
		"A text. Read more about prevention »":                              "A text.",
		"Read more about it in the report. It is out.":                      "Read more about it in the report. It is out.",
		"Title: what it says":                                               "what it says",
		"Titles differ":                                                     "Titles differ",
		"Title":                                                             "",
	} {
		if got := Summary(text, "Title", 600); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func TestArticle(t *testing.T) {
	for source, want := range map[string]string{
		"<p>One.</p><p>The post <a href='https://a.example/x'>One</a> appeared first on <a href='https://a.example/'>A</a>.</p>": "<p>One.</p>",
		"<p>One.</p><p>Two.</p>": "<p>One.</p><p>Two.</p>",
		"words":                  "words",
	} {
		if got := Article(source, nil); got != want {
			t.Errorf("%q: %q", source, got)
		}
	}
}

func TestMojibake(t *testing.T) {
	for text, want := range map[string]bool{
		"PrÃ©vention": true, "l’Ã©tÃ©": true, "lost \uFFFD": true, "РџСЂРµРІРµРЅС†РёСЏ": true, "â€œquotedâ€\u009d": true,
		"Prévention à l’école": false, "Профилактика": false, "naïve café": false, "Größe": false, "Ünïçödé": false, "Πρόληψη": false, "მარტი": false, "": false, "Ã": false,
	} {
		if got := Mojibake(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
