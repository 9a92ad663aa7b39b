package judge

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"image"
	"image/png"
	"net/http"
	"net/http/httptest"
	netmail "net/mail"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"text/template"

	"broadsheet/internal/testkit"
)

// A mail is one message as the product wrote it, and what is known of it beforehand.
type mail struct {
	label    string // says in a failure which one it is
	reader   reader
	language string // Content-Language
	subject  string // a part of it, decoded
	says     string // a part of its text, decoded
	raw      []byte
}

type reader struct{ name, address, language string }

// readers are those whose copies are hard to get right.
var readers = []reader{
	{"Peter O'Neill", "en@example.org", "en"},
	{"Hélène Lefèvre", "fr@example.org", "fr"},
	{"ليلى منصور", "ar@example.org", "ar"},
	{"Αλεξάνδρα Παπαδοπούλου-Κωνσταντινίδου, Διευθύντρια (Ευρωπαϊκή Συνεργασία) – Θεσσαλονίκη, Αλεξανδρούπολη, Ιωάννινα και Ηράκλειο · „σύνδεσμος“ της Ομάδας", "long@example.org", "en"},
	{"José Peña", "josé@example.org", "fr"}, // RFC 6531: needs SMTPUTF8
	{"", "nameless@example.org", "ar"},
}

// month is when the demo's sample sites have their news.
const month, issue = "2017-03-25T06:00:00+01:00", "monthly/1"

// A press is the real binary in a folder of its own, with the demo's sources and
// publication, two keys, and a mail server.
type press struct {
	t    *testing.T
	dir  string
	mail *testkit.SMTP
}

func newPress(t *testing.T) press {
	p := press{t, t.TempDir(), testkit.NewSMTP(t)}
	out, err := exec.Command("go", "build", "-o", filepath.Join(p.dir, "broadsheet"), "../../../cmd/broadsheet").CombinedOutput()
	if err != nil {
		t.Fatalf("build: %v: %s", err, out)
	}
	site := httptest.NewServer(http.FileServer(http.Dir("../../demo/site")))
	t.Cleanup(site.Close)
	p.must(os.CopyFS(filepath.Join(p.dir, "editorial"), os.DirFS("../../demo/site/editorial")))
	p.write("demo.secret", "0123456789abcdef0123456789abcdef")
	p.write("broadsheet.yaml", p.config(strings.TrimPrefix(site.URL, "http://")))
	p.run("dkim", "keygen", "--type", "rsa", "--out", "rsa.pem")
	p.run("dkim", "keygen", "--type", "ed25519", "--out", "ed25519.pem")
	return p
}

// config is the demo's own, but that it signs, and that its public side is where
// one would be: readers get links to a name, not to a port of their own machine.
func (p press) config(site string) string {
	for _, name := range []string{"logo.png", "funder.png"} {
		var drawn bytes.Buffer
		p.must(png.Encode(&drawn, image.NewGray(image.Rect(0, 0, 400, 100))))
		p.write(name, drawn.String())
	}
	text, err := os.ReadFile("../../demo/demo.yaml")
	p.must(err)
	const loopback = `url: "http://{{.Public}}"`
	if strings.Count(string(text), loopback) != 1 {
		p.t.Fatalf("demo.yaml has no %s to be replaced", loopback)
	}
	form, err := template.New("demo.yaml").Option("missingkey=error").Parse(strings.Replace(string(text), loopback, `url: "https://news.example.org"`, 1))
	p.must(err)
	var out bytes.Buffer
	p.must(form.Execute(&out, map[string]string{"Dir": p.dir, "Site": site, "SMTP": strconv.Itoa(p.mail.Port()), "Public": "127.0.0.1:0", "Desk": "127.0.0.1:8081"}))
	out.WriteString("dkim:\n  - {domain: example.org, selector: r2017, key: file:rsa.pem}\n  - {domain: example.org, selector: e2017, key: file:ed25519.pem}\n")
	return out.String()
}

func (p press) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p press) write(name, text string) string {
	p.t.Helper()
	path := filepath.Join(p.dir, name)
	p.must(os.WriteFile(path, []byte(text), 0o600))
	return path
}

func (p press) run(args ...string) string {
	p.t.Helper()
	cmd := exec.Command(filepath.Join(p.dir, "broadsheet"), args...)
	cmd.Dir = p.dir
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		p.t.Fatalf("broadsheet %s: %v\n%s", strings.Join(args, " "), err, &complaint)
	}
	return out.String()
}

