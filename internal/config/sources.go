package config

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"broadsheet/internal/newsletter"
)

func (c *checker) headers(s *newsletter.Source, path string) {
	for name, value := range s.Headers {
		if !headerName.MatchString(name) || !headerValue.MatchString(value) {
			c.bad(path+".headers", "one line of plain characters", "%s: header %q is not well formed", path, name)
		}
	}
	if !headerValue.MatchString(s.UserAgent) {
		c.bad(path+".user_agent", "one line of plain characters", "%s.user_agent is not well formed", path)
	}
}

// RFC 9110 section 5.
var (
	headerName  = regexp.MustCompile("^[!#$%&'*+.^_`|~0-9A-Za-z-]+$")
	headerValue = regexp.MustCompile(`^[\t -~]*$`)
)

// fileEndings are the files that a source may be.
var fileEndings = []string{".csv", ".json", ".md"}

func (c *checker) place(s *newsletter.Source, path string) {
	n := 0
	for _, u := range []string{s.Feed, s.Page, s.Calendar} {
		if u != "" {
			n++
			if !webURL(u) {
				c.bad(path, "write the whole address, https:// included; credentials go into headers:", "%s: %q is not a web address", path, redactURL(u))
			}
		}
	}
	if s.File != "" {
		n++
		if ending := strings.ToLower(filepath.Ext(s.File)); !slices.Contains(fileEndings, ending) {
			c.bad(path+".file", "end it with what the files are: news/*.md, agenda.csv, items.json", "%s: files that are read end in .csv, .json or .md, not %q", path, ending)
		}
		if strings.Contains(s.File, "://") {
			c.bad(path+".file", "download it to a folder of this machine", "%s: a file is read from this machine, not from %s", path, redactURL(s.File))
		}
		s.File = resolve(c.cfg.Dir, s.File)
	}
	if n != 1 {
		c.bad(path, "exactly one of feed, page, calendar, file", "%s says %d times where it is", path, n)
	}
}
