package config

import (
	"slices"

	"broadsheet/internal/newsletter"
)

func (c *checker) sections(p *newsletter.Publication, path string) {
	if len(p.Sections) == 0 {
		c.bad(path, "sections: [{id: news, kind: news}]", "%s has no sections", path)
	}
	room := 0
	seen := map[string]bool{}
	for i := range p.Sections {
		s, where := &p.Sections[i], index(path+".sections", i)
		if !id.MatchString(s.ID) || seen[s.ID] {
			c.bad(where, "", "%s: id %q is missing, malformed or stands twice", where, s.ID)
		}
		seen[s.ID] = true
		c.kinds(s, where)
		c.limits(s, where)
		c.languages(where+".languages", s.Languages)
		for j, name := range s.Sources {
			c.sectionSource(s, name, index(where+".sources", j))
		}
		for _, link := range append(slices.Clone(s.Links), s.More) {
			if link.URL != "" && !webURL(link.URL) {
				c.bad(where, "url: https://...", "%s: %q is not a web address", where, link.URL)
			}
		}
		if s.Max == 0 && s.Kind != newsletter.Links {
			room = -1
		}
		if room >= 0 {
			room += s.Max
		}
	}
	if _, written := c.positions[path+".minimum"]; written && p.Minimum < 1 {
		c.bad(path+".minimum", "at least 1: with nothing new there is no issue", "%s.minimum: %d", path, p.Minimum)
	}
	if room >= 0 && len(p.Sections) > 0 && p.Minimum > room {
		c.bad(path+".minimum", "at most what the sections hold", "%s.minimum: %d entries never come together, as the sections hold %d", path, p.Minimum, room)
	}
}

// kinds are said once, and an agenda or a list of links stands alone: each has an order of its own.
func (c *checker) kinds(s *newsletter.Section, where string) {
	switch {
	case s.Kind == "":
		c.bad(where, "kind: news, report, event, media or links", "%s has no kind", where)
	case len(s.Kinds) > 0 && s.Kinds[0] != s.Kind:
		c.bad(where+".kinds", "keep one of them", "%s has both kind and kinds, and they differ", where)
	}
	for j, kind := range s.Kinds {
		at := index(where+".kinds", j)
		switch {
		case kind == newsletter.Event || kind == newsletter.Links:
			c.bad(at, "give it a section of its own: kind: "+string(kind), "%s: %s does not mix with other kinds", at, kind)
		case !slices.Contains([]newsletter.Kind{newsletter.News, newsletter.Report, newsletter.Media}, kind) || slices.Contains(s.Kinds[:j], kind):
			c.bad(at, "use news, report and media, each once", "%s: %q is no kind of item, or stands twice", at, kind)
		}
	}
	if (s.Kind == newsletter.Links) != (len(s.Links) > 0) {
		c.bad(where, "kind: links and links: go together", "%s: kind %s with %d links", where, s.Kind, len(s.Links))
	}
}

// limits finds keys that would do nothing.
func (c *checker) limits(s *newsletter.Section, where string) {
	only := func(key, hint string, sense bool) {
		if _, written := c.positions[where+"."+key]; written && !sense {
			c.bad(where+"."+key, hint, "%s.%s means nothing in a section of %s", where, key, s.Kind)
		}
	}
	for _, key := range []string{"ahead", "past", "repeat"} {
		only(key, "it belongs to kind: event", s.Kind == newsletter.Event)
	}
	for _, key := range []string{"max", "per_source", "sources", "languages", "empty"} {
		only(key, "standing links are always there", s.Kind != newsletter.Links)
	}
	if s.Max > 0 && s.PerSource >= s.Max {
		c.warn(where+".per_source", "less than max", "%s: with max %d, per_source %d limits nothing", where, s.Max, s.PerSource)
	}
}

func (c *checker) sectionSource(s *newsletter.Section, name, at string) {
	for _, src := range c.cfg.Sources {
		if src.ID != name {
			continue
		}
		if _, written := c.positions[at]; written && !s.Takes(src.Kind) && src.File == "" { // a file says its own kind
			c.warn(at, "give the section the kind of the source, or the source that of the section", "%s: source %s gives %s, and the section takes %s", at, name, src.Kind, s.Kind)
		}
		return
	}
	c.bad(at, "", "%s: no source %q", at, name)
}
