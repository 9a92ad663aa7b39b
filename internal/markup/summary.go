package markup

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What content systems hang on the end of every text of theirs: words to click
// on, and where the text stood first. They are looked for as they are written,
// because patterns over every text cost more than all the rest of reading a feed.
var (
	onward = []string{"Continue reading", "Read more", "Read the rest", "Read the full", "Learn more", "Lire la suite", "En savoir plus", "Weiterlesen", "Mehr lesen", "Leer más", "Seguir leyendo",
		"Continua a leggere", "Leggi tutto", "Читать далее", "Подробнее", "Διαβάστε περισσότερα", "[…]", "[...]", "[ … ]", "[&hellip;]"}
	appeared = []struct{ begin, verb string }{
		{"The post ", " appeared first on "}, {"The post ", " first appeared on "}, {"L’article ", " est apparu en premier sur "}, {"L'article ", " est apparu en premier sur "},
		{"Der Beitrag ", " erschien zuerst auf "}, {"La entrada ", " se publicó primero en "}, {"L’articolo ", " proviene da "}, {"L'articolo ", " proviene da "},
	}
)

// endsWithin is how long what is added at an end can be, in bytes: no more than that is looked at.
const (
	endsWithin   = 700
	onwardWithin = 120
)

// Summary returns what a text says beyond its title: without the doubled title,
// without what content systems add, at most limit characters.
func Summary(text, title string, limit int) string {
	text = withoutOnward(withoutAppeared(text))
	if strings.Trim(text, between) == strings.Trim(title, between) {
		return ""
	}
	if rest, ok := strings.CutPrefix(text, title); ok && title != "" && begins(rest) {
		text = strings.TrimLeft(rest, between)
	}
	return Shorten(text, limit)
}

// between is what stands between a doubled title and the text.
const between = " .:-–—|"

// begins reports whether a text is no going on of the words before it.
func begins(rest string) bool {
	sign, _ := utf8.DecodeRuneInString(strings.TrimLeft(rest, " "))
	return strings.ContainsRune(between, sign) || rest[0] == ' ' && !unicode.IsLower(sign)
}

// Article returns the safe part of a whole article's HTML, as HTML does, without
// what content systems add at its end.
func Article(outside string, base *url.URL) string {
	body := string(HTML(outside, base))
	at := strings.LastIndex(body, "<p>")
	if at < 0 {
		return body
	}
	if last := Text(body[at:]); last != "" && withoutAppeared(last) == "" {
		return strings.TrimSpace(body[:at])
	}
	return body
}

func withoutAppeared(text string) string {
	from := max(0, len(text)-endsWithin)
	for _, a := range appeared {
		if verb := strings.LastIndex(text[from:], a.verb); verb >= 0 {
			if begin := strings.LastIndex(text[from:from+verb], a.begin); begin >= 0 {
				return strings.TrimSpace(text[:from+begin])
			}
		}
	}
	return text
}

// withoutOnward drops words to click on, and what one clicks to read on with. A
// text that was cut there says so by an ellipsis.
func withoutOnward(text string) string {
	for again := true; again; {
		again = false
		from := max(0, len(text)-onwardWithin)
		for _, words := range onward {
			at := strings.LastIndex(text[from:], words)
			if at < 0 || from+at == 0 || strings.ContainsAny(strings.TrimRight(text[from+at+len(words):], ".… "), ".!?") && words[0] != '[' {
				continue
			}
			cut := words[0] == '['
			text = strings.TrimRight(text[:from+at], " ")
			if r, _ := utf8.DecodeLastRuneInString(text); cut && !strings.ContainsRune(".!?…", r) {
				text += "…"
			}
			again = !cut
			break
		}
	}
	return text
}
