package judge

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// What Python's parser reads in a message.
type reading struct {
	Defects                                      []string
	Name, Address, Subject, Language, Text, HTML string
}

func wellFormed(t *testing.T, mails []mail, files []string) {
	cut := filepath.Join(t.TempDir(), "cut.eml")
	if err := os.WriteFile(cut, mails[0].raw[:len(mails[0].raw)*3/4], 0o600); err != nil {
		t.Fatal(err)
	}
	read := lines[reading](t, python, append([]string{"judge_mail.py", cut}, files...)...)
	if len(read) != len(mails)+1 {
		t.Fatalf("%d of %d messages were read", len(read), len(mails)+1)
	}
	if len(read[0].Defects) == 0 { // shows that it judges
		t.Error("no defect was found in half a message")
	}
	for i, got := range read[1:] {
		m := mails[i]
		if len(got.Defects) > 0 {
			t.Errorf("%s: %q", m.label, got.Defects)
		}
		if got.Name != m.reader.name || got.Address != m.reader.address || got.Language != m.language {
			t.Errorf("%s: is in %q for %q <%s>", m.label, got.Language, got.Name, got.Address)
		}
		if !strings.Contains(got.Subject, m.subject) {
			t.Errorf("%s: the subject is %q, not %q", m.label, got.Subject, m.subject)
		}
		if !strings.Contains(got.Text, m.says) || got.HTML == "" || strings.ContainsRune(got.Text+got.HTML+got.Subject, utf8.RuneError) {
			t.Errorf("%s: the bodies do not say %q:\n%s", m.label, m.says, got.Text)
		}
	}
}

// tooMuch is the score at which mail begins to be looked at askance; 5 is spam.
const tooMuch = 2.0

// scores is the header that noSpam has SpamAssassin add.
var scores = regexp.MustCompile(`(?m)^X-Spam-Scores: (-?[\d.]+) (\S+)`)

// gtube is what every spam filter takes for spam: https://spamassassin.apache.org/gtube/
const gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"

// noSpam runs SpamAssassin with the rules that it came with, so that tomorrow's
// update changes no score, and without what it has learned on this machine.
func noSpam(t *testing.T, mails []mail, files []string) {
	home := t.TempDir()
	spam := filepath.Join(home, "spam.eml")
	if err := os.WriteFile(spam, bytes.Replace(mails[0].raw, []byte("printable\r\n\r\n"), []byte("printable\r\n\r\n"+gtube+"\r\n"), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{"-L", "-t", "--configpath=/usr/share/spamassassin", "--cf=use_bayes 0", "--cf=fold_headers 0", "--cf=add_header all Scores _SCORE_ _TESTSSCORES_"}
	cmd := exec.Command(spamassassin, append(append(args, files...), spam)...)
	cmd.Env = append(os.Environ(), "HOME="+home, "LC_ALL=C")
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("SpamAssassin: %v", err)
	}
	found := scores.FindAllStringSubmatch(string(printed), -1)
	if len(found) != len(mails)+1 {
		t.Fatalf("%d of %d messages have a score", len(found), len(mails)+1)
	}
	for i, f := range found {
		score, err := strconv.ParseFloat(f[1], 64)
		if err != nil {
			t.Fatal(err)
		}
		if i == len(mails) {
			if score < tooMuch { // shows that it judges
				t.Errorf("spam scores %s: %s", f[1], f[2])
			}
			continue
		}
		t.Logf("%s: %s: %s", mails[i].label, f[1], f[2])
		if score >= tooMuch {
			t.Errorf("%s scores %s: %s", mails[i].label, f[1], f[2])
		}
	}
}
