package deliver

import "time"

// GiveUpRecording shortens how long outcomes are tried to be written, for tests
// in which the ledger is dead for good.
func GiveUpRecording(after time.Duration) { recordFor = after }

// TrustBarriers sets how old a barrier may be when its message goes.
func TrustBarriers(age time.Duration) (undo func()) {
	before := fresh
	fresh = age
	return func() { fresh = before }
}

// NextPage is how many recipients are read after so many took so long.
var NextPage = nextPage
