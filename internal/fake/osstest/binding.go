package osstest

import (
	"cmp"
	"crypto/x509"
	"encoding/pem"
	"encoding/xml"
	"slices"
	"time"

	"oss_cname_exporter/internal/domain"
)

// Binding is a domain under which a bucket is served.
type Binding struct {
	Since       time.Time    // to the millisecond; the zero time is now
	Disabled    bool         // Status "Disabled"
	Status      string       // as it is listed, such as "Blocked"; "" is "Enabled"
	Certificate *Certificate // nil is none
}

// Certificate is what OSS serves a domain with.
type Certificate struct {
	ID        string
	Status    string // as it is listed; "" is "Enabled"
	NotBefore time.Time
	NotAfter  time.Time
}

// Bind makes the bucket be served under d, as PutCname does, and takes the token away.
func (s *Server) Bind(d domain.Name, b Binding) {
	if b.Since.IsZero() {
		b.Since = s.now()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.bound[canonical(d)] = b
	delete(s.tokens, canonical(d))
}

// Unbind undoes Bind.
func (s *Server) Unbind(d domain.Name) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.bound, canonical(d))
}

func (s *Server) binding(d domain.Name) (Binding, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	b, bound := s.bound[canonical(d)]
	return b, bound
}

// cnameList is the answer of ListCname.
type cnameList struct {
	XMLName xml.Name `xml:"ListCnameResult"`
	Bucket  string
	Owner   string
	Cname   []cnameInfo
}

type cnameInfo struct {
	Domain       string
	LastModified string
	Status       string
	IsWildCard   bool             `xml:",omitempty"`
	Certificate  *certificateInfo `xml:",omitempty"`
}

type certificateInfo struct {
	Type           string
	CertID         string `xml:"CertId"`
	Status         string
	ValidStartDate string
	ValidEndDate   string
}

func (s *Server) listCname(c *call) (any, *refusal) {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := cnameList{Bucket: c.bucket, Owner: "owner"}
	for d, b := range s.bound {
		if d.Bucket == c.bucket {
			list.Cname = append(list.Cname, newCnameInfo(d, b))
		}
	}
	slices.SortFunc(list.Cname, func(a, b cnameInfo) int { return cmp.Compare(a.Domain, b.Domain) })
	return list, nil
}

func newCnameInfo(d domain.Name, b Binding) cnameInfo {
	info := cnameInfo{
		Domain:       d.Base,
		LastModified: b.Since.UTC().Format("2006-01-02T15:04:05.000Z"),
		Status:       cmp.Or(b.Status, "Enabled"),
		IsWildCard:   d.Wildcard,
	}
	if b.Disabled {
		info.Status = "Disabled"
	}
	if c := b.Certificate; c != nil {
		// One of the two formats that OSS is seen to write.
		const layout = "Mon, 2 Jan 2006 15:04:05 GMT"
		info.Certificate = &certificateInfo{
			Type: "Upload", CertID: c.ID, Status: cmp.Or(c.Status, "Enabled"),
			ValidStartDate: c.NotBefore.UTC().Format(layout), ValidEndDate: c.NotAfter.UTC().Format(layout),
		}
	}
	return info
}

// certificateConfiguration is the part of a PutCname request about the certificate.
type certificateConfiguration struct {
	CertID            string `xml:"CertId"`
	Certificate       string // PEM
	DeleteCertificate bool
}

// putCname binds a domain whose owner has published its token, or gives a bound one a certificate.
func (s *Server) putCname(c *call) (any, *refusal) {
	d, asked, refused := c.configured()
	if refused != nil {
		return nil, refused
	}
	b, bound := s.binding(d)
	if !bound && !s.proven(d, c.at) {
		return nil, &unproven
	}
	if asked != nil {
		if b.Certificate, refused = asked.read(); refused != nil {
			return nil, refused
		}
	}
	s.Bind(d, b)
	return nil, nil
}

// proven reports whether the TXT record of d carries its token.
func (s *Server) proven(d domain.Name, now time.Time) bool {
	if s.txt == nil {
		return true
	}
	token, exists := s.liveToken(d, now)
	return exists && slices.Contains(s.txt("_dnsauth."+d.Base), token.Value)
}

func (a *certificateConfiguration) read() (*Certificate, *refusal) {
	if a.DeleteCertificate {
		return nil, nil
	}
	block, _ := pem.Decode([]byte(a.Certificate))
	if block == nil {
		return nil, invalidArgument("", "The certificate is invalid.")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, invalidArgument("", "The certificate is invalid.")
	}
	return &Certificate{ID: a.CertID, NotBefore: parsed.NotBefore, NotAfter: parsed.NotAfter}, nil
}

// deleteCname also answers 200 to what was never bound.
func (s *Server) deleteCname(c *call) (any, *refusal) {
	d, _, refused := c.configured()
	if refused != nil {
		return nil, refused
	}
	s.Unbind(d)
	return nil, nil
}
