package main

import (
	"bufio"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"broadsheet/internal/testkit"
)

// A daemon is a process that serves, and what it says.
type daemon struct {
	cmd   *exec.Cmd
	ended chan struct{}

	mu   sync.Mutex
	said []string
	wait map[string]chan struct{}
}

func (s *station) serve(t *testing.T, args ...string) *daemon {
	t.Helper()
	d := &daemon{cmd: s.command(append([]string{"serve"}, args...)...), ended: make(chan struct{}), wait: map[string]chan struct{}{}}
	out, err := d.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := d.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(d.ended)
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			d.hear(lines.Text())
		}
		_ = d.cmd.Wait()
	}()
	t.Cleanup(func() { _ = d.cmd.Process.Signal(syscall.SIGCONT); _ = d.cmd.Process.Kill(); <-d.ended })
	return d
}

func (d *daemon) hear(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = append(d.said, line)
	for what, told := range d.wait {
		if strings.Contains(line, what) {
			close(told)
			delete(d.wait, what)
		}
	}
}

// until waits for the daemon to say something.
func (d *daemon) until(t *testing.T, what string) {
	t.Helper()
	d.mu.Lock()
	for _, line := range d.said {
		if strings.Contains(line, what) {
			d.mu.Unlock()
			return
		}
	}
	told := make(chan struct{})
	d.wait[what] = told
	d.mu.Unlock()
	select {
	case <-told:
	case <-d.ended:
		t.Fatalf("it ended before it said %q:\n%s", what, strings.Join(d.said, "\n"))
	case <-time.After(time.Minute):
		t.Fatalf("it did not say %q within a minute:\n%s", what, strings.Join(d.said, "\n"))
	}
}

func postgres(t *testing.T) string { return testkit.Addresses(t)["postgresql"](t) }

// Two daemons share a send; one is killed, or stopped past the time after which
// it is taken for gone and then continued. The other finishes within a minute; who
// comes back begins nothing.
func TestTakeOver(t *testing.T) {
	people := number("SOAK_PEOPLE", 2000)
	for name, signal := range map[string]syscall.Signal{"killed": syscall.SIGKILL, "stopped": syscall.SIGSTOP} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t, postgres(t), people, "")
			send := s.approved(t, people)
			first := s.serve(t, "--roles", "deliver")
			first.until(t, "serving")
			reached := s.mail.after(people / 10)
			order := s.command(send...) // only as long as it takes to write the order: the daemon does the work
			if err := order.Start(); err != nil {
				t.Fatal(err)
			}
			<-reached
			_ = order.Process.Kill()
			_ = order.Wait()
			if err := first.cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			second := s.serve(t, "--roles", "deliver")
			second.until(t, `msg="issue sent"`)
			took := time.Since(began)
			s.settled(t, people, 2, "retry")
			if signal == syscall.SIGSTOP {
				before := s.mail.all(t)
				_ = first.cmd.Process.Signal(syscall.SIGCONT)
				first.until(t, "taken for gone")
				s.run(t, "issue", "status", "p/1")
				if after := s.mail.all(t); after != before {
					t.Errorf("the continued process mailed %d more", after-before)
				}
			}
			t.Logf("%s: taken over and finished in %s", name, took.Round(time.Millisecond))
			if took > time.Minute {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// Daemons in all roles share a database without a leader; each leaves cleanly.
func TestRoles(t *testing.T) {
	s := newStation(t, postgres(t), 50, "")
	send := s.approved(t, 50)
	var all []*daemon
	for _, roles := range []string{"collect,compose", "deliver", "public,desk", "collect,compose,deliver"} {
		d := s.serve(t, "--roles", roles)
		d.until(t, "serving")
		all = append(all, d)
	}
	s.run(t, send...)
	s.settled(t, 50, 0, "retry")
	if out := s.run(t, "db", "check"); strings.Count(out, "delivers") != 2 {
		t.Errorf("two deliver:\n%s", out)
	}
	for _, d := range all {
		_ = d.cmd.Process.Signal(syscall.SIGTERM)
		d.until(t, "stopped")
		<-d.ended
	}
	if out := s.run(t, "db", "check"); strings.Contains(out, "delivers") {
		t.Errorf("none delivers any more:\n%s", out)
	}
}

// A SQLite file has one daemon; a command beside it only writes the order and watches.
func TestOneDaemonPerFile(t *testing.T) {
	s := newStation(t, "test.db", 300, "")
	send := s.approved(t, 300)
	s.serve(t).until(t, "serving")
	if out, err := s.command("serve").CombinedOutput(); err == nil || !strings.Contains(string(out), "another broadsheet works on this database") {
		t.Errorf("a second daemon started: %v %s", err, out)
	}
	s.run(t, send...)
	s.settled(t, 300, 0, "retry")
}
