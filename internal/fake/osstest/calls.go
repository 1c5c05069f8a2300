package osstest

import "oss_cname_exporter/internal/domain"

// calls counts the requests as they arrive, answered or not.
type calls struct {
	total       int
	byOperation map[string]int
	byDomain    map[domain.Name]int
}

func (n *calls) count(c *call) {
	n.total++
	n.byOperation[c.operation.name]++
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

// CallsAbout is how many of them were a GetCnameToken about d.
func (s *Server) CallsAbout(d domain.Name) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls.byDomain[canonical(d)]
}
