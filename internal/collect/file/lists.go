package file

import (
	"net/mail"
	"regexp"
	"strconv"
	"strings"

	"broadsheet/internal/locale"
	"broadsheet/internal/markup"
	"broadsheet/internal/newsletter"
)

// listSetter returns how a field is read that may hold several things, nil for others.
func listSetter(name string) func(d *draft, name string, value any) (why string) {
	switch name {
	case "authors", "categories":
		return (*draft).setWords
	case "contacts":
		return (*draft).setContacts
	case "links", "press_release", "registration", "video":
		return (*draft).setLinks
	}
	if name == "documents" || documentIn.MatchString(name) {
		return (*draft).setDocuments
	}
	return nil
}

var (
	semicolons = regexp.MustCompile(`\s*[;\n]\s*`)
	commas     = regexp.MustCompile(`\s*[,;\n]\s*`)
	spaced     = regexp.MustCompile(`\s*(?:;\s|\n)\s*`) // addresses may hold semicolons
)

// parts returns the things of a list, which a single text separates by separator.
func parts(value any, separator *regexp.Regexp) (out []any) {
	switch v := value.(type) {
	case []any:
		return v
	case string:
		for _, part := range separator.Split(v, -1) {
			out = append(out, part)
		}
		return out
	}
	return []any{value}
}

// words returns a list's part as one text or by its names.
func words(part any) (text string, named map[string]string) {
	switch v := part.(type) {
	case string:
		return markup.Text(v), nil
	case map[string]any:
		named = map[string]string{}
		for key, value := range v {
			if s, ok := value.(string); ok {
				named[strings.ToLower(key)] = markup.Text(s)
			}
		}
	}
	return "", named
}

func (d *draft) setWords(name string, value any) (why string) {
	target, separator := &d.Authors, semicolons
	if name == "categories" {
		target, separator = &d.Categories, commas
	}
	for _, part := range parts(value, separator) {
		text, named := words(part)
		if named != nil {
			if text = named["name"]; text == "" {
				return "a text is expected, or one under name"
			}
		}
		if text != "" {
			*target = append(*target, text)
		}
	}
	return ""
}

var inBrackets = regexp.MustCompile(`^(.*?)\s*<([^<>]*)>$`)

func (d *draft) setContacts(_ string, value any) (why string) {
	for _, part := range parts(value, semicolons) {
		name, email := "", ""
		if s, ok := part.(string); ok { // not as HTML: <address> is no tag
			if email = markup.Plain(s); email == "" {
				continue
			}
			if m := inBrackets.FindStringSubmatch(email); m != nil {
				name, email = markup.Unquote(m[1]), m[2]
			}
		} else {
			_, named := words(part)
			name, email = named["name"], named["email"]
		}
		if why := d.addContact(name, email); why != "" {
			return why
		}
	}
	return ""
}

func (d *draft) addContact(name, email string) (why string) {
	email = strings.TrimPrefix(strings.TrimSpace(email), "mailto:")
	a, err := mail.ParseAddress(email)
	if err != nil || a.Name != "" {
		return quoted(email) + " is not an address: a contact is written Name <address>"
	}
	d.Contacts = append(d.Contacts, newsletter.Contact{Name: name, Email: a.Address})
	return ""
}

// webLink cleans an address of the web.
func webLink(text string) (string, bool) {
	link, ok := markup.Link(nil, text)
	return link, ok && strings.HasPrefix(link, "http")
}

// titled reads "Title <address>", an address, or the names title and url.
func titled(part any) (title, link string, named map[string]string, why string) {
	address := ""
	if s, ok := part.(string); ok { // not as HTML: <address> is no tag
		if address = markup.Plain(s); address == "" {
			return "", "", nil, ""
		}
		if m := inBrackets.FindStringSubmatch(address); m != nil {
			title, address = m[1], m[2]
		}
	} else {
		_, named = words(part)
		title, address = named["title"], named["url"]
	}
	link, ok := webLink(address)
	if !ok {
		return "", "", nil, quoted(address) + " is not a web address, nor Title <web address>"
	}
	return title, link, named, ""
}

var roles = map[string]bool{"press_release": true, "registration": true, "video": true, "more": true}

func (d *draft) setLinks(name string, value any) (why string) {
	for _, part := range parts(value, spaced) {
		title, link, named, why := titled(part)
		if why != "" {
			return why
		}
		role := name
		if name == "links" {
			role = "more"
			if r := named["role"]; r != "" {
				role = r
			}
		}
		if !roles[role] {
			return "role must be press_release, registration, video or more, not " + quoted(role)
		}
		if link != "" {
			d.Links = append(d.Links, newsletter.Link{Role: role, Title: title, URL: link})
		}
	}
	return ""
}

func (d *draft) setDocuments(name string, value any) (why string) {
	for _, part := range parts(value, spaced) {
		title, link, named, why := titled(part)
		if why != "" {
			return why
		}
		if link == "" {
			continue
		}
		doc := newsletter.Document{Title: title, URL: link, Language: locale.Primary(named["language"])}
		if m := documentIn.FindStringSubmatch(name); m != nil {
			doc.Language = m[1]
		}
		if doc.Language != "" && !languageTag.MatchString(doc.Language) {
			return quoted(doc.Language) + " is not the tag of a language, such as en"
		}
		size, err := whole(named["bytes"])
		pages, err2 := whole(named["pages"])
		if err != nil || err2 != nil || pages > 1<<20 {
			return "bytes and pages are numbers"
		}
		doc.Bytes, doc.Pages = int64(size), int(pages)
		d.Documents = append(d.Documents, doc)
	}
	return ""
}

// whole reads a whole number; nothing is 0.
func whole(text string) (uint64, error) {
	if text == "" {
		return 0, nil
	}
	return strconv.ParseUint(text, 10, 50)
}
