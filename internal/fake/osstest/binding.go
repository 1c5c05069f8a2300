package osstest

import (
	"cmp"
	"crypto/sha1"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"regexp"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/region"
)

// Binding is a domain under which a bucket is served.
type Binding struct {
	Since       time.Time    // to the millisecond; the zero time is now
	Disabled    bool         // Status "Disabled"
	Status      string       // as it is listed, such as "Blocked"; "" is "Enabled"
	Certificate *Certificate // nil is none
}

// Certificate is the one with which OSS serves a domain.
type Certificate struct {
	ID        string
	Type      string // as it is listed; "" is "Upload"
	Status    string // as it is listed; "" is "Enabled"
	NotBefore time.Time
	NotAfter  time.Time
	// Pair is what visitors get, and is listed by its fingerprint. nil is one of which only the dates are known; without
	// a key it is not served.
	Pair *tls.Certificate
}

// NewCertificate returns a bound certificate that is served.
func NewCertificate(id string, pair *tls.Certificate) *Certificate {
	return &Certificate{ID: id, NotBefore: pair.Leaf.NotBefore, NotAfter: pair.Leaf.NotAfter, Pair: pair}
}

// fingerprint is that of SHA-1, as OSS writes it, such as "DE:01:CF:..."; "" if the certificate itself is not known.
func (c *Certificate) fingerprint() string {
	if c.Pair == nil {
		return ""
	}
	sum := sha1.Sum(c.Pair.Certificate[0])
	return strings.ReplaceAll(fmt.Sprintf("% X", sum), " ", ":")
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
	Fingerprint    string `xml:",omitempty"`
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
		LastModified: b.Since.UTC().Format(dateLayout),
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
			Type: cmp.Or(c.Type, "Upload"), CertID: c.ID, Status: cmp.Or(c.Status, "Enabled"), Fingerprint: c.fingerprint(),
			ValidStartDate: c.NotBefore.UTC().Format(layout), ValidEndDate: c.NotAfter.UTC().Format(layout),
		}
	}
	return info
}

// certificateConfiguration is the part of a PutCname request about the certificate.
type certificateConfiguration struct {
	CertID            string `xml:"CertId"`
	Certificate       string // PEM
	PrivateKey        string // PEM
	DeleteCertificate bool
}

// putCname binds a domain whose owner has published its token, or gives a bound one a certificate.
func (s *Server) putCname(c *call) (any, *refusal) {
	d, asked, refused := c.configured()
	if refused != nil {
		return nil, refused
	}
	if refused := s.refuseBinding(d); refused != nil {
		return nil, refused
	}
	b, bound := s.binding(d)
	if !bound && !s.proven(d, c.at) {
		return nil, &unproven
	}
	if asked != nil {
		if b.Certificate, refused = s.certificate(asked, c.at); refused != nil {
			return nil, refused
		}
	}
	s.Bind(d, b)
	return nil, nil
}

// refuseBinding refuses a domain that another bucket of the world has, or that must be filed before.
func (s *Server) refuseBinding(d domain.Name) *refusal {
	if home, known := region.Lookup(s.regionOf(d.Bucket)); known && home.Mainland() && s.unfiled(d.Base) {
		return &notFiled
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for other := range s.bound {
		if other.Bucket != d.Bucket && other.Base == d.Base && other.Wildcard == d.Wildcard {
			return &elsewhere
		}
	}
	return nil
}

// proven reports whether the TXT record of d carries its token.
func (s *Server) proven(d domain.Name, now time.Time) bool {
	if s.txt == nil {
		return true
	}
	token, exists := s.liveToken(d, now)
	return exists && slices.Contains(s.txt("_dnsauth."+d.Base), token.Value)
}

// casID is the id of a certificate of the certificate service: a number, and the service's region.
var casID = regexp.MustCompile(`^[0-9]+-[a-z]+(-[a-z0-9]+)+$`)

// certificate returns the one that is asked for: an upload gets an id, and one that is named by its id alone is of the
// certificate service, which has every id of the right form, for 90 days. nil is none.
func (s *Server) certificate(a *certificateConfiguration, now time.Time) (*Certificate, *refusal) {
	if a.DeleteCertificate {
		return nil, nil
	}
	if a.Certificate == "" && a.CertID != "" {
		if !casID.MatchString(a.CertID) {
			return nil, &noCertificate
		}
		return &Certificate{ID: a.CertID, Type: "CAS", NotBefore: now, NotAfter: now.AddDate(0, 0, 90)}, nil
	}
	block, _ := pem.Decode([]byte(a.Certificate))
	if block == nil {
		return nil, invalidArgument("", "The certificate is invalid.")
	}
	parsed, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil, invalidArgument("", "The certificate is invalid.")
	}
	pair, err := tls.X509KeyPair([]byte(a.Certificate), []byte(a.PrivateKey))
	if err != nil { // it is listed, and not served
		pair = tls.Certificate{Certificate: [][]byte{block.Bytes}, Leaf: parsed}
	}
	return NewCertificate(cmp.Or(a.CertID, fmt.Sprintf("%d-%s", crc32.ChecksumIEEE(block.Bytes), s.region)), &pair), nil
}

// deleteCname also answers 200 about a domain that was never bound.
func (s *Server) deleteCname(c *call) (any, *refusal) {
	d, _, refused := c.configured()
	if refused != nil {
		return nil, refused
	}
	s.Unbind(d)
	return nil, nil
}
