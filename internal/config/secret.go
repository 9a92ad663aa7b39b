package config

import (
	"os"
	"path/filepath"
	"strings"

	"broadsheet/internal/fault"
)

// Secret is a reference to a value that must not be seen: env:NAME or
// file:PATH. It prints as the reference in `config print` and as "redacted"
// everywhere else.
type Secret struct {
	ref   string
	value string
}

// String never shows the value.
func (Secret) String() string { return "redacted" }

// GoString never shows the value.
func (Secret) GoString() string { return "redacted" }

// Value returns the secret itself.
func (s Secret) Value() string { return s.value }

func (s *Secret) resolve(dir string, getenv func(string) (string, bool)) error {
	name, isEnv := strings.CutPrefix(s.ref, "env:")
	path, isFile := strings.CutPrefix(s.ref, "file:")
	switch {
	case s.ref == "":
		return nil
	case isEnv:
		value, ok := getenv(name)
		if !ok || value == "" {
			return fault.Invalidf("environment variable %s is not set", name)
		}
		s.value = value
	case isFile:
		text, err := os.ReadFile(resolve(dir, path))
		if err != nil {
			return fault.Invalidf("the secret's file cannot be read: %w", err)
		}
		s.value = strings.TrimSpace(string(text))
		if s.value == "" {
			return fault.Invalidf("the secret's file %s is empty", path)
		}
	default:
		return fault.Invalidf("a secret must not stand in the file itself")
	}
	return nil
}

// resolve makes a path of the file relative to the file's folder.
func resolve(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}
