package main

import (
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"broadsheet/internal/testkit"
)

// A station is a configured broadsheet with its real binary, an approved issue and an audience.
type station struct {
	dir, bin string
	mail     *counter
}

const stationConfig = `
database: %s
link_secret: file:secret
public: {listen: "127.0.0.1:0", url: "https://news.example.org"}
desk: {listen: "127.0.0.1:0", url: "http://127.0.0.1:8081"}
team:
  - {email: ed@example.org, roles: [editor]}
  - {email: chief@example.org, roles: [approver]}
relays: [{id: test, host: 127.0.0.1, port: %d, tls: none, connections: 4}]
lists: [{id: members, title: Members, opt_in: single, basis: mandate}]
publications:
  - id: p
    title: P
    from: News <news@example.org>
    lists: [members]
    period: 3650d
    archive: public
    schedule: {%s}
    sections: [{id: news, kind: news}]
sources: [{id: files, file: "*.md", language: en}]
`

func newStation(t *testing.T, database string, people int, schedule string) *station {
	t.Helper()
	s := &station{dir: t.TempDir(), mail: newCounter(t)}
	s.bin = filepath.Join(s.dir, "broadsheet")
	if out, err := exec.Command("go", "build", "-o", s.bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	var list strings.Builder
	list.WriteString("email,name\n")
	for i := range people {
		fmt.Fprintf(&list, "r%04d@example.org,R %d\n", i, i)
	}
	for name, text := range map[string]string{
		"broadsheet.yaml": fmt.Sprintf(stationConfig, database, s.mail.port, schedule), "secret": "0123456789abcdef0123456789abcdef",
		"news.md": "---\ntitle: News\ndate: 2020-01-01\n---\nText.\n", "people.csv": list.String(),
	} {
		if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s.run(t, "subscriber", "import", "people.csv", "--list", "members")
	return s
}

func (s *station) command(args ...string) *exec.Cmd {
	cmd := exec.Command(s.bin, args...)
	cmd.Dir = s.dir
	return cmd
}

func (s *station) run(t *testing.T, args ...string) string {
	t.Helper()
	cmd := s.command(args...)
	var talk strings.Builder
	cmd.Stderr = &talk
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("broadsheet %s: %v\n%s%s", strings.Join(args, " "), err, out, talk.String())
	}
	return string(out)
}

var digestField = regexp.MustCompile(`"digest": "([0-9a-f]{64})"`)

// approved composes and approves the issue p/1 and returns what sends it.
func (s *station) approved(t *testing.T, people int) (send []string) {
	t.Helper()
	s.run(t, "collect")
	s.run(t, "issue", "compose")
	s.run(t, "issue", "submit", "p/1")
	s.run(t, "issue", "approve", "p/1", "--as", "chief@example.org")
	digest := digestField.FindStringSubmatch(s.run(t, "issue", "send", "p/1", "--dry-run", "--json"))[1]
	return []string{"issue", "send", "p/1", "--yes", "--expect-count", fmt.Sprint(people), "--expect-digest", digest}
}

func number(name string, otherwise int) int {
	if text := os.Getenv(name); text != "" {
		otherwise, _ = strconv.Atoi(text)
	}
	return otherwise
}

// TestKill ends the sending process with SIGKILL again and again, at random
// points. Started once more, it finishes: nobody is lost, and at most one copy per
// connection and kill went out twice, under the same Message-ID; with hold none.
// `make soak` does so a hundred times over 20,000 (SOAK_PEOPLE, SOAK_KILLS).
func TestKill(t *testing.T) {
	people, kills := number("SOAK_PEOPLE", 400), number("SOAK_KILLS", 4)
	for engine, address := range testkit.Addresses(t) {
		for _, unknown := range []string{"retry", "hold"} {
			t.Run(engine+" "+unknown, func(t *testing.T) {
				s := newStation(t, address(t), people, "unknown: "+unknown)
				send := s.approved(t, people)
				killed := 0
				for range kills * 10 {
					if killed < kills && s.killAfter(t, 1+rand.IntN(max(people*2/3/kills, 2)), send) {
						killed++
					}
				}
				if killed < kills {
					t.Fatalf("only %d of the runs were killed", killed)
				}
				s.run(t, send...)
				s.settled(t, people, killed, unknown)
			})
		}
	}
}

// killAfter starts a send and kills it when the server has seen some messages; it reports whether that happened.
func (s *station) killAfter(t *testing.T, messages int, send []string) bool {
	t.Helper()
	cmd := s.command(send...)
	reached := s.mail.after(messages)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	select {
	case <-reached:
		_ = cmd.Process.Kill()
		<-ended
		return true
	case <-ended:
		return false
	}
}

const connections = 4 // of stationConfig

// settled compares the receipt with what the server has.
func (s *station) settled(t *testing.T, people, kills int, unknown string) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(s.run(t, "issue", "receipt", "p/1"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	copies := s.mail.copies(t)
	extra, held := 0, 0
	for _, l := range lines[1:] {
		address, state, n := l[0], l[3], copies[l[0]]
		switch {
		case state == "accepted" && (n == 1 || n == 2):
		case state == "held" && n <= 2:
			held++
		default:
			t.Errorf("%s is %s with %d copies", address, state, n)
		}
		extra += max(n-1, 0)
	}
	if len(lines)-1 != people {
		t.Errorf("the receipt has %d lines", len(lines)-1)
	}
	t.Logf("%d people, %d kills: none lost, %d extra copies, %d held", people, kills, extra, held)
	if most := map[string]int{"retry": kills * connections, "hold": 0}[unknown]; extra > most {
		t.Errorf("%d extra copies, more than %d", extra, most)
	}
}
