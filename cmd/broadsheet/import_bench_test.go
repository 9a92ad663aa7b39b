package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"broadsheet/internal/store"
	"broadsheet/internal/testkit"
	"broadsheet/subscribers"

	"github.com/jackc/pgx/v5"
)

// BenchmarkImport imports IMPORT_N (1000000) people with the real binary, beside
// what each database's own tool needs to load the same file into one table with the
// same unique index: sqlite3's .import and PostgreSQL's COPY. Then it finds some.
func BenchmarkImport(b *testing.B) {
	n := 1_000_000
	if asked, err := strconv.Atoi(os.Getenv("IMPORT_N")); err == nil {
		n = asked
	}
	dir := b.TempDir()
	bin := filepath.Join(dir, "broadsheet")
	runs(b, exec.Command("go", "build", "-o", bin, "."))
	people := filepath.Join(dir, "people.csv")
	writePeople(b, people, n)
	for b.Loop() {
		peer := sqliteImport(b, dir, people, n)
		report(b, "sqlite", filepath.Join(dir, "bench.db"), bin, people, n, peer, "sqlite3 .import")
		address := testkit.DurablePostgres(b)
		peer = postgresCopy(b, address, people, n)
		report(b, "postgresql", address, bin, people, n, peer, "COPY")
	}
}

func runs(b *testing.B, cmd *exec.Cmd) string {
	b.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		b.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return string(out)
}

// writePeople writes a file in no order, with a day of consent for each.
func writePeople(b *testing.B, path string, n int) {
	file, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	out := bufio.NewWriter(file)
	fmt.Fprintln(out, "email,name,language,consent_source,consent_date")
	random := rand.New(rand.NewPCG(1, 2))
	names := []string{"Ana", "Łukasz", "Nino", "Jean-Luc", "Élodie", "Mehmet", "Zoë", "Giorgi"}
	for _, i := range random.Perm(n) {
		name := names[i%len(names)]
		fmt.Fprintf(out, "%s.reader%07d@mail%d.example.org,%s Reader %d,%s,paper form,2024-%02d-%02d\n", strings.ToLower(names[i%4][:1]), i, i%5000, name, i, []string{"en", "fr", "de"}[i%3], i%12+1, i%28+1)
	}
	if err := out.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := file.Close(); err != nil {
		b.Fatal(err)
	}
}

func sqliteImport(b *testing.B, dir, people string, n int) float64 {
	path := filepath.Join(dir, "peer.db")
	_ = os.Remove(path) // there is none at first
	began := time.Now()
	runs(b, exec.Command("sqlite3", path, "CREATE TABLE people (email TEXT, name TEXT, language TEXT, consent_source TEXT, consent_date TEXT)", "CREATE UNIQUE INDEX people_email ON people (email)", ".import --csv --skip 1 "+people+" people"))
	return float64(n) / time.Since(began).Seconds()
}

func postgresCopy(b *testing.B, address, people string, n int) float64 {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, address)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, "CREATE TABLE people (email TEXT UNIQUE, name TEXT, language TEXT, consent_source TEXT, consent_date TEXT)"); err != nil {
		b.Fatal(err)
	}
	file, err := os.Open(people)
	if err != nil {
		b.Fatal(err)
	}
	defer file.Close()
	began := time.Now()
	if _, err := conn.PgConn().CopyFrom(ctx, file, "COPY people FROM STDIN WITH (FORMAT csv, HEADER true)"); err != nil {
		b.Fatal(err)
	}
	return float64(n) / time.Since(began).Seconds()
}

func report(b *testing.B, engine, database, bin, people string, n int, peer float64, name string) {
	dir := b.TempDir()
	config := filepath.Join(dir, "broadsheet.yaml")
	text := fmt.Sprintf("database: %q\nlink_secret: file:secret\nlists: [{id: members, title: Members}]\npublications: [{id: letter, title: Letter, from: news@example.org, lists: [members], sections: [{id: news, kind: news}]}]\n", database)
	for path, text := range map[string]string{config: text, filepath.Join(dir, "secret"): strings.Repeat("0123456789", 4)} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			b.Fatal(err)
		}
	}
	runs(b, exec.Command(bin, "list", "list", "--config", config)) // the tables are made
	longest := whoWrites(b, database)
	cmd := exec.Command(bin, "subscriber", "import", people, "--list", "members", "--config", config)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	began := time.Now()
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	peak := peakOf(cmd.Process.Pid)
	if err := cmd.Wait(); err != nil {
		b.Fatalf("%v\n%s", err, &said)
	}
	took := time.Since(began)
	if out := said.String(); !strings.Contains(out, fmt.Sprintf("added %d", n)) {
		b.Fatalf("%s", out)
	}
	rate := float64(n) / took.Seconds()
	fmt.Printf("%-11s %8.0f rows/s, %s %8.0f rows/s: %.2f of it; %d MB; others waited %d ms to write at most\n", engine, rate, name, peer, rate/peer, peak, longest().Milliseconds())
	find(b, engine, database)
}

// peakOf follows a process to its end and returns its largest resident memory in
// MB. What the kernel tells of a process that has ended (ru_maxrss) counts in what
// its parent had when it was forked.
func peakOf(process int) (peak int) {
	for {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", process))
		m := highWater.FindSubmatch(text)
		if err != nil || m == nil { // it has ended
			return peak
		}
		kb, _ := strconv.Atoi(string(m[1])) // digits
		peak = max(peak, kb>>10)
		time.Sleep(20 * time.Millisecond)
	}
}

// whoWrites lets somebody change their name every second until the longest that it
// took is asked for: no transaction of an import may be longer.
func whoWrites(b *testing.B, database string) (longest func() time.Duration) {
	ctx := context.Background()
	db, err := store.Open(ctx, database, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	people := subscribers.NewService(db, time.Now, "secret")
	const address = "somebody@example.net"
	if _, err := people.Add(ctx, subscribers.Import{List: subscribers.List{ID: "members"}}, subscribers.Row{Address: address}); err != nil {
		b.Fatal(err)
	}
	over, most := make(chan struct{}), make(chan time.Duration)
	go func() {
		var longest time.Duration
		for i := 0; ; i++ {
			name, began := strconv.Itoa(i), time.Now()
			if err := people.Set(ctx, address, subscribers.Setting{Name: &name}, subscribers.Act{}); err != nil {
				b.Error(err)
			}
			longest = max(longest, time.Since(began))
			select {
			case <-over:
				most <- longest
				return
			case <-time.After(time.Second):
			}
		}
	}()
	return func() time.Duration {
		close(over)
		defer db.Close()
		return <-most
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

func find(b *testing.B, engine, database string) {
	db, err := store.Open(context.Background(), database, time.Now)
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for _, text := range []string{"reader0500000", "eader 77777", "mail4999.example", "nobody at all", "élodie reader 12", "x"} {
		var slowest time.Duration
		found := 0
		for range 5 {
			began := time.Now()
			some, err := db.Find(context.Background(), text, 100)
			if err != nil {
				b.Fatal(err)
			}
			slowest, found = max(slowest, time.Since(began)), len(some)
		}
		fmt.Printf("%-11s find %-18q %3d found, slowest of 5: %d ms\n", engine, text, found, slowest.Milliseconds())
	}
}
