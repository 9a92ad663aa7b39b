// Package smtp owns sessions with a relay: go-mail dials, negotiates TLS and
// signs in; finished bytes are then written straight to its connection, as its
// own Data writer works byte by byte and its Send renders while sending. It is
// the only door to go-mail.
//
// What a reply means is decided here by phase and code, never by an error's
// text: accepted after the final dot; 4xx deferred; 5xx rejected; a connection
// lost after the final dot was written is unknown, before it deferred.
package smtp

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"time"
	"unicode"

	"broadsheet/internal/fault"
	"broadsheet/internal/newsletter"

	gomail "github.com/wneessen/go-mail"
	gosmtp "github.com/wneessen/go-mail/smtp"
)

// Timeouts are those of RFC 5321 section 4.5.3.2, shortened where a relay is near.
const (
	dialTimeout  = 30 * time.Second
	replyTimeout = 2 * time.Minute
	dotTimeout   = 10 * time.Minute
)

// Relay says where mail is handed over, and how.
type Relay struct {
	ID       string
	Host     string
	Port     int
	TLS      string         // none | opportunistic | required | implicit
	Roots    *x509.CertPool // nil: the machine's
	Username string         // "": no sign-in
	Password string
	Token    func(ctx context.Context) (string, error) // an access token for XOAUTH2, instead of Password
	Hello    string                                    // the name we greet with
}

// Result is what became of one message.
type Result struct {
	State    newsletter.DeliveryState // Accepted, Deferred, Rejected or Unknown
	Code     int
	Enhanced string // RFC 3463
	Reply    string // on one line
	Lost     bool   // the session is of no more use
	Refused  bool   // the relay refuses us, not this recipient: no use in trying others now
}

// Envelope is who a message is from and for, as the relay is told (RFC 5321 section 2.3.1).
type Envelope struct{ From, To string }

// Session is one open connection. It is not safe for concurrent use.
type Session struct {
	client *gosmtp.Client
	conn   net.Conn
	dirty  bool // an envelope was begun and not ended: RSET before the next

	until      time.Time // the deadline
	pipelining bool
	begun      Envelope // that the relay has been sent already
}

// Dial opens a session. Its errors name the relay, host and port.
func (r Relay) Dial(ctx context.Context) (*Session, error) {
	var conn net.Conn // kept because go-mail leaks it when STARTTLS or sign-in fails
	dialer := &net.Dialer{Timeout: dialTimeout}
	config := &tls.Config{ServerName: r.Host, MinVersion: tls.VersionTLS12, RootCAs: r.Roots}
	options := []gomail.Option{
		gomail.WithPort(r.Port), gomail.WithTimeout(dialTimeout), gomail.WithTLSConfig(config), gomail.WithoutSMTPUTF8(),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (c net.Conn, err error) {
			if conn, err = dialer.DialContext(ctx, network, address); err == nil && r.TLS == "implicit" {
				conn = tls.Client(conn, config)
			}
			return conn, err
		}),
	}
	if r.Hello != "" {
		options = append(options, gomail.WithHELO(r.Hello))
	}
	switch r.TLS {
	case "none":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	case "opportunistic":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSOpportunistic))
	case "implicit":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS)) // the connection is TLS already
	default:
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	}
	signIn, err := r.signIn(ctx)
	if err != nil {
		return nil, err
	}
	options = append(options, signIn...)
	client, err := gomail.NewClient(r.Host, options...)
	if err != nil {
		return nil, fault.Invalidf("relay %s: %w", r.ID, err)
	}
	session, err := client.DialToSMTPClientWithContext(ctx)
	if err != nil {
		if conn != nil {
			conn.Close()
		}
		return nil, r.explain(err)
	}
	pipelining, _ := session.Extension("PIPELINING")
	return &Session{client: session, conn: conn, pipelining: pipelining}, nil
}

