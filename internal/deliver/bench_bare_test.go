package deliver_test

import (
	"context"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
)

// A bare ledger writes and syncs one block for every group of barriers, and keeps
// nothing: the least that any ledger on this disk can cost.
type bare struct {
	*store.DB
	file *os.File
	at   int64
}

func (l *bare) Record(context.Context, []newsletter.Outcome, []newsletter.Attempt) error {
	var block [4096]byte
	l.at = (l.at + int64(len(block))) % (8 << 20)
	if _, err := l.file.WriteAt(block[:], l.at); err != nil {
		return err
	}
	return l.file.Sync()
}

func (l *bare) ReleaseChunk(context.Context, newsletter.Chunk, []newsletter.DeliveryState) (newsletter.ChunkRest, error) {
	return newsletter.ChunkRest{}, nil
}

// runBare returns how many messages a second go out over a bare ledger.
func runBare(b *testing.B, sink *sink, connections, n int) float64 {
	b.Helper()
	ctx := context.Background()
	db, issue := benchIssue(b, onSQLite(b), n)
	file, err := os.Create(filepath.Join(b.TempDir(), "bare"))
	fail(b, err)
	defer file.Close()
	_, err = file.Write(make([]byte, 8<<20+4096)) // what is overwritten does not grow
	fail(b, err)
	e := deliver.New(&bare{DB: db, file: file}, db, []deliver.Relay{benchRelay(sink.port, connections)}, time.Now, slog.New(slog.DiscardHandler))
	defer e.Close()
	fail(b, (&deliver.Alive{Engine: e, Workers: db}).Join(ctx))
	chunks, err := db.Chunks(ctx, issue.ID)
	fail(b, err)
	job, began := benchJob(b, &issue, nil), time.Now()
	_, err = e.Run(ctx, job, chunks)
	fail(b, err)
	return float64(n) / time.Since(began).Seconds()
}
