package deliver_test

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A sink is Debian's smtp-sink, which takes mail and forgets it.
type sink struct {
	port    int
	process *os.Process
}

func startSink(b testing.TB, options ...string) *sink {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	l.Close()
	args := append(options, fmt.Sprintf("127.0.0.1:%d", port), "1000")
	if os.Getuid() == 0 {
		args = append([]string{"-u", "nobody"}, args...)
	}
	cmd := exec.Command("/usr/sbin/smtp-sink", args...)
	if err := cmd.Start(); err != nil {
		b.Fatalf("%v; run `make test-deps`", err)
	}
	b.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	for range 200_000 {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return &sink{port, cmd.Process}
		}
	}
	b.Fatal("smtp-sink does not answer")
	return nil
}

// cpu is what the sink has used so far.
func (s *sink) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", s.process.Pid))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.Atoi(fields[11])
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond // in hundredths of a second: proc(5)
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