func (r Relay) signIn(ctx context.Context) ([]gomail.Option, error) {
	clear := r.TLS == "none" || r.TLS == "implicit" // go-mail does not know that an implicit connection is TLS
	switch {
	case r.Username == "":
		return nil, nil
	case r.Token != nil:
		token, err := r.Token(ctx)
		if err != nil {
			return nil, fault.WithHint(fault.Unavailablef("relay %s: no access token: %w", r.ID, err), "check oauth: of the relay")
		}
		return []gomail.Option{gomail.WithSMTPAuth(gomail.SMTPAuthXOAUTH2), gomail.WithUsername(r.Username), gomail.WithPassword(token)}, nil
	case clear:
		return []gomail.Option{gomail.WithSMTPAuth(gomail.SMTPAuthPlainNoEnc), gomail.WithUsername(r.Username), gomail.WithPassword(r.Password)}, nil
	}
	return []gomail.Option{gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(r.Username), gomail.WithPassword(r.Password)}, nil
}

func (r Relay) explain(err error) error {
	where := net.JoinHostPort(r.Host, strconv.Itoa(r.Port))
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return fault.WithHint(fault.Unavailablef("relay %s at %s cannot be reached: %w", r.ID, where, op.Err), "check relays: in the configuration, and that the relay is up")
	}
	return fault.WithHint(fault.Unavailablef("relay %s at %s: %w", r.ID, where, err), "check tls:, auth: and the password of the relay")
}

// Send hands over one finished message: CRLF line ends, no line beginning with a
// dot. next is the envelope of the message after this one, zero if that is not
// known: where the relay takes it, it goes behind this body (RFC 2920 section
// 3.1), and the next Send must be for it. Envelope and body alone mail nobody: may
// is asked when only the final dot is left, and if it says no the session ends
// without it and the message is deferred (RFC 5321 section 4.1.1.4). waits is
// called before that if the answers to the envelope are not there yet.
func (s *Session) Send(e Envelope, message []byte, next Envelope, waits func(), may func() bool) Result {
	if !isASCII(e.To) {
		if ok, _ := s.client.Extension("SMTPUTF8"); !ok {
			return Result{State: newsletter.Rejected, Code: 553, Enhanced: "5.6.7", Reply: "the relay does not take addresses beyond ASCII (RFC 6531)"}
		}
	}
	commands := e.commands()
	begun := s.begun
	s.begun = Envelope{}
	switch {
	case begun == e && begun.To != "":
	case begun.To != "": // the relay waits for another's body
		return Result{State: newsletter.Deferred, Reply: "the connection was given up", Lost: true}
	default:
		if res, ok := s.begin(commands); !ok {
			return res
		}
	}
	s.dirty = true
	if !s.pipelining || s.client.Text.R.Buffered() == 0 { // else they came with the answer to the last body
		waits()
	}
	if res, ok := s.answers(commands); !ok {
		return res
	}
	if err := s.body(message); err != nil {
		return s.deferred(lost(err))
	}
	if !may() {
		_ = s.conn.Close() // without a QUIT, that would be taken for text
		return Result{State: newsletter.Deferred, Reply: "the connection was given up", Lost: true}
	}
	if !s.pipelining || !isASCII(next.To) {
		next = Envelope{}
	}
	return s.end(next)
}

// allow lets what comes now take so long. A deadline that is nearly as far away
// already stays: setting one costs as much as composing a message.
func (s *Session) allow(timeout time.Duration) error {
	until := time.Now().Add(timeout)
	if late := until.Sub(s.until); late >= 0 && late < timeout/8 {
		return nil
	}
	s.until = until
	return s.conn.SetDeadline(until)
}

// A command is a line and the reply it wants.
type command struct {
	expect int
	line   string
}

