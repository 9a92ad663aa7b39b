package csvfile

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"broadsheet/subscribers"
)

func read(text string) (rows []subscribers.Row, refused []string) {
	for row, err := range Read(strings.NewReader(text)) {
		if err != nil {
			refused = append(refused, fmt.Sprintf("%d: %v", row.Line, err))
			continue
		}
		rows = append(rows, row)
	}
	return rows, refused
}

func TestRead(t *testing.T) {
	for name, c := range map[string]struct {
		text    string
		want    string
		refused string
	}{
		"comma":          {"email,name\na@x.org,A\n\nb@x.org,B\n", "2 a@x.org A;4 b@x.org B;", ""},
		"semicolon, bom": {"\uFEFFName;E-Mail\r\nA;a@x.org\r\n", "2 a@x.org A;", ""},
		"tab":            {"email\tname\na@x.org\tA, B\n", "2 a@x.org A, B;", ""},
		"open quote":     {"email,name\na@x.org,A\n\"b@x.org,B\nc@x.org,C\nd@x.org,D\n", "2 a@x.org A;4 c@x.org C;5 d@x.org D;", "3: not CSV"},
		"over two lines": {"email,name\na@x.org,\"A\nB\"\nc@x.org,C\n", "2 a@x.org A\nB;4 c@x.org C;", ""},
		"stray quote":    {"email,name\na@x.org,\"A\"b\nc@x.org,C\n", "3 c@x.org C;", "2: not CSV"},
		"left":           {"email,state\na@x.org,ended\nb@x.org,confirmed\n", "3 b@x.org ;", "2: the person left"},
		"half consent":   {"email,consent_source\na@x.org,form\n", "", "2: consent needs both"},
		"no address":     {"name\nA\n", "", "0: line 1 names no column"},
		"empty":          {"", "", "0: the file is empty"},
	} {
		rows, refused := read(c.text)
		got := ""
		for _, r := range rows {
			got += fmt.Sprintf("%d %s %s;", r.Line, r.Address, r.Name)
		}
		if got != c.want || !strings.HasPrefix(strings.Join(refused, "|"), c.refused) || (len(refused) > 0) != (c.refused != "") {
			t.Errorf("%s: %q, refused %q", name, got, refused)
		}
	}
}

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	var out bytes.Buffer
	w, err := NewWriter(&out)
	if err != nil {
		t.Fatal(err)
	}
	given := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for _, name := range []string{"=1+1", "'quoted", "-x", "A, \"B\"", "@x", "Žofie"} {
		m := subscribers.Member{Subscriber: subscribers.Subscriber{Address: "a@x.org", Name: name, Language: "fr"}, Subscription: subscribers.Subscription{State: subscribers.Confirmed, Consent: subscribers.Consent{Source: "form", GivenAt: given}}}
		if err := w.Write(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(out.String(), "\na@x.org,=") {
		t.Error("a formula is written as it is")
	}
	rows, refused := read(out.String())
	if len(rows) != 6 || len(refused) != 0 || rows[0].Name != "=1+1" || rows[1].Name != "'quoted" || rows[3].Name != `A, "B"` || !rows[0].Consent.GivenAt.Equal(given) {
		t.Errorf("%+v %v", rows, refused)
	}
}
