// Package templates embeds the themes and lets a folder of the user's replace
// them file by file. It reads and parses nothing.
package templates

import (
	"embed"
	"errors"
	"io/fs"
	"os"
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
