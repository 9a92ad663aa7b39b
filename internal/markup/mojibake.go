package markup

// Mojibake reports whether text looks like bytes of one encoding read as another.
func Mojibake(text string) bool { return false }
