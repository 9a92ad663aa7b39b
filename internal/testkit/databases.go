// Package testkit owns what tests need of the outside: a private PostgreSQL
// cluster, a mail server with a fault script, a browser, a clock that is moved by
// hand. Nothing of it is in the product.
package testkit

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"broadsheet/internal/store"
)

// Clock is a clock that moves only when it is told to.
type Clock struct{ ms atomic.Int64 }

// NewClock starts at an instant.
func NewClock(at time.Time) *Clock {
	c := &Clock{}
	c.ms.Store(at.UnixMilli())
	return c
}

// Now returns the clock's time.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.ms.Load()).UTC() }

// Move moves the clock.
func (c *Clock) Move(d time.Duration) { c.ms.Add(d.Milliseconds()) }

// EachDatabase runs a test on a fresh database of both engines. PostgreSQL is
// never skipped: without it the test fails and says how to get it.
func EachDatabase(t *testing.T, now func() time.Time, test func(t *testing.T, db *store.DB)) {
	t.Helper()
	for name, address := range Addresses(t) {
		t.Run(name, func(t *testing.T) {
			db, err := store.Open(context.Background(), address(t), now)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := db.Close(); err != nil {
					t.Error(err)
				}
			})
			test(t, db)
		})
	}
}

// Addresses returns for each engine what gives the address of a fresh database.
func Addresses(t *testing.T) map[string]func(*testing.T) string {
	t.Helper()
	return map[string]func(*testing.T) string{
		"sqlite":     func(t *testing.T) string { return filepath.Join(t.TempDir(), "test.db") },
		"postgresql": freshPostgres,
	}
}

var databases atomic.Int64

func freshPostgres(t *testing.T) string {
	t.Helper()
	return fresh(t, cluster)
}

// DurablePostgres returns the address of a fresh database on a cluster of its own
// that really writes to disk: for measuring.
func DurablePostgres(t testing.TB) string {
	t.Helper()
	return fresh(t, durable)
}

func fresh(t testing.TB, cluster func() (*postgres, error)) string {
	t.Helper()
	c, err := cluster()
	if err != nil {
		t.Fatalf("%v; run `make test-deps`", err)
	}
	name := fmt.Sprintf("test%d", databases.Add(1))
	if out, err := c.command("psql", "-X", "-h", "127.0.0.1", "-p", strconv.Itoa(c.port), "-U", "postgres", "-c", "CREATE DATABASE "+name, "postgres").CombinedOutput(); err != nil {
		t.Fatalf("create database: %v: %s", err, out)
	}
	return fmt.Sprintf("postgres://postgres@127.0.0.1:%d/%s?sslmode=disable", c.port, name)
}

type postgres struct {
	bin, dir string
	port     int
	attr     *syscall.SysProcAttr
	server   *exec.Cmd
}

var (
	started []*postgres
	cluster = sync.OnceValues(func() (*postgres, error) { return startPostgres("off") })
	durable = sync.OnceValues(func() (*postgres, error) { return startPostgres("on") })
)

// Main runs the tests of a package and stops the cluster they may have started.
func Main(m *testing.M) {
	code := m.Run()
	StopPostgres()
	os.Exit(code)
}

// StopPostgres stops the clusters that were started.
func StopPostgres() {
	for _, p := range started {
		_ = p.server.Process.Signal(syscall.SIGQUIT) // immediate: nothing in it is needed again
		_ = p.server.Wait()
		_ = os.RemoveAll(p.dir)
	}
}

// newestPostgres is where Debian puts its newest server.
func newestPostgres() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil || len(found) == 0 {
		return "", fmt.Errorf("no PostgreSQL server under /usr/lib/postgresql")
	}
	version := func(path string) int {
		n, _ := strconv.Atoi(strings.Split(path, "/")[4])
		return n
	}
	sort.Slice(found, func(i, j int) bool { return version(found[i]) < version(found[j]) })
	return filepath.Dir(found[len(found)-1]), nil
}

func startPostgres(fsync string) (*postgres, error) {
	bin, err := newestPostgres()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "broadsheet-pg-")
	if err != nil {
		return nil, err
	}
	p := &postgres{bin: bin, dir: dir}
	if err := p.switchUser(); err != nil {
		return nil, err
	}
	if out, err := p.command("initdb", "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C.UTF-8").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w: %s", err, out)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p.port = l.Addr().(*net.TCPAddr).Port
	if err := l.Close(); err != nil {
		return nil, err
	}
	p.server = p.command("postgres", "-D", filepath.Join(dir, "data"), "-k", dir, "-h", "127.0.0.1", "-p", strconv.Itoa(p.port), "-c", "fsync="+fsync, "-c", "max_connections=200")
	if err := p.server.Start(); err != nil {
		return nil, fmt.Errorf("start postgres: %w", err)
	}
	started = append(started, p)
	return p, p.ready()
}

// switchUser makes root's cluster somebody else's: the server refuses to run as root.
func (p *postgres) switchUser() error {
	if os.Getuid() != 0 {
		return nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return fmt.Errorf("root needs the user postgres: %w", err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	p.attr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return os.Chown(p.dir, uid, gid)
}

func (p *postgres) command(name string, args ...string) *exec.Cmd {
	path := filepath.Join(p.bin, name)
	cmd := exec.Command(path, args...)
	cmd.Dir, cmd.SysProcAttr = p.dir, p.attr
	cmd.Env = []string{"PATH=" + p.bin + ":/usr/bin:/bin", "LC_ALL=C.UTF-8", "HOME=" + p.dir}
	return cmd
}

// ready waits until the server answers; pg_isready itself blocks on the connection.
func (p *postgres) ready() error {
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		if p.command("pg_isready", "-q", "-t", "1", "-h", "127.0.0.1", "-p", strconv.Itoa(p.port)).Run() == nil {
			return nil
		}
	}
	return fmt.Errorf("postgres did not answer within 30 s")
}
