package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

var shellBlock = regexp.MustCompile("(?s)```sh\n(.*?)```")

// The README's commands, each as it is written, in order, in an empty folder.
// Three are run in a way that ends: make demo with --once, serve until it
// answers, and make test not at all, as this is part of it.
func TestReadmeCommands(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	bin := filepath.Join(dir, "bin")
	if err := os.Mkdir(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", filepath.Join(bin, "broadsheet"), ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	env := append(os.Environ(), "PATH="+bin+":"+os.Getenv("PATH"))
	n := 0
	for _, block := range shellBlock.FindAllStringSubmatch(string(text), -1) {
		for _, line := range strings.Split(strings.TrimSpace(block[1]), "\n") {
			n++
			switch line {
			case "make test":
			case "make demo":
				shell(t, dir, env, "broadsheet demo --once")
			case "broadsheet serve":
				serveOnce(t, dir, env)
			default:
				shell(t, dir, env, line)
			}
		}
	}
	if n < 20 {
		t.Errorf("only %d commands were found", n)
	}
}

func shell(t *testing.T, dir string, env []string, line string) {
	t.Helper()
	cmd := exec.Command("bash", "-c", "set -e; "+line)
	cmd.Dir, cmd.Env = dir, env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s", line, err, out)
	}
}

// serveOnce starts the daemon as written, waits until it says that it serves, and stops it.
func serveOnce(t *testing.T, dir string, env []string) {
	t.Helper()
	// The ports of the page may be in use on this machine: only they are changed.
	shell(t, dir, env, "sed -i 's/listen: 127.0.0.1:808[01]/listen: 127.0.0.1:0/' broadsheet.yaml")
	cmd := exec.CommandContext(context.Background(), "broadsheet", "serve")
	cmd.Path = filepath.Join(dir, "bin", "broadsheet")
	cmd.Dir, cmd.Env = dir, env
	talk, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var seen bytes.Buffer
	buf := make([]byte, 4096)
	for !strings.Contains(seen.String(), "msg=serving") {
		n, err := talk.Read(buf)
		seen.Write(buf[:n])
		if err != nil {
			break
		}
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Error(err)
	}
	_, _ = io.Copy(&seen, talk) // until it ends
	if err := cmd.Wait(); err != nil || !strings.Contains(seen.String(), "msg=stopped") {
		t.Errorf("serve: %v\n%s", err, seen.String())
	}
}
