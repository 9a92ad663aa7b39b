package render

import (
	"cmp"
	"math"

	"broadsheet/internal/newsletter"
)

// picture is an entry's: its own, or that of the same item in another language.
func (b viewer) picture(e newsletter.Entry, item newsletter.Item) *PictureView {
	image, language := item.Image, item.Language
	if image == nil || image.File == "" {
		first := clean(e.Item)
		image, language = first.Image, first.Language
	}
	if image == nil || image.File == "" {
		return nil
	}
	v := b.shown(*image)
	v.Alt = cmp.Or(image.Alt, image.Caption) // without either it is decoration: the headline beside it says what it is
	if language != "" && language != b.language {
		v.Lang = language
	}
	if image.Caption != v.Alt {
		v.Caption = image.Caption
	}
	if image.Credit != "" {
		v.Credit = b.words.Label("picture_by", "credit", image.Credit)
	}
	return v
}

func (b viewer) shown(image newsletter.Image) *PictureView {
	return &PictureView{URL: newsletter.PictureURL(b.pub.Site, image.File), Wide: within(image, textWidth, 400), Small: within(image, 168, 200)}
}

// within fits a picture into a place. None is made larger than it is.
func within(image newsletter.Image, width, height int) Size {
	w, h := float64(max(image.Width, 1)), float64(max(image.Height, 1))
	f := min(1, float64(width)/w, float64(height)/h)
	return Size{max(1, int(math.Round(w*f))), max(1, int(math.Round(h*f)))}
}

// logos are the publication's in the masthead and the funders' in the imprint.
func (b viewer) logos(v *View) {
	if p := b.pub.Theme.Picture; p != nil {
		v.Logo = b.shown(*p)
		v.Logo.Alt = b.text(b.pub.Theme.LogoAlt)
		v.Logo.Wide, v.Logo.Small = within(*p, 300, 84), within(*p, 180, 60)
	}
	for _, logo := range b.pub.Imprint.Logos {
		if logo.Picture == nil {
			continue
		}
		shown := b.shown(*logo.Picture)
		shown.Alt = b.text(logo.Alt)
		shown.Wide, shown.Small = within(*logo.Picture, 260, 80), within(*logo.Picture, 180, 60)
		v.Funders = append(v.Funders, FunderView{*shown, logo.URL})
	}
}
