package subscribers

import (
	"net/mail"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"broadsheet/internal/fault"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

// Address sizes in octets: RFC 5321 section 4.5.3.1 and its erratum 1690.
const (
	maxLocalPart = 64
	maxDomain    = 253
	maxAddress   = 254
)

// ParseAddress checks an address and returns it as it will be written in To and
// RCPT, and the key by which a person is known once. The domain becomes
// A-labels (RFC 5891) in lower case; the local part keeps its case in the
// address, its plus and dots in both. Display names, quoted local parts and
// address literals are refused.
func ParseAddress(text string) (address, key string, err error) {
	text = strings.TrimSpace(text)
	if err := checkCharacters(text); err != nil {
		return "", "", err
	}
	at := strings.LastIndexByte(text, '@')
	if at < 0 {
		return "", "", fault.Invalidf("address %q has no @", text)
	}
	local, domain := text[:at], text[at+1:]
	if err := checkLocalPart(text, local); err != nil {
		return "", "", err
	}
	ascii, err := toASCII(strings.TrimSuffix(domain, "."))
	if err != nil || !plausibleDomain(ascii) {
		return "", "", fault.Invalidf("address %q: %q is not a mail domain", text, domain)
	}
	address = local + "@" + ascii
	if len(address) > maxAddress {
		return "", "", fault.Invalidf("address %q is longer than %d octets", text, maxAddress)
	}
	if key = norm.NFC.String(strings.ToLower(local)) + "@" + ascii; key == address { // one text in memory for both
		key = address
	}
	return address, key, nil
}

// toASCII returns a domain in A-labels; most are so already.
func toASCII(domain string) (string, error) {
	for i := range len(domain) {
		if c := domain[i]; !('a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '.') {
			return idna.Lookup.ToASCII(domain)
		}
	}
	return domain, nil
}

func checkCharacters(text string) error {
	if text == "" {
		return fault.Invalidf("the address is empty")
	}
	if !utf8.ValidString(text) {
		return fault.Invalidf("address %q is not valid UTF-8", text)
	}
	for _, r := range text {
		if unicode.IsControl(r) || r == ' ' || r >= utf8.RuneSelf && unicode.Is(unicode.Bidi_Control, r) {
			return fault.Invalidf("address %q contains a control character or a space", text)
		}
	}
	return nil
}

func checkLocalPart(text, local string) error {
	if local == "" || len(local) > maxLocalPart {
		return fault.Invalidf("address %q: the part before @ must have 1 to %d octets", text, maxLocalPart)
	}
	if plainAtoms(local) {
		return nil
	}
	if strings.ContainsAny(local, `"(),:;<>[\]`) || strings.Contains(local, "@") {
		return fault.Invalidf("address %q: the part before @ has a character that is not allowed", text)
	}
	// The parser of net/mail knows the dot-atom rules of RFC 5322 section 3.2.3 and RFC 6532.
	if parsed, err := mail.ParseAddress(local + "@example.org"); err != nil || parsed.Address != local+"@example.org" {
		return fault.Invalidf("address %q: the part before @ is not well formed", text)
	}
	return nil
}

// plainAtoms reports a dot-atom of letters, digits, - and _, as most local parts are.
func plainAtoms(local string) bool {
	for i := range len(local) {
		switch c := local[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '-', c == '_':
		case c == '.' && i > 0 && i < len(local)-1 && local[i-1] != '.':
		default:
			return false
		}
	}
	return true
}

func plausibleDomain(domain string) bool {
	if domain == "" || len(domain) > maxDomain || !strings.Contains(domain, ".") {
		return false
	}
	var top string
	for label := range strings.SplitSeq(domain, ".") {
		top = label
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' || strings.IndexByte(label, '_') >= 0 {
			return false
		}
	}
	return strings.TrimLeft(top, "0123456789") != ""
}

// CleanName checks a display name: controls are refused, never passed on to a header.
func CleanName(text string) (string, error) {
	text = strings.TrimSpace(text)
	if !utf8.ValidString(text) {
		return "", fault.Invalidf("name %q is not valid UTF-8", text)
	}
	for _, r := range text {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return "", fault.Invalidf("name %q contains a control character", text)
		}
	}
	if utf8.RuneCountInString(text) > 200 {
		return "", fault.Invalidf("name is longer than 200 characters")
	}
	return text, nil
}

// cleanNote checks what a person said: a few lines of plain text.
func cleanNote(text string) (string, error) {
	text = strings.TrimSpace(text)
	if !utf8.ValidString(text) || utf8.RuneCountInString(text) > 1000 {
		return "", fault.Invalidf("a note is at most 1000 characters of plain text")
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text), nil
}

var attributeName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,39}$`)

// cleanAttributes checks what else is known of a person: names of lower-case
// letters, digits and underscores, values of one line.
func cleanAttributes(attributes map[string]string) (map[string]string, error) {
	if len(attributes) == 0 {
		return nil, nil
	}
	if len(attributes) > 50 {
		return nil, fault.Invalidf("more than 50 attributes")
	}
	out := make(map[string]string, len(attributes))
	for name, value := range attributes {
		if !attributeName.MatchString(name) {
			return nil, fault.Invalidf("attribute %q: a name has lower-case letters, digits and underscores", name)
		}
		cleaned, err := CleanName(value)
		if err != nil {
			return nil, fault.Invalidf("attribute %s: %w", name, err)
		}
		out[name] = cleaned
	}
	return out, nil
}

// CleanLanguage checks a language tag and returns it in lower case ("" stays "").
func CleanLanguage(text string) (string, error) {
	tag := strings.ToLower(strings.TrimSpace(strings.ReplaceAll(text, "_", "-")))
	primary, _, _ := strings.Cut(tag, "-")
	if tag == "" {
		return "", nil
	}
	if len(primary) < 2 || len(primary) > 3 || len(tag) > 35 || strings.HasSuffix(tag, "-") || strings.Contains(tag, "--") {
		return "", fault.Invalidf("language %q is not a tag such as en, fr or pt-br", text)
	}
	for _, r := range tag {
		if r != '-' && (r < 'a' || r > 'z') && (r < '0' || r > '9') {
			return "", fault.Invalidf("language %q is not a tag such as en, fr or pt-br", text)
		}
	}
	return tag, nil
}
