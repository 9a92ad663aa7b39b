package markup

import (
	"net/url"
	"regexp"
	"strings"
)

// What content systems hang on every text of theirs.
var (
	appeared = regexp.MustCompile(`(?i)\s*(?:The post .{1,300}? (?:appeared first|first appeared) on|L.article .{1,300}? est apparu en premier sur|Der Beitrag .{1,300}? erschien zuerst auf|La entrada .{1,300}? se publicó primero en|L.articolo .{1,300}? proviene da) .{1,120}$`)
	onward   = regexp.MustCompile(`(?i)\s*(?:\[\s*(?:…|\.\.\.)\s*\]\s*)?(?:(?:Continue reading|Read more|Read the (?:rest|full \p{L}+)|Learn more|Lire la suite|En savoir plus|Weiterlesen|Mehr lesen|Leer más|Seguir leyendo|Continua a leggere|Leggi tutto|Читать далее|Подробнее|Διαβάστε περισσότερα)\b[^.!?]{0,120}|(?:…|\.\.\.)\s*(?:more|suite|mehr|más))\s*[→»›>.…]*\s*$`)
	elided   = regexp.MustCompile(`\s*\[\s*(?:…|\.\.\.|&hellip;)\s*\]\s*$`)
	closing  = regexp.MustCompile(`(?is)\s*<p>\s*(?:The post|L.article|Der Beitrag|La entrada|L.articolo)\s*<a\b.{1,600}?</p>\s*$`)
)

// Summary returns what a text says beyond its title: without the doubled title,
// without what content systems add, at most limit characters.
func Summary(text, title string, limit int) string {
	text = onward.ReplaceAllString(appeared.ReplaceAllString(text, ""), "")
	text = elided.ReplaceAllString(text, "…")
	if text == title {
		return ""
	}
	if rest, ok := strings.CutPrefix(text, title); ok && title != "" && strings.ContainsAny(rest[:1], " .:-–—|") {
		text = strings.TrimLeft(rest, " .:-–—|")
	}
	return Shorten(text, limit)
}

// Article returns the safe part of a whole article's HTML, as HTML does, without
// what content systems add at its end.
func Article(outside string, base *url.URL) string {
	return closing.ReplaceAllString(string(HTML(outside, base)), "")
}
