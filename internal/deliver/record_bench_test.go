package deliver_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"broadsheet/internal/newsletter"
)

// BenchmarkRecord is what a barrier costs: groups of so many connections' last
// outcome and next attempt, on SQLite with synchronous FULL.
func BenchmarkRecord(b *testing.B) {
	for _, size := range []int{1, 6, 12} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			ctx := context.Background()
			db, issue := benchIssue(b, onSQLite(b), 400_000)
			chunks, err := db.Chunks(ctx, issue.ID)
			fail(b, err)
			at, person := time.Now(), int64(0)
			var outcomes []newsletter.Outcome
			before, messages := cpuTime(), 0
			for b.Loop() {
				c := &chunks[person/1000]
				if c.Epoch == 0 {
					won, err := db.ClaimChunk(ctx, c, "", false)
					if fail(b, err); !won {
						b.Fatal("not won")
					}
				}
				var attempts []newsletter.Attempt
				var next []newsletter.Outcome
				for range size {
					if person%1000 == 999 {
						person++
						break
					}
					person++
					attempts = append(attempts, newsletter.Attempt{Issue: issue.ID, Subscriber: person, Chunk: c.Number, Epoch: c.Epoch, Number: 1, Language: "en", MessageID: "abcdefghijklmnopqrst@example.org", StartedAt: at})
					next = append(next, newsletter.Outcome{Issue: issue.ID, Subscriber: person, Chunk: c.Number, Number: 1, State: newsletter.Accepted, Code: 250, Enhanced: "2.0.0", Reply: "2.0.0 Ok: queued as 4X1Y2Z", Relay: "main", At: at})
				}
				fail(b, db.Record(ctx, outcomes, attempts))
				outcomes = next
				messages += len(attempts)
			}
			b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(messages), "CPU-us/msg")
		})
	}
}

// BenchmarkCopies is what reading a recipient costs, of all parts of an audience alike.
func BenchmarkCopies(b *testing.B) {
	ctx := context.Background()
	db, issue := benchIssue(b, onSQLite(b), 200_000)
	send, err := db.Send(ctx, issue.ID)
	fail(b, err)
	chunks, err := db.Chunks(ctx, issue.ID)
	fail(b, err)
	read, before := 0, cpuTime()
	for i := 0; b.Loop(); i++ {
		c := chunks[i%len(chunks)]
		c.Epoch = 1
		copies, err := db.Copies(ctx, send, c, newsletter.Wanted{Limit: c.Count})
		if fail(b, err); len(copies) != c.Count {
			b.Fatalf("%d of %d", len(copies), c.Count)
		}
		read += len(copies)
	}
	b.ReportMetric(float64((cpuTime()-before).Microseconds())/float64(read), "CPU-us/copy")
}
