package dnstest

import (
	"net"

	"github.com/miekg/dns"
)

// Behaviour answers one query in place of the genuine handler, or with its help.
type Behaviour func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc)

// Behave says how queries about name are answered; nil is genuinely.
func (s *Server) Behave(name string, b Behaviour) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.behaviours[dns.CanonicalName(name)] = b
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
	if isUDP(w) {
		size := uint16(dns.MinMsgSize)
		if edns := m.IsEdns0(); edns != nil {
			size = edns.UDPSize()
		}
		reply.Truncate(int(size))
	}
	_ = w.WriteMsg(reply)
}

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
		_ = w.WriteMsg(new(dns.Msg).SetRcode(m, rcode))
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

// TruncateAlways answers in no way that the answer would fit in.
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

// Garble answers with what is no message.
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
