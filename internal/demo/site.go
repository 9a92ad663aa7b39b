package demo

import (
	"context"
	"embed"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"strings"

	"golang.org/x/text/encoding/charmap"
)

//go:embed site
var pages embed.FS

// contentTypes are what the sample sites say of their pages. The French one says
// nothing of its code page: that stands in the page, as it does at many public bodies.
var contentTypes = map[string]string{".html": "text/html", ".rss": "application/rss+xml; charset=utf-8", ".atom": "application/atom+xml", ".json": "application/feed+json", ".ics": "text/calendar; charset=utf-8", ".pdf": "application/pdf", ".jpg": "image/jpeg"}

// serveSites serves the sample sites on loopback until ctx ends and returns their address.
func serveSites(ctx context.Context) (string, error) {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("serve the sample sites: %w", err)
	}
	server := &http.Server{Handler: http.HandlerFunc(servePage)}
	go func() { _ = server.Serve(l) }() // ends with the listener
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return l.Addr().String(), nil
}

func servePage(w http.ResponseWriter, r *http.Request) {
	name := path.Clean("site" + r.URL.Path)
	body, err := pages.ReadFile(name)
	switch {
	case strings.HasPrefix(name, "site/img/"):
		body = drawn(name)
	case strings.HasSuffix(name, ".pdf"):
		body = []byte("%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
	case err != nil && r.URL.Path != "/" && path.Ext(name) != ".html" && !strings.HasPrefix(r.URL.Path, "/media/"):
		http.NotFound(w, r)
		return
	case err != nil:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, `<!DOCTYPE html><html lang="en"><title>Sample page</title><p>This is where the story would go on. It is part of the sample sites of broadsheet demo.</p></html>`)
		return
	}
	if strings.HasPrefix(name, "site/fr/") {
		if body, err = charmap.Windows1252.NewEncoder().Bytes(body); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	w.Header().Set("Content-Type", contentTypes[path.Ext(name)])
	_, _ = w.Write(body) // a reader that hangs up is its own affair
}

// copyEditorials writes the sample editorials where the file sources look.
func copyEditorials(dir string) error {
	if err := os.MkdirAll(filepath.Join(dir, "editorial"), 0o700); err != nil {
		return err
	}
	names, err := fs.Glob(pages, "site/editorial/*.md")
	if err != nil {
		return err
	}
	for _, name := range names {
		body, err := pages.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, "editorial", path.Base(name)), body, 0o600); err != nil {
			return err
		}
	}
	return nil
}
