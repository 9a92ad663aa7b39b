// Package picture owns what becomes of a picture before readers see it: it is
// checked before it is decoded, scaled to what a message can show, and encoded
// anew as JPEG or PNG, so that nothing of the original's bytes goes out. It is
// pure: bytes in, a picture out. It never fetches and never stores.
package picture

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	_ "image/gif" // what pages have; only the first frame is read
	"image/jpeg"
	"image/png"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"

	_ "golang.org/x/image/webp" // read, never written: many mail programs do not show it
)

// Limits, in pixels and bytes.
const (
	Widest     = 1200     // twice the width of an issue's text, for dense screens
	tallest    = 1600     //
	smallest   = 24       // below that it is a counter's pixel or an icon
	maxDecoded = 96 << 20 // bytes that decoding may take: a PNG of 47 KB can ask for 382 MB
	maxPNG     = 200_000  // bytes: above that a drawing is a photograph
	quality    = 82       // of JPEG
)

// Key names a picture that Make would make of a body on a ground.
func Key(body []byte, ground color.Color) string {
	sum := sha256.Sum256(fmt.Append(body, colours(ground)))
	return hex.EncodeToString(sum[:])
}

func colours(c color.Color) [3]uint32 {
	r, g, b, _ := c.RGBA()
	return [3]uint32{r >> 8, g >> 8, b >> 8}
}

// Make returns the picture to be served for a picture's bytes. Where it is
// transparent it gets a white ground, or, where it is too light for white, the
// given one: no reader's dark or light mode can then hide it. Errors are Invalid.
func Make(body []byte, ground color.Color) (newsletter.Picture, error) {
	kind, facts, err := check(body)
	if err != nil {
		return newsletter.Picture{}, err
	}
	decoded, _, err := image.Decode(bytes.NewReader(body))
	if err != nil {
		return newsletter.Picture{}, fault.Invalidf("the %s cannot be read to its end: %w", kind, err)
	}
	shown := turned(scale(decoded, onto(decoded, ground), facts.orientation >= 5), facts.orientation)
	p, err := encode(shown, kind)
	p.Key = Key(body, ground)
	return p, err
}

// Check says, by the header alone, whether Make would try: what is no picture, or
// too large a one, is Invalid.
func Check(body []byte) error {
	_, _, err := check(body)
	return err
}

func check(body []byte) (kind string, facts jpegFacts, err error) {
	header, kind, err := image.DecodeConfig(bytes.NewReader(body))
	if err != nil {
		return "", facts, fault.Invalidf("no picture that can be read (JPEG, PNG, GIF, WebP): %w", err)
	}
	facts.orientation = 1
	if kind == "jpeg" {
		facts = readJPEG(body)
	}
	return kind, facts, fits(header, kind, facts)
}

// fits refuses, by the header alone, what would take too much to decode.
func fits(header image.Config, kind string, facts jpegFacts) error {
	w, h := int64(header.Width), int64(header.Height)
	if w < smallest || h < smallest {
		return fault.Invalidf("%d x %d pixels are too few for a picture", w, h)
	}
	if w > 1<<16 || h > 1<<16 || w*h*perPixel(header.ColorModel, kind, facts) > maxDecoded {
		return fault.WithHint(fault.Invalidf("%d x %d pixels would take more than %d MB", w, h, maxDecoded>>20), "ask the source for a smaller picture")
	}
	return nil
}

// perPixel is how many bytes a pixel takes while it is decoded.
func perPixel(model color.Model, kind string, facts jpegFacts) int64 {
	switch {
	case facts.progressive:
		return 15 // its coefficients are kept until the end
	case kind == "webp":
		return 8
	case model == color.RGBA64Model || model == color.NRGBA64Model:
		return 8
	case model == color.YCbCrModel:
		return 3
	}
	if _, palette := model.(color.Palette); palette || model == color.GrayModel {
		return 1
	}
	return 4
}

func encode(shown *image.RGBA, kind string) (newsletter.Picture, error) {
	p := newsletter.Picture{Type: "image/png", Width: shown.Rect.Dx(), Height: shown.Rect.Dy()}
	var out bytes.Buffer
	if kind == "png" || kind == "gif" {
		if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, shown); err != nil {
			return p, fmt.Errorf("write PNG: %w", err)
		}
	}
	suffix := ".png"
	if out.Len() == 0 || out.Len() > maxPNG {
		out.Reset()
		if err := jpeg.Encode(&out, shown, &jpeg.Options{Quality: quality}); err != nil {
			return p, fmt.Errorf("write JPEG: %w", err)
		}
		p.Type, suffix = "image/jpeg", ".jpg"
	}
	sum := sha256.Sum256(out.Bytes())
	p.Name, p.Body = hex.EncodeToString(sum[:16])+suffix, out.Bytes()
	return p, nil
}
