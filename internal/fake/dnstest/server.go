// Package dnstest is a DNS that fits in a test: servers on real loopback
// sockets, UDP and TCP. Each is the authority for the records that it is given,
// takes dynamic updates of its zones (RFC 2136) from any client, and answers a name
// in another way than it should on demand (Behaviour).
package dnstest

import (
	"fmt"
	"net"
	"slices"
	"sync"

	"github.com/miekg/dns"
)

// Server is a DNS server. Make one with New, several with NewGroup. All
// methods may be called at any time, from any goroutine.
type Server struct {
	address string
	servers []*dns.Server
	busy    sync.WaitGroup

	mu         sync.Mutex // guards all below
	records    []dns.RR
	behaviours map[string]Behaviour // by name; "" is every name
	queries    map[uint16]int       // by type
	asked      []dns.Msg            // the queries in the order of their arrival
}

// New starts a Server that has records, in the form of a zone file's lines.
// Like httptest.NewServer it panics if it cannot listen.
func New(records ...string) *Server { return NewGroup(records)[0] }

// NewGroup starts one Server for each list of records. They listen on the same
// port of 127.0.0.1, 127.0.0.2 and so on, as the servers of a zone do that are
// found by their addresses alone.
func NewGroup(records ...[]string) []*Server {
	for range 20 {
		if group := tryGroup(records); group != nil {
			return group
		}
	}
	panic(fmt.Sprintf("dnstest: no port is free on %d addresses for UDP and TCP", len(records)))
}

// tryGroup returns nil if the port of the first server is in use elsewhere.
func tryGroup(records [][]string) []*Server {
	var group []*Server
	port := "0"
	for i := range records {
		packets, streams := listen(net.JoinHostPort(fmt.Sprintf("127.0.0.%d", i+1), port))
		if packets == nil {
			for _, s := range group {
				s.Close()
			}
			return nil
		}
		_, port, _ = net.SplitHostPort(packets.LocalAddr().String())
		group = append(group, start(packets, streams, records[i]))
	}
	return group
}

// listen opens address for both protocols; nil if it is not free for both.
func listen(address string) (net.PacketConn, net.Listener) {
	packets, err := net.ListenPacket("udp", address)
	if err != nil {
		return nil, nil
	}
	streams, err := net.Listen("tcp", packets.LocalAddr().String())
	if err != nil {
		packets.Close()
		return nil, nil
	}
	return packets, streams
}

func start(packets net.PacketConn, streams net.Listener, records []string) *Server {
	s := &Server{address: packets.LocalAddr().String(), behaviours: map[string]Behaviour{}, queries: map[uint16]int{}}
	s.Add(records...)
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

// Asked returns the queries that have arrived since the start, in order.
func (s *Server) Asked() []dns.Msg {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.asked)
}

// ServeDNS answers one message: as Behave said, or genuinely.
func (s *Server) ServeDNS(w dns.ResponseWriter, m *dns.Msg) {
	behave := s.arrive(m)
	switch {
	case m.Opcode == dns.OpcodeUpdate:
		_ = w.WriteMsg(new(dns.Msg).SetRcode(m, s.update(m)))
	case m.Opcode != dns.OpcodeQuery || len(m.Question) != 1:
		_ = w.WriteMsg(new(dns.Msg).SetRcode(m, dns.RcodeFormatError))
	case behave != nil:
		behave(w, m, s.genuine)
	default:
		s.genuine(w, m)
	}
}

// arrive records a query and returns how to treat it; nil is genuinely.
func (s *Server) arrive(m *dns.Msg) Behaviour {
	if m.Opcode != dns.OpcodeQuery || len(m.Question) == 0 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.queries[m.Question[0].Qtype]++
	s.asked = append(s.asked, *m.Copy())
	if b := s.behaviours[dns.CanonicalName(m.Question[0].Name)]; b != nil {
		return b
	}
	return s.behaviours[everyName]
}
