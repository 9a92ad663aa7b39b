package csvfile

import (
	"bytes"
	"io"
	"unicode/utf8"

	"broadsheet/internal/fault"

	"github.com/gogs/chardet"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// decode turns a file into UTF-8 and says what it was. Where nothing is said, a
// byte order mark decides, then whether the beginning is UTF-8, then the letters
// that are likely.
func decode(in io.Reader, sample []byte, name string) (io.Reader, string, error) {
	if name == "" {
		name = guess(sample)
	}
	var e encoding.Encoding
	switch name {
	case "utf-8":
		return in, name, nil
	case "utf-16le", "utf-16be":
		e = unicode.UTF16(unicode.LittleEndian, unicode.UseBOM)
		if name == "utf-16be" {
			e = unicode.UTF16(unicode.BigEndian, unicode.UseBOM)
		}
	default:
		var err error
		if e, err = htmlindex.Get(name); err != nil {
			return nil, "", fault.WithHint(fault.Invalidf("no encoding %q is known", name), "use utf-8, utf-16le, windows-1250, windows-1251, windows-1252, iso-8859-2, ...")
		}
		if proper, err := htmlindex.Name(e); err == nil {
			name = proper
		}
		if name == "utf-8" {
			return in, name, nil
		}
	}
	return e.NewDecoder().Reader(in), name, nil
}

// sure is how sure, of 100, the letters must be for anything but Western European.
const sure = 50

func guess(sample []byte) string {
	switch {
	case bytes.HasPrefix(sample, []byte("\xff\xfe")):
		return "utf-16le"
	case bytes.HasPrefix(sample, []byte("\xfe\xff")):
		return "utf-16be"
	case len(sample) > 3 && sample[1] == 0 && sample[3] == 0:
		return "utf-16le"
	case len(sample) > 3 && sample[0] == 0 && sample[2] == 0:
		return "utf-16be"
	case wellFormed(sample):
		return "utf-8"
	}
	found, err := chardet.NewTextDetector().DetectAll(sample)
	if err != nil {
		return "windows-1252"
	}
	for _, f := range found {
		if f.Confidence < sure { // of a few words it knows no better than the most likely
			break
		}
		if e, err := htmlindex.Get(f.Charset); err == nil {
			if name, err := htmlindex.Name(e); err == nil && name != "utf-8" && name != "utf-16le" && name != "utf-16be" {
				return name
			}
		}
	}
	return "windows-1252"
}

// wellFormed reports whether a sample is UTF-8, but for a letter that its end cuts.
func wellFormed(sample []byte) bool {
	for range utf8.UTFMax {
		if utf8.Valid(sample) {
			return true
		}
		if len(sample) < sampleSize-utf8.UTFMax {
			return false
		}
		sample = sample[:len(sample)-1]
	}
	return false
}
