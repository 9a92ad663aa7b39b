package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"broadsheet/internal/fault"
	"broadsheet/internal/locale"
	"broadsheet/internal/notice"
	"broadsheet/internal/render"
	"broadsheet/internal/web"
	"broadsheet/templates"
)

// loadLabels takes the labels of a folder of the user's above the built-in ones; "" is none.
func loadLabels(dir string) error {
	if dir == "" {
		return locale.Load(nil)
	}
	return locale.Load(os.DirFS(dir))
}

// ExportTemplates writes the built-in themes, mails, pages and labels into a folder,
// and returns the files. It writes nothing where one of them is there already.
func ExportTemplates(dir string) (written []string, err error) {
	files := map[string][]byte{}
	for _, from := range []fs.FS{templates.Open(""), locale.Files()} {
		err := fs.WalkDir(from, ".", func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			written = append(written, name)
			files[name], err = fs.ReadFile(from, name)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	for _, name := range written {
		if _, err := os.Stat(filepath.Join(dir, filepath.FromSlash(name))); err == nil {
			return nil, fault.WithHint(fault.Conflictf("%s exists already", filepath.Join(dir, name)), "export never overwrites; name another folder and compare")
		}
	}
	for _, name := range written {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return nil, err
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return nil, err
		}
	}
	return written, nil
}

// CheckTemplates opens the templates of a folder above the built-in ones ("" for
// these alone) and runs both themes over a sample issue in which everything
// occurs. It returns what is wrong with what comes out; an error means that they
// cannot be used at all.
func CheckTemplates(dir string) ([]string, error) {
	if dir != "" {
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, fault.NotFoundf("no folder %s", dir)
		}
	}
	if err := loadLabels(dir); err != nil {
		return nil, err
	}
	all := templates.Open(dir)
	renderer, broken := render.New(all)
	_, mails := notice.New(all)
	if err := errors.Join(broken, mails, (&web.Site{Templates: all}).Init()); err != nil {
		return nil, err
	}
	return renderer.Findings()
}

// OwnTemplates is the folder templates/ beside a configuration, "" where there is none.
func OwnTemplates(configuration string) string { return ownTemplates(filepath.Dir(configuration)) }
