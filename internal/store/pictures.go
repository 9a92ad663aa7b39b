package store

import (
	"context"
	"encoding/base64"
	"fmt"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"
)

type pictureRow struct {
	Key    string `db:"made_of"`
	Name   string `db:"name"`
	Type   string `db:"type"`
	Width  int    `db:"width"`
	Height int    `db:"height"`
	Body   string `db:"body"`
}

const pictureQuery = `SELECT made_of, name, type, width, height, body FROM pictures `

// SavePicture keeps a picture; saving it again changes nothing.
func (db *DB) SavePicture(ctx context.Context, p newsletter.Picture) error {
	return db.tx(ctx, func(t *tx) error {
		if _, err := t.exec(`INSERT INTO pictures (made_of, name, type, width, height, body, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (made_of) DO NOTHING`,
			p.Key, p.Name, p.Type, p.Width, p.Height, base64.StdEncoding.EncodeToString(p.Body), t.now); err != nil {
			return fmt.Errorf("save picture %s: %w", p.Name, err)
		}
		return nil
	})
}

// Picture returns a picture by its name.
func (db *DB) Picture(ctx context.Context, name string) (newsletter.Picture, error) {
	var r pictureRow
	if err := db.read.GetContext(ctx, &r, pictureQuery+`WHERE name = $1 LIMIT 1`, name); missing(err) {
		return newsletter.Picture{}, fault.NotFoundf("no such picture")
	} else if err != nil {
		return newsletter.Picture{}, fmt.Errorf("read picture %s: %w", name, err)
	}
	return r.picture()
}

// PictureMadeOf returns the picture that was made under a key; ok is false where none was.
func (db *DB) PictureMadeOf(ctx context.Context, key string) (p newsletter.Picture, ok bool, err error) {
	var r pictureRow
	if err := db.read.GetContext(ctx, &r, pictureQuery+`WHERE made_of = $1`, key); missing(err) {
		return p, false, nil
	} else if err != nil {
		return p, false, fmt.Errorf("look for picture: %w", err)
	}
	p, err = r.picture()
	return p, err == nil, err
}

func (r pictureRow) picture() (newsletter.Picture, error) {
	body, err := base64.StdEncoding.DecodeString(r.Body)
	if err != nil {
		return newsletter.Picture{}, fmt.Errorf("read picture %s: %w", r.Name, err)
	}
	return newsletter.Picture{Name: r.Name, Key: r.Key, Type: r.Type, Width: r.Width, Height: r.Height, Body: body}, nil
}
