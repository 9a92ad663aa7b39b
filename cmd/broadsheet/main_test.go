package main

import (
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"broadsheet/internal/testkit"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/spf13/cobra"
)

func TestMain(m *testing.M) {
	if os.Getenv(judgeEnv) != "" {
		judge()
		return
	}
	testscript.Main(stopping{m}, map[string]func(){"broadsheet": main})
}

// stopping ends the PostgreSQL cluster after the tests; testscript.Main exits itself.
type stopping struct{ *testing.M }

func (s stopping) Run() int {
	defer testkit.StopPostgres()
	return s.M.Run()
}

// The stories: what people type, against the real binary, a real site and a real mail server.
func TestStories(t *testing.T) {
	for engine, address := range testkit.Addresses(t) {
		t.Run(engine, func(t *testing.T) {
			testscript.Run(t, testscript.Params{
				Dir: "testdata",
				Setup: func(e *testscript.Env) error {
					st := e.T().(interface{ Cleanup(func()) })
					site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
						http.FileServer(http.Dir(filepath.Join(e.WorkDir, "www"))).ServeHTTP(w, r)
					}))
					st.Cleanup(site.Close)
					mail := testkit.NewSMTP(t)
					e.Values["mail"] = mail
					database := filepath.Join(e.WorkDir, "test.db")
					if engine == "postgresql" {
						database = address(t)
					}
					e.Setenv("SITE", site.URL)
					e.Setenv("SMTP_PORT", strconv.Itoa(mail.Port()))
					e.Setenv("DEAD_PORT", closedPort(t))
					e.Setenv("DATABASE", database)
					return nil
				},
				Cmds: map[string]func(*testscript.TestScript, bool, []string){"envfile": envFile, "mails": mails, "digest": digest, "signed": signed},
			})
		})
	}
}

func closedPort(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// envFile replaces ${NAME} in a file.
func envFile(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		path := ts.MkAbs(name)
		text, err := os.ReadFile(path)
		ts.Check(err)
		ts.Check(os.WriteFile(path, []byte(os.Expand(string(text), ts.Getenv)), 0o600))
	}
}

// mails checks how many messages a recipient has: mails ADDRESS N.
func mails(ts *testscript.TestScript, _ bool, args []string) {
	got := ts.Value("mail").(*testkit.SMTP).Copies()[args[0]]
	if strconv.Itoa(got) != args[1] {
		ts.Fatalf("%s has %d messages, want %s", args[0], got, args[1])
	}
}

// signed checks how many signatures a recipient's message carries: signed ADDRESS N.
func signed(ts *testscript.TestScript, _ bool, args []string) {
	for _, m := range ts.Value("mail").(*testkit.SMTP).Messages() {
		if m.To == args[0] {
			if got := strconv.Itoa(len(m.Header["Dkim-Signature"])); got != args[1] {
				ts.Fatalf("%s has %s signatures, want %s", args[0], got, args[1])
			}
		}
	}
}

// digest puts the digest that stands in the last output into $DIGEST.
func digest(ts *testscript.TestScript, _ bool, _ []string) {
	_, rest, _ := strings.Cut(ts.ReadFile("stdout"), `"digest": "`)
	value, _, _ := strings.Cut(rest, `"`)
	ts.Setenv("DIGEST", value)
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	var walk func(*cobra.Command)
	n := 0
	walk = func(cmd *cobra.Command) {
		n++
		if cmd.Example == "" && cmd.Name() != "help" {
			t.Errorf("%s has no example", cmd.CommandPath())
		}
		if cmd.Short == "" {
			t.Errorf("%s says nothing of itself", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk((&cli{out: os.Stdout, err: os.Stderr}).root())
	if n < 30 {
		t.Errorf("only %d commands", n)
	}
}
