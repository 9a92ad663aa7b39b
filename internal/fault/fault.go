// Package fault owns the kinds of error that a person may meet and the words
// that are safe to show for each. It never decides what to do about an error:
// the doors (cmd, web) turn a kind into an exit code or an HTTP status.
package fault

import (
	"errors"
	"fmt"
)

// Kind says what sort of error a fault is.
type Kind int

const (
	// Internal is every error that carries no fault: a defect or a broken machine.
	Internal Kind = iota
	// Invalid means the input is wrong and must be changed.
	Invalid
	// NotFound means the named thing does not exist.
	NotFound
	// Conflict means the thing is not in a state that allows this.
	Conflict
	// Forbidden means this person may not do it.
	Forbidden
	// Unavailable means something outside (a relay, a database) did not answer; trying again may help.
	Unavailable
)

type failure struct {
	kind    Kind
	message string
	hint    string
	cause   error
}

func (f *failure) Error() string { return f.message }
func (f *failure) Unwrap() error { return f.cause }

func newf(kind Kind, format string, args []any) error {
	wrapped := fmt.Errorf(format, args...)
	return &failure{kind: kind, message: wrapped.Error(), cause: errors.Unwrap(wrapped)}
}

// Invalidf returns an Invalid fault; %w wraps a cause.
func Invalidf(format string, args ...any) error { return newf(Invalid, format, args) }

// NotFoundf returns a NotFound fault.
func NotFoundf(format string, args ...any) error { return newf(NotFound, format, args) }

// Conflictf returns a Conflict fault.
func Conflictf(format string, args ...any) error { return newf(Conflict, format, args) }

// Forbiddenf returns a Forbidden fault.
func Forbiddenf(format string, args ...any) error { return newf(Forbidden, format, args) }

// Unavailablef returns an Unavailable fault.
func Unavailablef(format string, args ...any) error { return newf(Unavailable, format, args) }

// WithHint adds the next step a person can take to an error, keeping its kind.
func WithHint(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	return &failure{kind: KindOf(err), message: err.Error(), hint: fmt.Sprintf(format, args...), cause: err}
}

// KindOf returns the kind of the outermost fault in err's chain, Internal if there is none.
func KindOf(err error) Kind {
	var f *failure
	if errors.As(err, &f) {
		return f.kind
	}
	return Internal
}

// Is reports whether err is a fault of the given kind.
func Is(err error, kind Kind) bool { return err != nil && KindOf(err) == kind }

// Hint returns the next step attached to err, or "".
func Hint(err error) string {
	for err != nil {
		var f *failure
		if !errors.As(err, &f) {
			return ""
		}
		if f.hint != "" {
			return f.hint
		}
		err = f.cause
	}
	return ""
}
