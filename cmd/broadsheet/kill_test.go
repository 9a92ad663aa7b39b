package main

import (
	"encoding/csv"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"broadsheet/internal/testkit"
)

// A station is a configured broadsheet with its real binary, an approved issue and an audience.
type station struct {
	dir, bin string
	mail     *testkit.SMTP
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
	s := &station{dir: t.TempDir(), mail: testkit.NewSMTP(t)}
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
		"broadsheet.yaml": fmt.Sprintf(stationConfig, database, s.mail.Port(), schedule), "secret": "0123456789abcdef0123456789abcdef",
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

// TestKill ends the sending process with SIGKILL again and again, at different
// points. Started once more, it finishes: nobody is lost, and at most one copy per
// connection and kill went out twice, as nobody could know its fate.
func TestKill(t *testing.T) {
	const people = 400
	for engine, address := range testkit.Addresses(t) {
		t.Run(engine, func(t *testing.T) {
			s := newStation(t, address(t), people, "")
			s.run(t, "collect")
			s.run(t, "issue", "compose")
			s.run(t, "issue", "submit", "p/1")
			s.run(t, "issue", "approve", "p/1", "--as", "chief@example.org")
			digest := digestField.FindStringSubmatch(s.run(t, "issue", "send", "p/1", "--dry-run", "--json"))[1]
			send := []string{"issue", "send", "p/1", "--yes", "--expect-count", fmt.Sprint(people), "--expect-digest", digest}
			kills := 0
			for _, after := range []int64{1, 17, 40, 3, 55, 64} {
				if s.killAfter(t, after, send) {
					kills++
				}
			}
			if kills < 4 {
				t.Fatalf("only %d of the runs were killed", kills)
			}
			s.mail.SetScript(nil)
			s.run(t, send...)
			s.settled(t, people)
		})
	}
}

// killAfter starts a send and kills it when the server has seen some messages; it reports whether that happened.
func (s *station) killAfter(t *testing.T, messages int64, send []string) bool {
	t.Helper()
	cmd := s.command(send...)
	var seen atomic.Int64
	reached := make(chan struct{})
	s.mail.SetScript(func(stage, _ string) string {
		if stage == "data" && seen.Add(1) == messages {
			close(reached)
		}
		return ""
	})
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

func (s *station) settled(t *testing.T, people int) {
	t.Helper()
	lines, err := csv.NewReader(strings.NewReader(s.run(t, "issue", "receipt", "p/1"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	copies := s.mail.Copies()
	extra := 0
	for _, l := range lines[1:] {
		address, state, n := l[0], l[3], copies[l[0]]
		switch {
		case state == "accepted" && (n == 1 || n == 2):
			extra += n - 1
		case state == "held" && n <= 2:
			extra += max(n-1, 0)
		default:
			t.Errorf("%s is %s with %d copies", address, state, n)
		}
	}
	if len(lines)-1 != people {
		t.Errorf("the receipt has %d lines", len(lines)-1)
	}
	t.Logf("%d extra copies", extra)
	if extra > 6*4 {
		t.Errorf("%d extra copies: more than one per connection and kill", extra)
	}
}
