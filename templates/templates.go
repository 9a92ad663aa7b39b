// Package templates embeds the themes and lets a folder of the user's replace
// them file by file. It reads and parses nothing.
package templates

import (
	"cmp"
	"embed"
	"errors"
	"io/fs"
	"os"
	"slices"
)

//go:embed README.md default/*.html default/*.css default/*.txt plain/* mail/* pages/*
var embedded embed.FS

// Open returns the templates: a file that exists in dir stands for the embedded
// one of the same name. An empty dir means the embedded ones alone.
func Open(dir string) fs.FS {
	if dir == "" {
		return embedded
	}
	return overlay{os.DirFS(dir)}
}

type overlay struct{ upper fs.FS }

// Open opens the user's file, or the embedded one.
func (o overlay) Open(name string) (fs.File, error) {
	f, err := o.upper.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return embedded.Open(name)
	}
	return f, err
}

// ReadDir lists the files of both.
func (o overlay) ReadDir(name string) ([]fs.DirEntry, error) {
	own, err := fs.ReadDir(o.upper, name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	builtIn, missing := embedded.ReadDir(name)
	if err != nil && missing != nil {
		return nil, err
	}
	for _, entry := range builtIn {
		if !slices.ContainsFunc(own, func(e fs.DirEntry) bool { return e.Name() == entry.Name() }) {
			own = append(own, entry)
		}
	}
	slices.SortFunc(own, func(a, b fs.DirEntry) int { return cmp.Compare(a.Name(), b.Name()) })
	return own, nil
}
