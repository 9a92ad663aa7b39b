package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/testkit"
)

// judgeEnv makes the test binary be the counting mail server and nothing else:
// the judge of who got what is a process of its own.
const judgeEnv = "BROADSHEET_TEST_JUDGE"

// judge says its port, then for each message it takes, before it answers, who it is for and its Message-ID.
func judge() {
	s, err := testkit.ListenSMTP()
	if err != nil {
		panic(err)
	}
	var mu sync.Mutex
	s.SetManner(testkit.Manner{Delay: time.Millisecond, Kept: func(m testkit.Message) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Println(m.To, m.Header.Get("Message-ID"))
	}})
	fmt.Println(s.Port())
	asked := bufio.NewScanner(os.Stdin)
	for asked.Scan() { // until whoever started it is gone
		mu.Lock()
		fmt.Println(asked.Text())
		mu.Unlock()
	}
}

// A counter is the judge as a test sees it.
type counter struct {
	port int

	mu    sync.Mutex
	ids   map[string][]string // by address, a Message-ID per copy
	total int
	when  int // close reached at so many
	told  chan struct{}

	ask  io.Writer
	echo chan struct{}
}

func newCounter(t *testing.T) *counter {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), judgeEnv+"=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &counter{ids: map[string][]string{}, ask: in, echo: make(chan struct{})}
	lines := bufio.NewScanner(out)
	lines.Scan()
	if c.port, err = strconv.Atoi(lines.Text()); err != nil {
		t.Fatal(err)
	}
	read := make(chan struct{})
	go func() {
		defer close(read)
		for lines.Scan() {
			c.count(lines.Text())
		}
	}()
	t.Cleanup(func() { in.Close(); <-read; _ = cmd.Wait() })
	return c
}

func (c *counter) count(line string) {
	if line == "echo" {
		c.echo <- struct{}{}
		return
	}
	to, id, _ := strings.Cut(line, " ")
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ids[to] = append(c.ids[to], id)
	c.total++
	if c.told != nil && c.total >= c.when {
		close(c.told)
		c.told = nil
	}
}

// after returns a channel that is closed when so many more messages came.
func (c *counter) after(n int) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := make(chan struct{})
	c.when, c.told = c.total+n, told
	return told
}

// copies counts by address, and checks that all copies of one have one Message-ID.
func (c *counter) copies(t *testing.T) map[string]int {
	t.Helper()
	if _, err := fmt.Fprintln(c.ask, "echo"); err != nil { // so that all it said before is read
		t.Fatal(err)
	}
	<-c.echo
	c.mu.Lock()
	defer c.mu.Unlock()
	out := map[string]int{}
	for to, ids := range c.ids {
		for _, id := range ids {
			if id != ids[0] {
				t.Errorf("%s has copies under %s and %s", to, ids[0], id)
			}
		}
		out[to] = len(ids)
	}
	return out
}

// all is how many messages came.
func (c *counter) all(t *testing.T) (n int) {
	t.Helper()
	for _, copies := range c.copies(t) {
		n += copies
	}
	return n
}
