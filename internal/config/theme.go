package config

import (
	"os"
	"regexp"
	"strings"

	"broadsheet/internal/newsletter"
	"broadsheet/internal/picture"
)

var (
	hexColour = regexp.MustCompile(`^#[0-9a-fA-F]{6}$`)
	fonts     = regexp.MustCompile(`^[A-Za-z0-9 -]+(, ?[A-Za-z0-9 -]+)*$`)
)

const maxLogo = 5 << 20

// theme checks a publication's look: colours, fonts, and the files of its logos.
func (c *checker) theme(p *newsletter.Publication, path string) {
	for key, colour := range map[string]string{"colour": p.Theme.Colour, "accent": p.Theme.Accent} {
		if colour != "" && !hexColour.MatchString(colour) {
			c.bad(path+".theme."+key, `"#00397a"`, "%s.theme.%s %q is no colour", path, key, colour)
		}
	}
	for key, font := range map[string]string{"font": p.Theme.Font, "heading_font": p.Theme.HeadingFont} {
		if font != "" && !fonts.MatchString(font) {
			c.bad(path+".theme."+key, "names with a generic one at the end: Helvetica, Arial, sans-serif", "%s.theme.%s %q is no list of fonts", path, key, font)
		}
	}
	if c.logo(path+".theme.logo", &p.Theme.Logo); p.Theme.Logo != "" && len(p.Theme.LogoAlt) == 0 {
		c.bad(path+".theme.logo", "logo_alt: {en: Name of the organisation}", "%s.theme.logo_alt is missing: readers who do not see the logo need its words", path)
	}
	for i := range p.Imprint.Logos {
		logo, where := &p.Imprint.Logos[i], index(path+".imprint.logos", i)
		if c.logo(where+".image", &logo.Image); logo.Image == "" {
			c.bad(where, "image: eu.png", "%s has no image", where)
		}
		if len(logo.Alt) == 0 {
			c.bad(where, `alt: "Co-funded by ..."`, "%s.alt is missing: readers who do not see the logo need its words", where)
		}
		if logo.URL != "" && !webURL(logo.URL) {
			c.bad(where+".url", "url: https://...", "%s.url %q is not a web address", where, logo.URL)
		}
	}
}

// logo makes a file's path whole and looks whether it can be shown.
func (c *checker) logo(path string, file *string) {
	if *file == "" {
		return
	}
	*file = resolve(c.cfg.Dir, *file)
	info, err := os.Stat(*file)
	switch {
	case err != nil:
		c.bad(path, "name a PNG or JPEG file, relative to this one", "%s: no file %s", path, *file)
		return
	case info.Size() > maxLogo:
		c.bad(path, "make it 1200 pixels wide", "%s: %s is larger than %d MB", path, *file, maxLogo>>20)
		return
	}
	body, err := os.ReadFile(*file)
	if err == nil {
		err = picture.Check(body)
	}
	if err != nil {
		hint := "name a PNG or JPEG file"
		if strings.HasSuffix(strings.ToLower(*file), ".svg") {
			hint = "mail programs do not show SVG: save it as PNG, 1200 pixels wide"
		}
		c.bad(path, hint, "%s: %s: %v", path, *file, err)
	}
}
