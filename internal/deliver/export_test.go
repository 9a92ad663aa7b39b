package deliver

import "time"

// GiveUpRecording shortens how long outcomes are tried to be written, for tests
// in which the ledger is dead for good.
func GiveUpRecording(after time.Duration) { recordFor = after }
