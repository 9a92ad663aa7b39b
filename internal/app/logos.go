package app

import (
	"context"
	"fmt"
	"image/color"
	"os"

	"broadsheet/internal/newsletter"
	"broadsheet/internal/picture"
)

// logos makes the pictures of publications' logos ready to be served. One that
// was made before is only looked up.
func (a *App) logos(ctx context.Context) error {
	for i := range a.config.Publications {
		p := &a.config.Publications[i]
		ground := color.RGBA{A: 0xff}
		_, _ = fmt.Sscanf(p.Theme.Colour, "#%02x%02x%02x", &ground.R, &ground.G, &ground.B) // config has checked it
		var err error
		if p.Theme.Picture, err = a.logo(ctx, p.Theme.Logo, ground); err != nil {
			return err
		}
		for j := range p.Imprint.Logos {
			if p.Imprint.Logos[j].Picture, err = a.logo(ctx, p.Imprint.Logos[j].Image, ground); err != nil {
				return err
			}
		}
	}
	return nil
}

func (a *App) logo(ctx context.Context, file string, ground color.Color) (*newsletter.Image, error) {
	if file == "" {
		return nil, nil
	}
	body, err := os.ReadFile(file)
	if err != nil {
		return nil, fmt.Errorf("read logo: %w", err)
	}
	made, known, err := a.db.PictureMadeOf(ctx, picture.Key(body, ground))
	if err != nil {
		return nil, err
	}
	if !known {
		if made, err = picture.Make(body, ground); err != nil {
			return nil, fmt.Errorf("logo %s: %w", file, err)
		}
		if err := a.db.SavePicture(ctx, made); err != nil {
			return nil, err
		}
	}
	return &newsletter.Image{File: made.Name, Width: made.Width, Height: made.Height}, nil
}
