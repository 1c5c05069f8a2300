// Package dnstest is a DNS that fits in a test: one server on a real loopback
// socket, UDP and TCP, that is the authority for whatever it is told. It takes
// dynamic updates (RFC 2136) from anybody, and errs on demand.
package dnstest

import (
	"fmt"
	"net"
	"sync"

	"github.com/miekg/dns"
)

// Server is the DNS server. Make one with New. All methods may be called at
// any time, from any goroutine.
type Server struct {
	address string
	servers []*dns.Server
	busy    sync.WaitGroup

	mu         sync.Mutex // guards all below
	records    []dns.RR
	behaviours map[string]Behaviour // by name
	queries    map[uint16]int       // by type
}

// New starts a Server that knows records, in the form of a zone file's lines.
// Like httptest.NewServer it panics if it cannot listen.
func New(records ...string) *Server {
	s := &Server{behaviours: map[string]Behaviour{}, queries: map[uint16]int{}}
	s.Add(records...)
	packets, streams := listen()
	s.address = packets.LocalAddr().String()
	for _, server := range []*dns.Server{{PacketConn: packets}, {Listener: streams}} {
		server.Handler = s
		server.MsgAcceptFunc = func(dns.Header) dns.MsgAcceptAction { return dns.MsgAccept }
		started := make(chan struct{})
		server.NotifyStartedFunc = func() { close(started) }
		s.busy.Go(func() { _ = server.ActivateAndServe() })
		<-started
		s.servers = append(s.servers, server)
	}
	return s
}

// listen finds a port that is free for both protocols.
func listen() (net.PacketConn, net.Listener) {
	var err error
	for range 20 {
		var packets net.PacketConn
		if packets, err = net.ListenPacket("udp", "127.0.0.1:0"); err != nil {
			break
		}
		var streams net.Listener
		if streams, err = net.Listen("tcp", packets.LocalAddr().String()); err == nil {
			return packets, streams
		}
		packets.Close()
	}
	panic(fmt.Sprintf("dnstest: listening: %v", err))
}

// Address is where the server listens, such as "127.0.0.1:41234".
func (s *Server) Address() string { return s.address }

// Close stops the server and returns when all of it has ended.
func (s *Server) Close() {
	for _, server := range s.servers {
		_ = server.Shutdown()
	}
	s.busy.Wait()
}

// Queries is how many queries of a type, such as dns.TypeTXT, have arrived
// since the start, answered or not.
func (s *Server) Queries(qtype uint16) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.queries[qtype]
}

// ServeDNS answers one message: as Behave said, or genuinely.
func (s *Server) ServeDNS(w dns.ResponseWriter, m *dns.Msg) {
	behave := s.arrive(m)
	switch {
	case m.Opcode == dns.OpcodeUpdate:
		s.update(m.Ns)
		_ = w.WriteMsg(new(dns.Msg).SetReply(m))
	case m.Opcode != dns.OpcodeQuery || len(m.Question) != 1:
		_ = w.WriteMsg(new(dns.Msg).SetRcode(m, dns.RcodeFormatError))
	case behave != nil:
		behave(w, m, s.genuine)
	default:
		s.genuine(w, m)
	}
}

// arrive counts a query and returns how to treat it; nil is genuinely.
func (s *Server) arrive(m *dns.Msg) Behaviour {
	if m.Opcode != dns.OpcodeQuery || len(m.Question) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries[m.Question[0].Qtype]++
	return s.behaviours[dns.CanonicalName(m.Question[0].Name)]
}
