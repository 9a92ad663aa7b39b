package render

import (
	"cmp"
	"fmt"
	"math"
	"strings"

	"broadsheet/internal/locale"
	"broadsheet/internal/newsletter"
)

type rgb struct{ r, g, b float64 } // each 0 to 1

func parseColour(hex string) rgb {
	var r, g, b int
	if _, err := fmt.Sscanf(hex, "#%02x%02x%02x", &r, &g, &b); err != nil {
		return rgb{0, 0.22, 0.48}
	}
	return rgb{float64(r) / 255, float64(g) / 255, float64(b) / 255}
}

func (c rgb) String() string {
	return fmt.Sprintf("#%02x%02x%02x", int(math.Round(c.r*255)), int(math.Round(c.g*255)), int(math.Round(c.b*255)))
}

func (c rgb) mix(with rgb, share float64) rgb {
	return rgb{c.r + (with.r-c.r)*share, c.g + (with.g-c.g)*share, c.b + (with.b-c.b)*share}
}

// luminance and contrast are those of WCAG 2.2.
func (c rgb) luminance() float64 {
	linear := func(v float64) float64 {
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(c.r) + 0.7152*linear(c.g) + 0.0722*linear(c.b)
}

func contrast(a, b rgb) float64 {
	x, y := a.luminance(), b.luminance()
	return (math.Max(x, y) + 0.05) / (math.Min(x, y) + 0.05)
}

var white, black = rgb{1, 1, 1}, rgb{}

// dark are the grounds of dark mode: the sheet, and the bands on it.
var darkSheet, darkBand = parseColour("#1b2228"), parseColour("#27313a")

// legible moves a colour toward another until it stands out from every background by 4.5 to 1.
func legible(c, toward rgb, backgrounds ...rgb) rgb {
	for share := 0.0; share <= 1; share += 0.04 {
		m, least := parseColour(c.mix(toward, share).String()), math.MaxFloat64
		for _, background := range backgrounds {
			least = min(least, contrast(m, background))
		}
		if least >= 4.5 {
			return m
		}
	}
	return toward
}

// ink is black or white: one of them stands out from any colour by 4.5 to 1.
func ink(background rgb) rgb {
	if contrast(white, background) >= contrast(black, background) {
		return white
	}
	return black
}

// A palette is what the [[names]] in a sheet stand for: the colours and fonts that
// a publication chose, and those worked out of them, each legible where it stands.
type palette map[string]string

func newPalette(t newsletter.Theme, language string) palette {
	colour := parseColour(t.Colour)
	shade := parseColour(colour.mix(white, 0.92).String())
	accent := colour.mix(white, 0.35)
	if t.Accent != "" {
		accent = parseColour(t.Accent)
	}
	font, heading := "Helvetica, Arial, sans-serif", "Georgia, Times New Roman, serif"
	if p := locale.Primary(language); locale.Dir(language) == "rtl" || p == "ka" || p == "hy" {
		font, heading = "Segoe UI, Tahoma, Arial, sans-serif", "Segoe UI, Tahoma, Arial, sans-serif" // the others' letters do not reach so far
	}
	return palette{
		"colour": colour.String(), "ink": ink(colour).String(), "accent": accent.String(),
		"shade": shade.String(), "shadeink": legible(colour, black, shade).String(),
		"link": legible(colour, black, white, shade).String(), "darklink": legible(colour.mix(white, 0.45), white, darkSheet, darkBand).String(),
		"start": side(language, false), "end": side(language, true),
		"font": cmp.Or(t.Font, font), "heading": cmp.Or(t.HeadingFont, t.Font, heading),
	}
}

// side is where lines of a language begin, or end.
func side(language string, end bool) string {
	if (locale.Dir(language) == "rtl") != end {
		return "right"
	}
	return "left"
}

// replacer fills a sheet.
func (p palette) replacer() *strings.Replacer {
	var pairs []string
	for name, value := range p {
		pairs = append(pairs, "[["+name+"]]", value)
	}
	return strings.NewReplacer(pairs...)
}
