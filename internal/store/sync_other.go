//go:build !linux

package store

import "os"

func syncBytes(file *os.File) error { return file.Sync() }