// commands are what comes before a body. SMTPUTF8 is asked for only where an
// address needs it (RFC 6531): domains are A-labels already.
func (e Envelope) commands() []command {
	options := ""
	if !isASCII(e.To) || !isASCII(e.From) {
		options = " SMTPUTF8"
	}
	return []command{{250, "MAIL FROM:<" + e.From + ">" + options}, {25, "RCPT TO:<" + e.To + ">"}, {354, "DATA"}}
}

func lines(commands []command) string {
	var b strings.Builder
	for _, c := range commands {
		b.WriteString(c.line + "\r\n")
	}
	return b.String()
}

// begin ends a transaction that was broken off and, where the relay takes it, sends the whole envelope in one go.
func (s *Session) begin(commands []command) (Result, bool) {
	if s.dirty {
		if res, ok := s.command(250, "RSET"); !ok {
			return s.refused(res), false
		}
	}
	if !s.pipelining {
		return Result{}, true
	}
	if err := s.allow(replyTimeout); err != nil {
		return s.deferred(lost(err)), false
	}
	_, err := s.client.Text.W.WriteString(lines(commands))
	if err == nil {
		err = s.client.Text.W.Flush()
	}
	if err != nil {
		return s.deferred(lost(err)), false
	}
	return Result{}, true
}

// answers reads what the relay says to an envelope and reports whether the body
// may follow. A refused recipient leaves DATA to be answered: should that be 354
// all the same, an empty body ends it.
func (s *Session) answers(commands []command) (Result, bool) {
	if !s.pipelining {
		for i, c := range commands {
			if res, ok := s.command(c.expect, "%s", c.line); !ok {
				return s.stage(i, res), false
			}
		}
		return Result{}, true
	}
	if s.client.Text.R.Buffered() == 0 { // else they came with the answer to the last body
		if err := s.allow(replyTimeout); err != nil {
			return s.deferred(lost(err)), false
		}
	}
	var failed *Result
	for i, c := range commands {
		res, ok := s.reply(c.expect)
		switch {
		case (res.Lost || res.Code == 0 && !ok) && failed != nil: // it said no, and hung up
			failed.Lost = true
			return *failed, false
		case res.Lost || res.Code == 0 && !ok:
			return s.deferred(res), false
		case !ok && failed == nil:
			res = s.stage(i, res)
			failed = &res
		case ok && failed != nil && c.expect == 354:
			if _, taken := s.command(250, "."); taken { // a relay that takes this is not to be trusted with another
				failed.Lost = true
			}
		}
	}
	if failed != nil {
		return *failed, false
	}
	return Result{}, true
}

// stage marks a refusal by where it came: what answers MAIL speaks of us, what answers RCPT or DATA of the recipient.
func (s *Session) stage(i int, res Result) Result {
	if i == 0 {
		return s.refused(res)
	}
	return s.deferred(res)
}

// refused marks an answer to us or to our sender, before any recipient was
// named: whatever its code, it says nothing of the recipient.
func (s *Session) refused(res Result) Result {
	res.Refused = res.Code != 0
	res.State, res.Lost = newsletter.Deferred, true
	return res
}

// deferred marks a failure before the final dot: no copy can have been accepted.
func (s *Session) deferred(res Result) Result {
	if res.Code == 0 {
		res.State, res.Lost = newsletter.Deferred, true
	}
	if res.Code == 421 {
		res.Lost = true
	}
	return res
}

// body writes everything of a message but the final dot. The relay reads it while
// the ledger is written; the buffered writer passes so large a piece straight on.
func (s *Session) body(message []byte) error {
	if err := s.allow(dotTimeout); err != nil {
		return err
	}
	text := s.client.Text
	if _, err := text.W.Write(message); err != nil {
		return err
	}
	return text.W.Flush()
}

const finalDot = ".\r\n"

