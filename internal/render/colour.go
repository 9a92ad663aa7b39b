package render

import (
	"fmt"
	"math"
	"strings"
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

var white, black = rgb{1, 1, 1}, rgb{0.07, 0.09, 0.11}

// legible moves a colour toward another until it stands out from the background by 4.5 to 1.
func legible(c, background, toward rgb) rgb {
	for share := 0.0; share <= 1; share += 0.04 {
		if m := c.mix(toward, share); contrast(m, background) >= 4.6 {
			return m
		}
	}
	return toward
}

func ink(background rgb) rgb {
	if contrast(white, background) >= contrast(black, background) {
		return white
	}
	return black
}

// palette works out the colours of a sheet from the one a publication chose, each legible where it stands.
func palette(hex string) *strings.Replacer {
	colour := parseColour(hex)
	shade := colour.mix(white, 0.9)
	return strings.NewReplacer(
		"[[colour]]", colour.String(), "[[ink]]", ink(colour).String(),
		"[[shade]]", shade.String(), "[[shadeink]]", legible(colour, shade, black).String(),
		"[[link]]", legible(colour, white, black).String(),
		"[[darklink]]", legible(colour.mix(white, 0.45), parseColour("#1b2228"), white).String(),
	)
}
