package deliver_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"broadsheet/internal/deliver"
	"broadsheet/internal/deliver/mime"
	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/newsletter"
	"broadsheet/internal/store"
	"broadsheet/subscribers"
)

// benchSize is how large a message is: that of a monthly issue.
const benchSize = 30 << 10

// BenchmarkSend sends to Debian's smtp-sink on loopback, paired in one run with
// Debian's smtp-source sending as many messages of the same size over as many
// connections. Ours are personalised and each is in the ledger, on SQLite with
// synchronous FULL. SEND_N sets how many; `make bench-send` prints the table.
func BenchmarkSend(b *testing.B) {
	n := 20_000
	if text := os.Getenv("SEND_N"); text != "" {
		n, _ = strconv.Atoi(text)
	}
	fmt.Printf("%-14s %10s %10s %7s %12s %14s %8s\n", "case", "msg/s", "peer's", "ratio", "CPU us/msg", "peer's CPU us", "RSS MB")
	for _, connections := range []int{1, 8, 16} {
		b.Run(strconv.Itoa(connections), func(b *testing.B) {
			for b.Loop() {
				port := startSink(b)
				peer, peerCPU := runSource(b, port, connections, n)
				ours, cpu := runOurs(b, port, connections, n)
				fmt.Printf("sqlite-%-7d %10.0f %10.0f %7.2f %12.0f %14.0f %8d\n", connections, ours, peer, ours/peer, cpu, peerCPU, rss())
				b.ReportMetric(ours, "msg/s")
				b.ReportMetric(ours/peer, "of-peer")
			}
		})
	}
}

func startSink(b *testing.B) int {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	args := []string{fmt.Sprintf("127.0.0.1:%d", port), "1000"}
	if os.Getuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...)
	}
	sink := exec.Command("/usr/sbin/smtp-sink", args...)
	if err := sink.Start(); err != nil {
		b.Fatalf("%v; apt-get install postfix", err)
	}
	b.Cleanup(func() { _ = sink.Process.Kill(); _ = sink.Wait() })
	for range 200_000 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return port
		}
	}
	b.Fatal("smtp-sink does not answer")
	return 0
}

// runSource returns messages a second and CPU microseconds a message of Debian's own sender.
func runSource(b *testing.B, port, connections, n int) (rate, cpu float64) {
	b.Helper()
	source := exec.Command("/usr/sbin/smtp-source", "-d", "-s", strconv.Itoa(connections), "-m", strconv.Itoa(n), "-l", strconv.Itoa(benchSize),
		"-f", "news@example.org", "-t", "reader@example.org", fmt.Sprintf("127.0.0.1:%d", port))
	began := time.Now()
	if out, err := source.CombinedOutput(); err != nil {
		b.Fatalf("smtp-source: %v: %s", err, out)
	}
	took := time.Since(began)
	used := source.ProcessState.UserTime() + source.ProcessState.SystemTime()
	return float64(n) / took.Seconds(), float64(used.Microseconds()) / float64(n)
}

func runOurs(b *testing.B, port, connections, n int) (rate, cpu float64) {
	b.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, filepath.Join(b.TempDir(), "bench.db"), time.Now)
	fail(b, err)
	defer db.Close()
	issue := benchIssue(b, db, n)
	fail(b, db.StartSend(ctx, &issue, order))
	body := strings.Repeat("<p>Some words of an issue, as they stand in a paragraph of news.</p>\n", (benchSize-2048)/70)
	m, err := mime.Compile(mime.Content{From: "News <news@example.org>", Subject: "An issue", Text: "Dear " + newsletter.MarkName + "\n" + newsletter.MarkUnsubscribe + "\n",
		HTML: "<p>Dear " + newsletter.MarkName + "</p>" + body + newsletter.MarkUnsubscribe + newsletter.MarkPreferences + newsletter.MarkWebView, ListUnsubscribe: true, Boundary: mime.BoundaryFor("bench")})
	fail(b, err)
	job := deliver.Job{Issue: &issue, Messages: map[string]*mime.Message{"en": m}, Fallback: "en", ReturnPath: "news@example.org",
		Values: func(c newsletter.Copy, _ string) mime.Values {
			return mime.Values{Address: c.Address, Name: c.Name, MessageID: c.PublicID + "@example.org", Date: time.Now(), Unsubscribe: "https://news.example.org/u/" + c.PublicID, Preferences: "https://news.example.org/p/" + c.PublicID, WebView: "https://news.example.org/i/1"}
		}}
	e := deliver.New(db, db, []deliver.Relay{{ID: "sink", Connections: connections, Dialer: deliver.SMTP{Relay: smtp.Relay{ID: "sink", Host: "127.0.0.1", Port: port, TLS: "none"}}}}, time.Now)
	defer e.Close()
	alive := &deliver.Alive{Engine: e, Workers: db}
	fail(b, alive.Join(ctx))
	chunks, err := db.Chunks(ctx, issue.ID)
	fail(b, err)
	before, began := cpuTime(), time.Now()
	_, err = e.Run(ctx, job, chunks)
	took := time.Since(began)
	fail(b, err)
	tally, err := db.Tally(ctx, issue.ID)
	fail(b, err)
	if tally.Accepted != n {
		b.Fatalf("%+v", tally)
	}
	return float64(n) / took.Seconds(), float64((cpuTime() - before).Microseconds()) / float64(n)
}

func benchIssue(b *testing.B, db *store.DB, n int) newsletter.Issue {
	b.Helper()
	ctx := context.Background()
	people := subscribers.NewService(db, time.Now)
	list := subscribers.List{ID: "l", Title: subscribers.Text{"": "L"}, Signup: "closed", OptIn: "single", Basis: "mandate"}
	fail(b, people.CreateList(ctx, list))
	fail(b, people.Import(ctx, list, func(yield func(subscribers.Row, error) bool) {
		for i := range n {
			if !yield(subscribers.Row{Line: i + 1, Address: fmt.Sprintf("r%07d@example.org", i), Name: "Reader"}, nil) {
				return
			}
		}
	}, false, func(subscribers.Result) error { return nil }))
	issue := newsletter.Issue{PublicID: subscribers.NewPublicID(), Publication: "p", Kind: "regular", Content: newsletter.Content{Date: time.Now()}}
	fail(b, db.CreateIssue(ctx, &issue))
	fail(b, db.MoveIssue(ctx, &issue, newsletter.InReview, "digest"))
	fail(b, db.Approve(ctx, &issue, newsletter.Approval{Issue: issue.ID, Revision: 1, Digest: "digest", Person: "x", Decision: newsletter.DecisionApproved}, 1))
	return issue
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
func rss() int {
	text, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	pages, _ := strconv.Atoi(fields[1])
	return pages * os.Getpagesize() >> 20
}
