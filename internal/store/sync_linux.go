package store

import (
	"os"
	"syscall"
)

// syncBytes puts a file's bytes on disk. Its size does not change, so nothing else needs to be.
func syncBytes(file *os.File) error { return syscall.Fdatasync(int(file.Fd())) }