// end writes the final dot, with the next envelope behind it, and reads the
// answer. From the dot's last byte on the relay may have the message; what was
// cut short before cannot have been accepted.
func (s *Session) end(next Envelope) Result {
	text, end := s.client.Text, finalDot
	if next.To != "" {
		end += lines(next.commands())
	}
	_, err := text.W.WriteString(end)
	if err == nil {
		err = text.W.Flush()
	}
	if err != nil && len(end)-text.W.Buffered() < len(finalDot) {
		return s.deferred(lost(err))
	}
	if err != nil {
		return unknown(err)
	}
	code, reply, err := text.ReadResponse(250)
	if err != nil && code == 0 {
		return unknown(err)
	}
	s.dirty, s.begun = false, next
	res := classify(code, reply, err)
	res.Lost = code == 421
	return res
}

func unknown(err error) Result {
	return Result{State: newsletter.Unknown, Reply: "connection lost after the final dot: " + oneLine(err.Error()), Lost: true}
}

func lost(err error) Result {
	return Result{State: newsletter.Deferred, Reply: "connection lost: " + oneLine(err.Error()), Lost: true}
}

// command sends one command and reports whether the reply was the expected one.
func (s *Session) command(expect int, format string, args ...any) (Result, bool) {
	if err := s.allow(replyTimeout); err != nil {
		return lost(err), false
	}
	text := s.client.Text
	if err := text.PrintfLine(format, args...); err != nil {
		return lost(err), false
	}
	return s.reply(expect)
}

// reply reads the answer to a command.
func (s *Session) reply(expect int) (Result, bool) {
	code, reply, err := s.client.Text.ReadResponse(expect)
	if err != nil && code == 0 {
		return lost(err), false
	}
	return classify(code, reply, err), err == nil
}

// enhanced returns the status code at the head of a reply, "" if there is none (RFC 3463 section 2).
func enhanced(reply string) string {
	reply = strings.TrimSpace(reply)
	if i := strings.IndexFunc(reply, func(r rune) bool { return r != '.' && (r < '0' || r > '9') }); i >= 0 {
		reply = reply[:i]
	}
	reply = strings.TrimSuffix(reply, ".") // of a sentence
	class, rest, _ := strings.Cut(reply, ".")
	subject, detail, _ := strings.Cut(rest, ".")
	if class != "2" && class != "4" && class != "5" || !isNumber(subject) || !isNumber(detail) {
		return ""
	}
	return reply
}

// isNumber reports whether s has one to three digits and nothing else.
func isNumber(s string) bool {
	return len(s) > 0 && len(s) < 4 && strings.Trim(s, "0123456789") == ""
}

func classify(code int, reply string, err error) Result {
	var protocol *textproto.Error
	if errors.As(err, &protocol) {
		reply = protocol.Msg
	}
	res := Result{Code: code, Reply: oneLine(reply), Enhanced: enhanced(reply)}
	switch {
	case err == nil:
		res.State = newsletter.Accepted
	case code >= 500:
		res.State = newsletter.Rejected
	default:
		res.State = newsletter.Deferred // 4xx, and replies that make no sense here
	}
	return res
}

// oneLine makes a reply fit to be kept: no controls, at most 500 bytes, cut between characters.
func oneLine(s string) string {
	if isPlain(s) {
		return s
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "?"))
	s = strings.Join(strings.Fields(s), " ")
	return strings.ToValidUTF8(s[:min(len(s), 500)], "")
}

// isPlain reports whether a reply is fit as it stands, as nearly every one is.
func isPlain(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' || s[i] == ' ' && (i == 0 || i == len(s)-1 || s[i-1] == ' ') {
			return false
		}
	}
	return len(s) <= 500
}

func isASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// Close says goodbye without waiting long for an answer.
func (s *Session) Close() {
	// A relay that waits for a body would take QUIT for its first line.
	if s.begun.To == "" && s.conn.SetDeadline(time.Now().Add(time.Second)) == nil {
		_ = s.client.Text.PrintfLine("QUIT") // what is accepted is accepted, whatever comes now
		_, _, _ = s.client.Text.ReadResponse(221)
	}
	_ = s.conn.Close()
}
