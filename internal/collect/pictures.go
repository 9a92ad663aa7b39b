package collect

import (
	"context"
	"fmt"
	"image/color"
	"net/url"

	"broadsheet/internal/newsletter"
	"broadsheet/internal/picture"
)

// pictures is how many pictures are fetched in one look; the rest follow in the next.
const pictures = 20

// tooOften is from how many items on a picture shows none of them: it is the site's own.
const tooOften = 3

// dropRepeated leaves out pictures that stand for the site, such as the one with
// which all its pages want to be shared.
func dropRepeated(items []newsletter.Item) {
	times := map[string]int{}
	for _, item := range items {
		if item.Image != nil {
			times[item.Image.URL]++
		}
	}
	for i := range items {
		if image := items[i].Image; image != nil && times[image.URL] >= tooOften {
			items[i].Image = nil
		}
	}
}

// keepPictures takes over our copies of pictures that are known.
func keepPictures(items []newsletter.Item, known map[string]newsletter.Item) {
	for i := range items {
		image, old := items[i].Image, known[items[i].Identity].Image
		if image != nil && old != nil && image.URL == old.URL {
			image.File, image.Width, image.Height = old.File, old.Width, old.Height
		}
	}
}

// fetchPictures makes copies of the pictures that items have and we have not, the
// items' own bytes being read already. A picture that cannot be had is said and
// leaves its item as it is. What is left over is fetched in the next look, which
// is then one that asks for everything.
func (c *Collector) fetchPictures(ctx context.Context, src newsletter.Source, run *newsletter.SourceRun, state *newsletter.SourceState, items []newsletter.Item) error {
	fetched := 0
	for _, item := range items {
		image := item.Image
		if image == nil || image.File != "" {
			continue
		}
		if fetched++; fetched > pictures {
			state.ETag, state.LastModified = "", ""
			return nil
		}
		made, err := c.pictureAt(ctx, src, image.URL)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			run.Reasons = append(run.Reasons, fmt.Sprintf("%q: its picture is left out: %v", item.Title, err))
			continue
		}
		if err := c.store.SavePicture(ctx, made); err != nil {
			return err
		}
		image.File, image.Width, image.Height = made.Name, made.Width, made.Height
	}
	return nil
}

func sameHost(a, b string) bool {
	x, err := url.Parse(a)
	y, other := url.Parse(b)
	return err == nil && other == nil && x.Scheme == y.Scheme && x.Host == y.Host
}

func (c *Collector) pictureAt(ctx context.Context, src newsletter.Source, address string) (newsletter.Picture, error) {
	request := c.request(src, address)
	if !sameHost(address, src.URL()) {
		request.Headers = nil // what a source is told is for that source
	}
	resp, err := c.client.Get(ctx, request)
	if err != nil {
		return newsletter.Picture{}, err
	}
	c.decoding.Lock() // one at a time: a picture may take a hundred megabytes
	defer c.decoding.Unlock()
	return picture.Make(resp.Body, color.RGBA{0x1b, 0x22, 0x28, 0xff})
}
