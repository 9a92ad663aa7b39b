package csvfile

import (
	"bytes"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"broadsheet/subscribers"
)

func read(text string) (rows []subscribers.Row, refused []string) {
	return readWith(text, Options{})
}

func readWith(text string, o Options) (rows []subscribers.Row, refused []string) {
	f, err := Read(strings.NewReader(text), o)
	if err != nil {
		return nil, []string{"0: " + err.Error()}
	}
	for row, err := range f.Rows() {
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
		"left":           {"email,state\na@x.org,ended\nb@x.org,confirmed\n", "2 a@x.org ;3 b@x.org ;", ""},
		"unknown state":  {"email,state\na@x.org,gone\nb@x.org,confirmed\n", "3 b@x.org ;", "2: state"},
		"pipes":          {"email|name\na@x.org|A, B\n", "2 a@x.org A, B;", ""},
		"two names":      {"Email Address,First Name,Last Name\na@x.org,Ana,B\n", "2 a@x.org Ana B;", ""},
		"doubled quotes": {"email,name\na@x.org,\"A \"\"B\"\"\"\n", "2 a@x.org A \"B\";", ""},
		"json lines":     {"{\"email\":\"a@x.org\",\"name\":\"A\"}\n\n{\"email\":\n{\"email\":\"b@x.org\"}\n", "1 a@x.org A;4 b@x.org ;", "3: not a JSON"},
		"utf-16":         {"\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00a\x00@\x00x\x00.\x00o\x00r\x00g\x00\n\x00", "2 a@x.org ;", ""},
		"windows":        {"email;name\na@x.org;Andr\xe9 No\xebl \xe0 la gare\n", "2 a@x.org André Noël à la gare;", ""},
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

// What is written in any format is read back the same, formulas included.
func TestWhatIsWrittenIsReadBack(t *testing.T) {
	day := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	at := time.Date(2026, 3, 4, 5, 6, 7, 8e6, time.UTC)
	consent := subscribers.Consent{Wording: "Yes,\nplease", Version: "2", Language: "fr", Purpose: "the letter", Source: "form", From: "a1", GivenAt: day}
	for _, format := range Formats {
		var out bytes.Buffer
		w, err := NewWriter(&out, format)
		if err != nil {
			t.Fatal(err)
		}
		names := []string{"=1+1", "'quoted", "-x", `A, "B"`, "@x", "Žofie", "'=x", "+1"}
		for _, name := range names {
			m := subscribers.Member{Subscriber: subscribers.Subscriber{Address: "a@x.org", Name: name, Language: "fr", Attributes: map[string]string{"country": "GE", "n": "=1"}},
				Subscription: subscribers.Subscription{ListID: "l", State: subscribers.Confirmed, ConfirmedAt: at, Consent: consent}}
			if err := w.Write(m); err != nil {
				t.Fatal(err)
			}
		}
		left := subscribers.Member{Subscriber: subscribers.Subscriber{Address: "b@x.org"}, Subscription: subscribers.Subscription{State: subscribers.Ended, EndReason: subscribers.Complained, EndedAt: at}, Suppressed: true}
		waits := subscribers.Member{Subscriber: subscribers.Subscriber{Address: "c@x.org"}, Subscription: subscribers.Subscription{State: subscribers.Pending, MayAsk: true}}
		for _, m := range []subscribers.Member{left, waits} {
			if err := w.Write(m); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if format == "csv" && strings.Contains(out.String(), "\na@x.org,=") {
			t.Error("a formula is written as it is")
		}
		rows, refused := read(out.String())
		if len(rows) != len(names)+2 || len(refused) != 0 {
			t.Fatalf("%s: %d rows, refused %v\n%s", format, len(rows), refused, out.String()[:200])
		}
		for i, name := range names {
			r := rows[i]
			if r.Name != name || r.Attributes["n"] != "=1" || r.Attributes["country"] != "GE" || *r.Consent != consent || !r.ConfirmedAt.Equal(at) || r.Pending || r.Ended != "" {
				t.Errorf("%s: %+v %+v", format, r, r.Consent)
			}
		}
		if r := rows[len(names)]; r.Ended != subscribers.Complained || !r.EndedAt.Equal(at) || r.Suppress == "" {
			t.Errorf("%s: %+v", format, r)
		}
		if r := rows[len(names)+1]; !r.Pending || !r.MayAsk {
			t.Errorf("%s: %+v", format, r)
		}
	}
}

func TestExportsOfOthers(t *testing.T) {
	for name, c := range map[string]struct{ text, layout, want string }{
		"listmonk": {"uuid,email,name,attributes,status,created_at,updated_at\nu1,a@x.org,Ana,\"{\"\"city\"\":\"\"Tbilisi\"\",\"\"n\"\":3}\",enabled,2020-01-01,2020-01-01\nu2,b@x.org,B,{},blocklisted,,\nu3,c@x.org,C,{},disabled,,\n", "listmonk",
			"a@x.org Ana city=Tbilisi n=3 ; b@x.org B removed manual; c@x.org C removed ; "},
		"mailchimp": {"Email Address,First Name,Last Name,Address,MEMBER_RATING,OPTIN_TIME,CONFIRM_TIME,CC,LEID,EUID\na@x.org,Ana,B,\"1 Street\",2,2014-06-03 11:10:46,2014-06-03 11:12:00,ge,1,2\n", "mailchimp",
			"a@x.org Ana B country=ge consent 2014-06-03 ; "},
		"mailchimp, those who left": {"Email Address,First Name,Last Name,OPTIN_TIME,UNSUB_TIME,EUID\na@x.org,Ana,B,2014-06-03 11:10:46,2015-01-02 03:04:05,2\n", "mailchimp", "a@x.org Ana B unsubscribed ; "},
		"mailchimp, cleaned":        {"Email Address,First Name,CLEAN_TIME,EUID\na@x.org,Ana,2015-01-02 03:04:05,2\n", "mailchimp", "a@x.org Ana bounced hard_bounce; "},
	} {
		f, err := Read(strings.NewReader(c.text), Options{})
		if err != nil {
			t.Fatal(name, err)
		}
		got := ""
		for r, err := range f.Rows() {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			got += r.Address + " " + r.Name + " "
			for _, k := range slices.Sorted(maps.Keys(r.Attributes)) {
				got += k + "=" + r.Attributes[k] + " "
			}
			if r.Consent != nil {
				got += "consent " + r.Consent.GivenAt.Format(time.DateOnly) + " "
			}
			if r.Ended != "" {
				got += string(r.Ended) + " "
			}
			got += string(r.Suppress) + "; "
		}
		if f.Format.Layout != c.layout || got != c.want {
			t.Errorf("%s (%s): %s", name, f.Format.Layout, got)
		}
	}
}

func TestColumnsAreMapped(t *testing.T) {
	text := "Contact;Pays;Memo\na@x.org;GE;secret\n"
	rows, refused := readWith(text, Options{Columns: map[string]string{"contact": "address", "Pays": "attr.country"}})
	if len(refused) != 0 || len(rows) != 1 || rows[0].Address != "a@x.org" || len(rows[0].Attributes) != 1 || rows[0].Attributes["country"] != "GE" {
		t.Errorf("%+v %v", rows, refused)
	}
	for _, bad := range []map[string]string{{"Contact": "adress"}, {"Nowhere": "address"}} {
		if _, refused := readWith(text, Options{Columns: bad}); len(refused) != 1 {
			t.Errorf("%v: %v", bad, refused)
		}
	}
	if _, refused := readWith("email,consent_source,consent_date\na@x.org,form,03/04/2026\n", Options{}); len(refused) != 1 || !strings.Contains(refused[0], "2026-03-01") {
		t.Errorf("a date that can be read in two ways: %v", refused)
	}
}

// No file makes the reader fail, loop or lose count of its lines.
func FuzzRead(f *testing.F) {
	for _, seed := range []string{"email,name\na@x.org,A\n", "{\"email\":\"a@x.org\"}\n", "email;x\n\"a@x.org;\n", "\xff\xfee\x00", "email\tattributes\na@x.org\t{}\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		file, err := Read(strings.NewReader(text), Options{})
		if err != nil {
			return
		}
		defer file.Close()
		last := 0
		for row := range file.Rows() {
			if row.Line != 0 && row.Line <= last {
				t.Fatalf("line %d comes after %d", row.Line, last)
			}
			last = row.Line
		}
	})
}
