package deliver_test

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/deliver/dkim"
	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/jobs"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
	"broadsheet/internal/testkit"
	"broadsheet/subscribers"
)

// benchSize is how large a message is: that of a monthly issue.
const benchSize = 30 << 10

// BenchmarkSend sends to Debian's smtp-sink on loopback, paired in one run with
// Debian's smtp-source sending as many messages of the same size over as many
// connections. Ours are personalised and each is in the ledger, on SQLite with
// synchronous FULL or on PostgreSQL with fsync. SEND_N sets how many, SEND_MILLION
// how many in the large case (0: none); `make bench-send` prints the table:
//
//	name, our msg/s, the peer's msg/s, ratio, CPU us a message, the peer's, RSS
func BenchmarkSend(b *testing.B) {
	n, million := number("SEND_N", 20_000), number("SEND_MILLION", 0)
	fmt.Printf("%-16s %9s %9s %7s %11s %11s %8s\n", "case", "msg/s", "peer's", "ratio", "CPU us/msg", "peer's", "RSS MB")
	var sqlite16, rss16 float64
	for _, connections := range []int{1, 8, 16} {
		b.Run(fmt.Sprintf("sqlite-%d", connections), func(b *testing.B) {
			for b.Loop() {
				sink := startSink(b)
				peer, peerCPU := runSource(b, sink.port, connections, n)
				ours := runOurs(b, onSQLite(b), sink, connections, n, nil)
				ours.print(b, fmt.Sprintf("sqlite-%d", connections), peer, peerCPU)
				sqlite16, rss16 = ours.rate, ours.rss
				if connections > 1 {
					fmt.Printf("# %d connections, an fsync for each barrier and no ledger: %.2f of the peer\n", connections, runBare(b, sink, connections, n/2)/peer)
				}
			}
		})
	}
	b.Run("dkim", func(b *testing.B) { benchSigned(b, n/2) })
	b.Run("postgresql-16", func(b *testing.B) {
		for b.Loop() {
			ours := runOurs(b, onPostgres(b), startSink(b), 16, n, nil)
			ours.print(b, "postgresql-16", sqlite16, 0) // the peer is SQLite
		}
	})
	b.Run("workers", func(b *testing.B) { benchWorkers(b, min(n, 10_000)) })
	if million > 0 {
		b.Run("million", func(b *testing.B) {
			for b.Loop() {
				ours := runOurs(b, onSQLite(b), startSink(b), 16, million, nil)
				ours.print(b, "million-16", sqlite16, 0) // the peer is a tenth of it
				fmt.Printf("# RSS with %d recipients is %.2f of that with %d\n", million, ours.rss/rss16, n)
			}
		})
	}
}

func number(name string, otherwise int) int {
	if text := os.Getenv(name); text != "" {
		otherwise, _ = strconv.Atoi(text)
	}
	return otherwise
}

// A figure is what one run came to.
type figure struct{ rate, cpu, rss, sinkCPU float64 }

func (f figure) print(b *testing.B, name string, peer, peerCPU float64) {
	fmt.Printf("%-16s %9.0f %9.0f %7.2f %11.0f %11.0f %8.0f\n", name, f.rate, peer, f.rate/peer, f.cpu, peerCPU, f.rss)
	b.ReportMetric(f.rate, "msg/s")
	b.ReportMetric(f.rate/peer, "of-peer")
}

// benchSigned signs with RSA-2048. Its peer is what the machine could do if a
// message cost one signature and the sink's work, and nothing else.
func benchSigned(b *testing.B, n int) {
	text, err := dkim.Generate("rsa")
	fail(b, err)
	key, err := dkim.Parse("example.org", "bench", string(text))
	fail(b, err)
	for b.Loop() {
		ours := runOurs(b, onSQLite(b), startSink(b), 16, n, dkim.Keys{key}.Sign)
		signature := signatureTime(b)
		bound := float64(runtime.NumCPU()) / ((signature + ours.sinkCPU) / 1e6)
		ours.print(b, "dkim-rsa-16", bound, signature+ours.sinkCPU)
		fmt.Printf("# one crypto/rsa signature %.0f us, smtp-sink %.0f us a message, %d cores\n", signature, ours.sinkCPU, runtime.NumCPU())
	}
}

