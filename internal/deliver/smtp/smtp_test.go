package smtp_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"broadsheet/internal/deliver/smtp"
	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
)

// A server is emersion's, which nobody of us wrote. It notes what it is told.
type server struct {
	port int

	mu     sync.Mutex
	mails  []string // from to utf8
	tokens []string // access tokens that signed in
}

type session struct {
	server *server
	from   string
	utf8   bool
}

func (s *session) Reset()        {}
func (s *session) Logout() error { return nil }
func (s *session) Mail(from string, o *gosmtp.MailOptions) error {
	s.from, s.utf8 = from, o != nil && o.UTF8
	return nil
}
func (s *session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.mails = append(s.server.mails, fmt.Sprint(s.from, " ", to, " ", s.utf8))
	return nil
}
func (s *session) Data(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}
func (s *session) AuthMechanisms() []string { return []string{sasl.Plain, "XOAUTH2"} }
func (s *session) Auth(mechanism string) (sasl.Server, error) {
	if mechanism == "XOAUTH2" {
		return &xoauth2{s.server}, nil
	}
	return sasl.NewPlainServer(func(_, username, password string) error {
		if username != "news" || password != "right" {
			return errors.New("no")
		}
		return nil
	}), nil
}

// xoauth2 takes tokens that begin with "good".
type xoauth2 struct{ server *server }

func (x *xoauth2) Next(response []byte) (challenge []byte, done bool, err error) {
	_, token, ok := strings.Cut(string(response), "auth=Bearer ")
	token, _, _ = strings.Cut(token, "\x01")
	if !ok || !strings.HasPrefix(token, "good") {
		return nil, false, errors.New("invalid token")
	}
	x.server.mu.Lock()
	defer x.server.mu.Unlock()
	x.server.tokens = append(x.server.tokens, token)
	return nil, true, nil
}

// start serves on loopback; with implicit, TLS is spoken from the first byte.
func start(t *testing.T, certificate *tls.Certificate, implicit, utf8 bool) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{port: l.Addr().(*net.TCPAddr).Port}
	srv := gosmtp.NewServer(gosmtp.BackendFunc(func(*gosmtp.Conn) (gosmtp.Session, error) { return &session{server: s}, nil }))
	srv.AllowInsecureAuth, srv.EnableSMTPUTF8 = true, utf8
	srv.ErrorLog = discard{}
	if certificate != nil {
		srv.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*certificate}}
		if implicit {
			l = tls.NewListener(l, srv.TLSConfig)
		}
	}
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return s
}

type discard struct{}

func (discard) Printf(string, ...any) {}
func (discard) Println(...any)        {}

// certify makes a certificate for a name, signed by an authority of its own.
func certify(t *testing.T, name string, until time.Time) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: until,
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
	if ip := net.ParseIP(name); ip != nil {
		template.IPAddresses = []net.IP{ip}
	} else {
		template.DNSNames = []string{name}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func send(t *testing.T, r smtp.Relay, to string) (smtp.Result, error) {
	t.Helper()
	r.ID, r.Host = "main", "127.0.0.1"
	s, err := r.Dial(context.Background())
	if err != nil {
		return smtp.Result{}, err
	}
	defer s.Close()
	return s.Send(smtp.Envelope{From: "news@example.org", To: to}, []byte("Subject: x\r\n\r\nx\r\n"), smtp.Envelope{}, func() {}, func() bool { return true }), nil
}

// TLS as the policy says: with an expired, foreign or missing certificate no mail leaves, least of all in clear.
func TestTLS(t *testing.T) {
	good, roots := certify(t, "127.0.0.1", time.Now().Add(time.Hour))
	expired, old := certify(t, "127.0.0.1", time.Now().Add(-time.Hour))
	foreign, others := certify(t, "mail.example.net", time.Now().Add(time.Hour))
	for name, c := range map[string]struct {
		policy      string
		certificate *tls.Certificate
		roots       *x509.CertPool
		ok          bool
	}{
		"required": {"required", good, roots, true}, "implicit": {"implicit", good, roots, true}, "opportunistic": {"opportunistic", good, roots, true},
		"own authority not named": {"required", good, nil, false}, "expired": {"required", expired, old, false}, "wrong name": {"required", foreign, others, false},
		"implicit, expired": {"implicit", expired, old, false}, "not offered": {"required", nil, roots, false}, "opportunistic, not offered": {"opportunistic", nil, nil, true}, "none": {"none", nil, nil, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := start(t, c.certificate, c.policy == "implicit", false)
			res, err := send(t, smtp.Relay{Port: s.port, TLS: c.policy, Roots: c.roots}, "a@example.org")
			if c.ok && (err != nil || res.State != newsletter.Accepted) {
				t.Errorf("%+v %v", res, err)
			}
			if !c.ok && (!fault.Is(err, fault.Unavailable) || len(s.mails) != 0 || !strings.Contains(err.Error(), "relay main at 127.0.0.1")) {
				t.Errorf("%v, and it has %v", err, s.mails)
			}
		})
	}
}

