package templates

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// A file of the user's stands for ours; the others of its folder are still there.
func TestOverlay(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"pages/layout.html": "mine", "pages/extra.html": "more"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	both := Open(dir)
	if got, err := fs.ReadFile(both, "pages/layout.html"); err != nil || string(got) != "mine" {
		t.Errorf("%s %v", got, err)
	}
	names, err := fs.Glob(both, "pages/*.html")
	if err != nil || !slices.Contains(names, "pages/extra.html") || !slices.Contains(names, "pages/desk.html") || len(slices.Compact(names)) != len(names) {
		t.Errorf("%v %v", names, err)
	}
	if _, err := fs.ReadFile(both, "../templates.go"); err == nil {
		t.Error("a file outside was read")
	}
	if _, err := fs.ReadDir(both, "nowhere"); err == nil {
		t.Error("a folder that is not there was listed")
	}
}
