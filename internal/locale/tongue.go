package locale

import (
	"strings"
	"unicode"

	"github.com/abadojack/whatlanggo"
)

// scripts are those that tell a language from others, with the languages written in
// them; the first is meant where nothing says more.
var scripts = []struct {
	table *unicode.RangeTable
	tags  string
}{
	{unicode.Arabic, "ar fa ur ps ku ckb"}, {unicode.Hebrew, "he yi iw"}, {unicode.Greek, "el"}, {unicode.Georgian, "ka"}, {unicode.Armenian, "hy"},
	{unicode.Cyrillic, "ru uk bg sr mk be kk ky mn tg bs sh"}, {unicode.Han, "zh ja"}, {unicode.Hangul, "ko"}, {unicode.Hiragana, "ja"}, {unicode.Katakana, "ja"}, {unicode.Thai, "th"}, {unicode.Devanagari, "hi mr ne"},
}

// longEnough is how many characters a text must have before its language is guessed from its words.
const longEnough = 80

// Tongue returns a text's language: the one that is declared, unless the text is
// written in a script that this language is not; else what its script says, and
// only for long text in Latin letters what its words say. "" is not known.
func Tongue(text, declared string) string {
	tags, letters := scriptOf(text)
	switch {
	case tags == "" && letters >= longEnough && declared == "":
		return guessed(text)
	case tags == "":
		return declared
	}
	for _, tag := range strings.Fields(tags) {
		if tag == Primary(declared) {
			return declared
		}
	}
	if strings.HasPrefix(tags, "ru") && strings.ContainsAny(text, "іїєґІЇЄҐ") {
		return "uk"
	}
	first, _, _ := strings.Cut(tags, " ")
	return first
}

// scriptOf returns the languages of the script that most of a text's letters are of, "" for Latin, and how many letters it has.
func scriptOf(text string) (tags string, letters int) {
	counts := make([]int, len(scripts))
	for _, r := range text {
		if !unicode.IsLetter(r) {
			continue
		}
		letters++
		if r < 0x370 {
			continue
		}
		for i, s := range scripts {
			if unicode.Is(s.table, r) {
				counts[i]++
				break
			}
		}
	}
	for i, n := range counts {
		if n*2 > letters {
			return scripts[i].tags, letters
		}
	}
	return "", letters
}

// guessed asks the words of a text. Languages that are not ours are not guessed:
// Galician is more often a Portuguese text than a Galician one.
func guessed(text string) string {
	info := whatlanggo.DetectWithOptions(text, whatlanggo.Options{Whitelist: map[whatlanggo.Lang]bool{
		whatlanggo.Eng: true, whatlanggo.Fra: true, whatlanggo.Deu: true, whatlanggo.Spa: true, whatlanggo.Ita: true, whatlanggo.Por: true, whatlanggo.Nld: true,
		whatlanggo.Pol: true, whatlanggo.Tur: true, whatlanggo.Ron: true, whatlanggo.Hun: true, whatlanggo.Ces: true, whatlanggo.Swe: true, whatlanggo.Dan: true, whatlanggo.Fin: true, whatlanggo.Hrv: true}})
	if !info.IsReliable() {
		return ""
	}
	return info.Lang.Iso6391()
}