func TestPassword(t *testing.T) {
	certificate, roots := certify(t, "127.0.0.1", time.Now().Add(time.Hour))
	s := start(t, certificate, false, false)
	for password, ok := range map[string]bool{"right": true, "secret-and-wrong": false} {
		_, err := send(t, smtp.Relay{Port: s.port, TLS: "required", Roots: roots, Username: "news", Password: password}, "a@example.org")
		if (err == nil) != ok {
			t.Errorf("%v", err)
		}
		if err != nil && (strings.Contains(err.Error(), password) || strings.Contains(err.Error(), base64.StdEncoding.EncodeToString([]byte(password)))) {
			t.Errorf("the password is in the error: %v", err)
		}
	}
}

// An access token is asked for once, used again while it holds, and asked for anew when it expires.
func TestTokens(t *testing.T) {
	asked := 0
	issuer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.FormValue("refresh_token") != "refresh" || r.FormValue("grant_type") != "refresh_token" {
			w.Header().Set("Content-Type", "application/json")
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprint(w, `{"error":"invalid_grant","error_description":"stolen-refresh is not one"}`)
			return
		}
		asked++
		expires := 3600
		if asked == 2 {
			expires = 1 // within the margin of the library: expired at once
		}
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"access_token":"good%d","token_type":"Bearer","expires_in":%d}`, asked, expires)
	}))
	defer issuer.Close()
	certificate, roots := certify(t, "127.0.0.1", time.Now().Add(time.Hour))
	s := start(t, certificate, false, false)
	relay := func(refresh string) smtp.Relay {
		o := smtp.OAuth{TokenURL: issuer.URL, ClientID: "c", ClientSecret: "s", RefreshToken: refresh, HTTP: issuer.Client()}
		return smtp.Relay{Port: s.port, TLS: "required", Roots: roots, Username: "news@example.org", Token: o.Tokens()}
	}
	first := relay("refresh")
	for range 2 {
		if _, err := send(t, first, "a@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	second := relay("refresh") // its first token, the second of all, expires at once
	for range 2 {
		if _, err := send(t, second, "a@example.org"); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Join(s.tokens, " "); got != "good1 good1 good2 good3" {
		t.Error(got)
	}
	if _, err := send(t, relay("stolen-refresh"), "a@example.org"); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "invalid_grant") || strings.Contains(err.Error(), "stolen") {
		t.Errorf("%v", err)
	}
}

// SMTPUTF8 is asked for only where an address needs it, and where the relay has it not the copy is refused at home.
func TestSMTPUTF8(t *testing.T) {
	s := start(t, nil, false, true)
	for to, want := range map[string]string{"a@example.org": "news@example.org a@example.org false", "josé@example.org": "news@example.org josé@example.org true", "a@xn--bcher-kva.example": "news@example.org a@xn--bcher-kva.example false"} {
		s.mails = nil
		if res, err := send(t, smtp.Relay{Port: s.port, TLS: "none"}, to); err != nil || res.State != newsletter.Accepted || len(s.mails) != 1 || s.mails[0] != want {
			t.Errorf("%s: %+v %v %v", to, res, err, s.mails)
		}
	}
	plain := start(t, nil, false, false)
	res, err := send(t, smtp.Relay{Port: plain.port, TLS: "none"}, "josé@example.org")
	if err != nil || res.State != newsletter.Rejected || res.Code != 553 || len(plain.mails) != 0 {
		t.Errorf("%+v %v", res, err)
	}
}
