package markup

import (
	"bytes"
	"mime"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
)

var declared = regexp.MustCompile(`(?i)<\?xml[^>]*encoding=["']([\w.:-]+)["']|<meta[^>]+charset=["']?([\w.:-]+)`)

// Decode returns a document as UTF-8. It believes, in this order: a byte order
// mark, bytes that are (but for a few) UTF-8 with characters beyond ASCII, the HTTP
// header, a declaration in the document, a detector. Multi-byte UTF-8 is hardly
// ever anything else, while headers and declarations are often wrong; where they say
// UTF-8 as well, more bytes may be none.
func Decode(body []byte, contentType string) string {
	if enc := byteOrderMark(body); enc != "" {
		return decodeAs(body, enc)
	}
	names := declarations(body, contentType)
	tolerance := 0.05
	if slices.ContainsFunc(names, isUTF8) {
		tolerance = 2
	}
	if good, bad := sequences(body); good > 0 && float64(bad) <= tolerance*float64(good) || good == 0 && bad == 0 && !escapes(body) {
		return mended(body, bad)
	}
	for _, name := range names {
		if known(name) && (!isUTF8(name) || utf8.Valid(body)) {
			return decodeAs(body, name)
		}
	}
	if utf8.Valid(body) {
		return string(body)
	}
	if guess, err := chardet.NewHtmlDetector().DetectBest(body); err == nil && known(guess.Charset) {
		return decodeAs(body, guess.Charset)
	}
	return decodeAs(body, "windows-1252")
}

func byteOrderMark(body []byte) string {
	switch {
	case bytes.HasPrefix(body, []byte{0xEF, 0xBB, 0xBF}):
		return "utf-8"
	case bytes.HasPrefix(body, []byte{0xFE, 0xFF}):
		return "utf-16be"
	case bytes.HasPrefix(body, []byte{0xFF, 0xFE}), bytes.HasPrefix(body, []byte("<\x00")):
		return "utf-16le"
	case bytes.HasPrefix(body, []byte("\x00<")):
		return "utf-16be"
	}
	return ""
}

// sequences counts the characters of several bytes that are UTF-8, and the bytes that are not.
func sequences(body []byte) (good, bad int) {
	for i := 0; i < len(body); {
		if body[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRune(body[i:])
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		i += n
	}
	return good, bad
}

// escapes reports whether a text that looks like ASCII is of an encoding that shifts (ISO 2022).
func escapes(body []byte) bool { return bytes.IndexByte(body, 0x1b) >= 0 }

// mended reads the few bytes of UTF-8 that are none as what they were pasted from.
func mended(body []byte, bad int) string {
	if bad == 0 {
		return string(body)
	}
	var b strings.Builder
	for len(body) > 0 {
		r, n := utf8.DecodeRune(body)
		if r == utf8.RuneError && n == 1 {
			r = charmap.Windows1252.DecodeByte(body[0])
		}
		b.WriteRune(r)
		body = body[n:]
	}
	return b.String()
}

// declarations are the encodings that the HTTP header and the document name.
func declarations(body []byte, contentType string) (names []string) {
	if _, params, err := mime.ParseMediaType(contentType); err == nil && params["charset"] != "" {
		names = append(names, params["charset"])
	}
	if m := declared.FindSubmatch(body[:min(len(body), 2048)]); m != nil {
		names = append(names, string(m[1])+string(m[2]))
	}
	return names
}

func isUTF8(name string) bool { return strings.EqualFold(strings.ReplaceAll(name, "-", ""), "utf8") }

func lookup(name string) encoding.Encoding {
	enc, err := htmlindex.Get(name)
	if err != nil {
		return nil
	}
	return enc
}

func known(name string) bool { return lookup(name) != nil }

func decodeAs(body []byte, name string) string {
	// ISO 8859-7 and -8 declared usually means the Windows code page, a superset in what people type.
	switch strings.ToLower(name) {
	case "iso-8859-7":
		name = "windows-1253"
	case "iso-8859-8", "iso-8859-8-i":
		name = "windows-1255"
	}
	out, err := lookup(name).NewDecoder().Bytes(body)
	if err != nil {
		return strings.ToValidUTF8(string(body), "\uFFFD")
	}
	return strings.TrimPrefix(string(out), "\uFEFF")
}
