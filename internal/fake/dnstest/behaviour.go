package dnstest

import (
	"net"

	"github.com/miekg/dns"
)

// Behaviour answers one query in place of the genuine handler, or with its help.
type Behaviour func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc)

// everyName stands for the names that no Behaviour is set for.
const everyName = ""

// Behave sets how queries about name are answered; nil is genuinely.
func (s *Server) Behave(name string, b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviours[dns.CanonicalName(name)] = b
}

// BehaveAlways sets how queries are answered that Behave says nothing about;
// nil is genuinely.
func (s *Server) BehaveAlways(b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviours[everyName] = b
}

// genuine answers as an authoritative server does.
func (s *Server) genuine(w dns.ResponseWriter, m *dns.Msg) {
	s.mu.Lock()
	defer s.mu.Unlock()
	asked := m.Question[0]
	reply := new(dns.Msg).SetReply(m)
	reply.Authoritative = true
	if reply.Answer = s.answer(asked.Name, asked.Qtype); len(reply.Answer) == 0 {
		reply.Ns = s.authority(asked.Name)
		if !s.exists(asked.Name) {
			reply.Rcode = dns.RcodeNameError
		}
	}
	size := uint16(dns.MinMsgSize)
	if edns := m.IsEdns0(); edns != nil {
		size = max(size, edns.UDPSize())
		reply.SetEdns0(ednsSize, false)
	}
	if isUDP(w) {
		reply.Truncate(int(size))
	}
	_ = w.WriteMsg(reply)
}

// ednsSize is the largest datagram that servers say they take.
const ednsSize = 1232

func isUDP(w dns.ResponseWriter) bool {
	_, ok := w.RemoteAddr().(*net.UDPAddr)
	return ok
}

// Silent never answers.
func Silent(dns.ResponseWriter, *dns.Msg, dns.HandlerFunc) {}

// SilentOnce loses the first query, as a network does.
func SilentOnce() Behaviour {
	lost := make(chan struct{}, 1)
	lost <- struct{}{}
	return func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
		select {
		case <-lost:
		default:
			genuine(w, m)
		}
	}
}

// Refuse answers with rcode, such as dns.RcodeServerFailure.
func Refuse(rcode int) Behaviour {
	return func(w dns.ResponseWriter, m *dns.Msg, _ dns.HandlerFunc) {
		reply := new(dns.Msg).SetRcode(m, rcode)
		if rcode > 0xF {
			reply.SetEdns0(ednsSize, false) // which has the upper bits
		}
		_ = w.WriteMsg(reply)
	}
}

// WithoutEDNS has b answer the queries with EDNS(0), and the others be
// answered genuinely: Refuse(dns.RcodeFormatError), say, or Silent, as servers
// and firewalls do that do not know the extension.
func WithoutEDNS(b Behaviour) Behaviour {
	return func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
		if m.IsEdns0() != nil {
			b(w, m, genuine)
			return
		}
		genuine(plain{w}, m)
	}
}

// plain takes EDNS(0) out of answers.
type plain struct{ dns.ResponseWriter }

func (p plain) WriteMsg(m *dns.Msg) error {
	m.Extra = nil
	return p.ResponseWriter.WriteMsg(m)
}

// Explain answers with rcode and an extended error (RFC 8914).
func Explain(rcode int, code uint16, text string) Behaviour {
	return func(w dns.ResponseWriter, m *dns.Msg, _ dns.HandlerFunc) {
		reply := new(dns.Msg).SetRcode(m, rcode).SetEdns0(ednsSize, false)
		reply.IsEdns0().Option = []dns.EDNS0{&dns.EDNS0_EDE{InfoCode: code, ExtraText: text}}
		_ = w.WriteMsg(reply)
	}
}

// Oversize answers over UDP with all there is, however little was asked for.
func Oversize(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
	if edns := m.IsEdns0(); edns != nil {
		edns.SetUDPSize(dns.MaxMsgSize - 1)
	}
	genuine(w, m)
}

// Forge sends an answer of another message, with the records of lines, before
// the genuine one, as an attacker does who guesses.
func Forge(lines ...string) Behaviour {
	return func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
		reply := new(dns.Msg).SetReply(m)
		reply.Id++
		reply.Authoritative = true
		reply.Answer = parse(lines)
		_ = w.WriteMsg(reply)
		genuine(w, m)
	}
}

// Truncate answers over UDP that the answer is too long for UDP.
func Truncate(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
	if !isUDP(w) {
		genuine(w, m)
		return
	}
	reply := new(dns.Msg).SetReply(m)
	reply.Truncated = true
	_ = w.WriteMsg(reply)
}

// TruncateAlways answers over both protocols that the answer is too long.
func TruncateAlways(w dns.ResponseWriter, m *dns.Msg, _ dns.HandlerFunc) {
	reply := new(dns.Msg).SetReply(m)
	reply.Truncated = true
	_ = w.WriteMsg(reply)
}

// Lie answers another question than was asked.
func Lie(w dns.ResponseWriter, m *dns.Msg, _ dns.HandlerFunc) {
	reply := new(dns.Msg).SetReply(m)
	reply.Question[0].Name = "elsewhere.example."
	_ = w.WriteMsg(reply)
}

// Garble answers with bytes that are no message.
func Garble(w dns.ResponseWriter, m *dns.Msg, _ dns.HandlerFunc) {
	packed, err := new(dns.Msg).SetReply(m).Pack()
	if err == nil {
		_, _ = w.Write(append(packed[:12], 0xff, 0xff, 0xff))
	}
}

// NotAuthoritative answers genuinely, from a cache.
func NotAuthoritative(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
	genuine(cached{w}, m)
}

// cached takes the claim of authority out of answers.
type cached struct{ dns.ResponseWriter }

func (c cached) WriteMsg(m *dns.Msg) error {
	m.Authoritative = false
	return c.ResponseWriter.WriteMsg(m)
}
