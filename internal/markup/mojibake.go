package markup

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// Mojibake reports whether a text was garbled before it came here: decoded once
// by the wrong code page ("PrÃ©vention"), or with characters lost.
func Mojibake(text string) bool {
	if strings.ContainsRune(text, utf8.RuneError) {
		return true
	}
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return r < utf8.RuneSelf && r != 0 }) {
		if misread(run, charmap.Windows1252, 1) || misread(run, charmap.Windows1251, 2) {
			return true
		}
	}
	return false
}

// misread reports whether the letters of a run are the bytes of UTF-8 in a code
// page: at least so many characters, each of several bytes. Words that people
// write hardly ever are.
func misread(run string, page *charmap.Charmap, least int) bool {
	raw, err := page.NewEncoder().String(run)
	return err == nil && utf8.ValidString(raw) && utf8.RuneCountInString(raw) >= least
}
