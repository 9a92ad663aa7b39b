package collect

import (
	"bytes"
	"context"
	"slices"

	"broadsheet/internal/collect/document"
	"broadsheet/internal/newsletter"
)

// measures is how many documents are read in one look for their size and pages; the rest follow in the next.
const measures = 10

// measure fills in how large and how long reports' documents are where the source
// does not say. What is known of one is not asked again.
func (c *Collector) measure(ctx context.Context, src newsletter.Source, items []newsletter.Item, known map[string]newsletter.Item) error {
	var first, again []*newsletter.Document
	for i := range items {
		old := known[items[i].Identity].Documents
		for j := range items[i].Documents {
			d := &items[i].Documents[j]
			at := slices.IndexFunc(old, func(o newsletter.Document) bool { return o.URL == d.URL })
			if at >= 0 && d.Bytes == 0 {
				d.Bytes = old[at].Bytes
			}
			if at >= 0 && d.Pages == 0 {
				d.Pages = old[at].Pages
			}
			switch {
			case d.Bytes != 0:
			case at < 0:
				first = append(first, d)
			default:
				again = append(again, d) // it could not be read before
			}
		}
	}
	wanted := append(first, again...)
	for _, d := range wanted[:min(len(wanted), measures)] {
		resp, err := c.client.Get(ctx, c.request(src, d.URL))
		if ctx.Err() != nil {
			return ctx.Err()
		}
		switch {
		case err == nil && bytes.HasPrefix(resp.Body, []byte("%PDF-")):
			d.Bytes = int64(len(resp.Body))
			if d.Pages == 0 {
				d.Pages = document.Pages(resp.Body)
			}
		case err != nil && resp.Status == 200 && resp.Length > 0: // too large to be read
			d.Bytes = resp.Length
		}
	}
	return nil
}