// signatureTime is the CPU time of one RSA-2048 signature in microseconds, with
// all cores at it, as they are in a send: two that share one core's units are slower.
func signatureTime(b *testing.B) float64 {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	fail(b, err)
	const times = 500
	var wg sync.WaitGroup
	before := cpuTime()
	for range runtime.NumCPU() {
		wg.Go(func() {
			sum := sha256.Sum256(nil)
			for range times {
				if _, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, sum[:]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	return float64((cpuTime() - before).Microseconds()) / float64(times*runtime.NumCPU())
}

// benchWorkers lets one and then two workers, each with store, engine and job
// queue of its own, deliver from PostgreSQL to a server that takes 20 ms to answer.
func benchWorkers(b *testing.B, n int) {
	for b.Loop() {
		var one float64
		for _, workers := range []int{1, 2} {
			address := onPostgres(b)
			db, issue := benchIssue(b, address, n)
			server := testkit.NewSMTP(b)
			server.SetManner(testkit.Manner{Delay: 20 * time.Millisecond, Forget: true})
			before, began := cpuTime(), time.Now()
			deliverWith(b, address, issue, workers, server.Port())
			f := figure{rate: float64(n) / time.Since(began).Seconds(), cpu: float64((cpuTime() - before).Microseconds()) / float64(n), rss: rss()}
			accepted(b, db, issue, n)
			if workers == 1 {
				one = f.rate
			}
			f.print(b, fmt.Sprintf("workers-%d-20ms", workers), one, 0)
		}
	}
}

func deliverWith(b *testing.B, address string, issue newsletter.Issue, workers, port int) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	var wg sync.WaitGroup
	for range workers {
		db, err := store.Open(ctx, address, time.Now)
		fail(b, err)
		e := deliver.New(db, db, []deliver.Relay{benchRelay(port, 8)}, time.Now, slog.New(slog.DiscardHandler))
		alive := &deliver.Alive{Engine: e, Workers: db, Log: slog.New(slog.DiscardHandler)}
		fail(b, alive.Join(ctx))
		job := benchJob(b, &issue, nil)
		wg.Go(func() {
			_ = db.Work(ctx, jobs.Work{Slices: 2, Now: time.Now, Log: slog.New(slog.DiscardHandler), Deliver: func(ctx context.Context, d jobs.Deliver) (time.Time, error) {
				chunk, err := db.Chunk(ctx, d.Issue, d.Chunk)
				if err != nil {
					return time.Time{}, nil
				}
				sending := issue
				mine := job
				mine.Issue = &sending
				again, err := e.Slice(ctx, mine, chunk)
				if sending.State == newsletter.Sent {
					stop()
				}
				return again, err
			}})
			e.Close()
			_ = alive.Leave()
			_ = db.Close()
		})
	}
	wg.Wait()
}

func runOurs(b *testing.B, address string, sink *sink, connections, n int, sign func(*mime.Signable) error) (f figure) {
	b.Helper()
	ctx := context.Background()
	db, issue := benchIssue(b, address, n)
	e := deliver.New(db, db, []deliver.Relay{benchRelay(sink.port, connections)}, time.Now, slog.New(slog.DiscardHandler))
	defer e.Close()
	alive := &deliver.Alive{Engine: e, Workers: db}
	fail(b, alive.Join(ctx))
	chunks, err := db.Chunks(ctx, issue.ID)
	fail(b, err)
	job := benchJob(b, &issue, sign)
	runtime.GC()
	before, sinkBefore, began := cpuTime(), sink.cpu(), time.Now()
	_, err = e.Run(ctx, job, chunks)
	took := time.Since(began)
	fail(b, err)
	f = figure{rate: float64(n) / took.Seconds(), cpu: float64((cpuTime() - before).Microseconds()) / float64(n), rss: rss(), sinkCPU: float64((sink.cpu() - sinkBefore).Microseconds()) / float64(n)}
	accepted(b, db, issue, n)
	return f
}

func accepted(b *testing.B, db *store.DB, issue newsletter.Issue, n int) {
	tally, err := db.Tally(context.Background(), issue.ID)
	fail(b, err)
	if tally.Accepted != n {
		b.Fatalf("%+v", tally)
	}
}

func benchRelay(port, connections int) deliver.Relay {
	return deliver.Relay{ID: "sink", Connections: connections, Dialer: deliver.SMTP{Relay: smtp.Relay{ID: "sink", Host: "127.0.0.1", Port: port, TLS: "none"}}}
}

func benchJob(b *testing.B, issue *newsletter.Issue, sign func(*mime.Signable) error) deliver.Job {
	body := strings.Repeat("<p>Some words of an issue, as they stand in a paragraph of news.</p>\n", (benchSize-2048)/70)
	m, err := mime.Compile(mime.Content{From: "News <news@example.org>", Subject: "An issue", Text: "Dear " + newsletter.MarkName + "\n" + newsletter.MarkUnsubscribe + "\n",
		HTML: "<p>Dear " + newsletter.MarkName + "</p>" + body + newsletter.MarkUnsubscribe + newsletter.MarkPreferences + newsletter.MarkWebView, ListUnsubscribe: true, Boundary: mime.BoundaryFor("bench")})
	fail(b, err)
	return deliver.Job{Issue: issue, Messages: map[string]*mime.Message{"en": m}, Fallback: "en", ReturnPath: "news@example.org", Sign: sign,
		Values: func(c newsletter.Copy, _ string) mime.Values {
			return mime.Values{Address: c.Address, Name: c.Name, MessageID: c.PublicID + "@example.org", Date: time.Now(), Unsubscribe: "https://news.example.org/u/" + c.PublicID, Preferences: "https://news.example.org/p/" + c.PublicID, WebView: "https://news.example.org/i/1"}
		}}
}

func onSQLite(b *testing.B) string { return filepath.Join(b.TempDir(), "bench.db") }

func onPostgres(b *testing.B) string { return testkit.DurablePostgres(b) }

// audience writes n confirmed subscribers of list l; importing them is not what is measured.
const audience = `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < %d) `

func benchIssue(b *testing.B, address string, n int) (*store.DB, newsletter.Issue) {
	b.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, address, time.Now)
	fail(b, err)
	b.Cleanup(func() { db.Close() })
	people := subscribers.NewService(db, time.Now, "secret")
	fail(b, people.CreateList(ctx, subscribers.List{ID: "l", Title: subscribers.Text{"": "L"}, Signup: "closed", OptIn: "single", Basis: "mandate"}))
	driver := "sqlite"
	if strings.Contains(address, "://") {
		driver = "pgx"
	}
	raw, err := sql.Open(driver, address)
	fail(b, err)
	defer raw.Close()
	for _, text := range []string{
		`INSERT INTO subscribers (id, public_id, address, address_key, name, language, created_at) ` + audience + `SELECT i, 'public-id-of-22-cs' || i, 'r' || i || '@example.org', 'r' || i || '@example.org', 'Reader', '', 1 FROM n`,
		`INSERT INTO subscriptions (subscriber_id, list_id, state, origin, made_by, end_reason, note, created_at, confirmed_at, ended_at, paused_until, may_ask, ask_until, wording_id, source, source_hash, given_at) ` + audience + `SELECT i, 'l', 'confirmed', 'import', '', '', '', 1, 1, 0, 0, 0, 0, 0, '', '', 0 FROM n`,
	} {
		_, err := raw.ExecContext(ctx, fmt.Sprintf(text, n))
		fail(b, err)
	}
	issue := newsletter.Issue{PublicID: subscribers.NewPublicID(), Publication: "p", Kind: "regular", Content: newsletter.Content{Date: time.Now()}}
	fail(b, db.CreateIssue(ctx, &issue))
	fail(b, db.MoveIssue(ctx, &issue, newsletter.InReview, "digest"))
	fail(b, db.Approve(ctx, &issue, newsletter.Approval{Issue: issue.ID, Revision: 1, Digest: "digest", Person: "x", Decision: newsletter.DecisionApproved}, 1))
	fail(b, db.StartSend(ctx, &issue, order))
	return db, issue
}

func fail(b *testing.B, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// rss is the process's resident memory now, in MB.
func rss() float64 {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return float64(pages*os.Getpagesize()) / (1 << 20)
}
