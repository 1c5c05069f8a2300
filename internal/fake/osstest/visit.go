package osstest

import (
	"crypto/tls"
	"net/http"
	"strings"

	"oss_cname_exporter/internal/domain"
)

// Visit returns the answer of OSS to an unsigned GET of a host: the HTTP status, and the Code and bucket of the error
// document. OSS takes the first label of a host that no bucket has bound for the name of a bucket.
func (s *Server) Visit(host string) (statusCode int, code, named string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bucket, b, isBound := s.boundTo(host)
	switch {
	case !isBound:
		label, _, _ := strings.Cut(host, ".")
		return http.StatusNotFound, "NoSuchBucket", label
	case s.buckets[bucket].Name == "":
		return http.StatusNotFound, "NoSuchBucket", bucket
	case b.Disabled || b.Status != "" && b.Status != "Enabled":
		return http.StatusForbidden, "UserDisable", bucket
	}
	return http.StatusForbidden, "AccessDenied", bucket
}

// Served returns the certificate that visitors of a host get; nil is that of OSS itself.
func (s *Server) Served(host string) *tls.Certificate {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, b, _ := s.boundTo(host); b.Certificate != nil && b.Certificate.Pair != nil && b.Certificate.Pair.PrivateKey != nil {
		return b.Certificate.Pair
	}
	return nil
}

// boundTo returns the binding of a host. s.mu is held.
func (s *Server) boundTo(host string) (bucket string, b Binding, isBound bool) {
	_, parent, _ := strings.Cut(host, ".")
	for name, b := range s.bound {
		if name == (domain.Name{Bucket: name.Bucket, Base: host}) || name == (domain.Name{Bucket: name.Bucket, Base: parent, Wildcard: true}) {
			return name.Bucket, b, true
		}
	}
	return "", Binding{}, false
}