// records writes what DNS would say, a line per key: its name and its TXT record.
// It is also the form of opendkim's TestPublicKeys.
func (p press) records() (file string) {
	var published []struct{ Name, Record string }
	p.must(json.Unmarshal([]byte(p.run("dkim", "record", "--json")), &published))
	var b strings.Builder
	for _, r := range published {
		fmt.Fprintln(&b, r.Name, r.Record)
	}
	return p.write("keys", b.String())
}

// mails makes every kind of message there is: the demo's issue as it stands,
// the issue with long headlines, and service mail, handed to a mail server.
func (p press) mails() []mail {
	p.subscribe()
	p.run("collect", "--now", month)
	p.run("issue", "compose", "--now", month)
	mails := p.rehearse("demo", map[string]string{"en": "Pompidou Group newsletter", "fr": "Lettre du Groupe Pompidou", "ar": "نشرة مجموعة بومبيدو"})
	long := map[string]string{
		"en": strings.Repeat("A headline that goes on about treatment, \"prison terms\" & <customs>; ", 4) + "then ends",
		"fr": strings.Repeat("Une manchette très longue, où l’été dure « jusqu’à Noël » ; ", 4) + "puis s’achève",
		"ar": strings.Repeat("عنوان طويل جدا عن سياسات المخدرات وحقوق الإنسان عبر الحدود، ", 4) + "ثم ينتهي",
	}
	for language, headline := range long {
		p.headline(language, headline)
	}
	mails = append(mails, p.rehearse("long headline", long)...)
	return append(mails, p.service()...)
}

func (p press) subscribe() {
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	rows := [][]string{{"email", "name", "language", "consent_source", "consent_date"}}
	for _, r := range readers {
		rows = append(rows, []string{r.address, r.name, r.language, "paper form", "2016-05-01"})
	}
	p.must(w.WriteAll(rows))
	p.write("people.csv", b.String())
	p.run("subscriber", "import", "people.csv", "--list", "members")
}

var noHeadline = regexp.MustCompile(`(?m)^headline:.*$`)

func (p press) headline(language, text string) {
	draft := noHeadline.ReplaceAllLiteralString(p.run("issue", "edit", issue, "--print", "--language", language), "headline: "+text)
	p.write("draft.md", draft)
	p.run("issue", "edit", issue, "--from", "draft.md", "--as", "ana@example.org")
}

// rehearse takes everybody's copy of the issue from the outbox.
func (p press) rehearse(what string, subjects map[string]string) (mails []mail) {
	p.run("issue", "send", issue, "--rehearse", "--now", month)
	copies := map[string][]byte{}
	files, err := filepath.Glob(filepath.Join(p.dir, "outbox", "monthly-1", "*.eml"))
	p.must(err)
	for _, file := range files {
		raw, err := os.ReadFile(file)
		p.must(err)
		m, err := netmail.ReadMessage(bytes.NewReader(raw))
		p.must(err)
		to, err := m.Header.AddressList("To")
		p.must(err)
		copies[to[0].Address] = raw
	}
	for _, r := range readers {
		raw, ok := copies[r.address]
		if !ok {
			p.t.Fatalf("there is no copy for %s", r.address)
		}
		says := r.name
		if says == "" {
			says = "https://news.example.org/u/"
		}
		mails = append(mails, mail{what + " for " + r.address, r, r.language, subjects[r.language], says, raw})
	}
	return mails
}

// service makes the mail that goes to one person: to confirm, to approve, to try.
func (p press) service() (mails []mail) {
	p.run("subscriber", "add", "eva@example.org", "--list", "members", "--language", "ar")
	p.run("issue", "submit", issue, "--as", "ana@example.org")
	p.run("issue", "test", issue, "--to", "desk@example.org", "--language", "ar")
	known := map[string]mail{
		"eva@example.org":  {label: "confirmation", language: "ar", subject: "نشرة مجموعة بومبيدو", says: "https://news.example.org/c/"},
		"luc@example.org":  {label: "review", language: "fr", subject: "Lettre du Groupe Pompidou", says: "/review/"},
		"desk@example.org": {label: "test copy", language: "ar", subject: "[test] عنوان طويل", says: "https://news.example.org/i/"},
	}
	for _, got := range p.mail.Messages() {
		m, ok := known[got.To]
		if !ok {
			p.t.Fatalf("there is mail for %s", got.To)
		}
		m.reader, m.raw = reader{address: got.To}, []byte(got.Raw)
		mails = append(mails, m)
	}
	if len(mails) != len(known) {
		p.t.Fatalf("%d service mails, want %d", len(mails), len(known))
	}
	return mails
}
