package osstest

import (
	"strings"

	"oss_cname_exporter/internal/domain"
)

// calls counts the requests as they arrive, answered or not.
type calls struct {
	total       int
	byOperation map[string]int
	byDomain    map[domain.Name]int
	byScheme    map[string]int // of the signature
}

func (n *calls) count(c *call) {
	n.total++
	n.byOperation[c.operation.name]++
	scheme, _, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	n.byScheme[scheme]++
	if c.operation.name == opGetCnameToken {
		n.byDomain[c.domain()]++
	}
}

// Calls is how many requests have arrived since the start.
func (s *Server) Calls() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls.total
}

// CallsOf is how many of them asked for operation, such as "GetCnameToken"; "" is those that asked for none.
func (s *Server) CallsOf(operation string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls.byOperation[operation]
}

// CallsSigned is how many of them claim a signature of scheme: "OSS4-HMAC-SHA256" is V4, "OSS" is V1, "" is none.
func (s *Server) CallsSigned(scheme string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls.byScheme[scheme]
}

// CallsAbout is how many of them were a GetCnameToken about d.
func (s *Server) CallsAbout(d domain.Name) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls.byDomain[canonical(d)]
}
