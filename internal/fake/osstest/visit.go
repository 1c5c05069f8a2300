package osstest

import (
	"net/http"
	"strings"

	"oss_cname_exporter/internal/domain"
)

// Visit returns the answer of OSS to an unsigned GET of a host: the HTTP status, and the Code and bucket of the error
// document. OSS takes the first label of a host that no bucket has bound for the name of a bucket.
func (s *Server) Visit(host string) (statusCode int, code, bucket string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, parent, _ := strings.Cut(host, ".")
	for name, b := range s.bound {
		if name != (domain.Name{Bucket: name.Bucket, Base: host}) && name != (domain.Name{Bucket: name.Bucket, Base: parent, Wildcard: true}) {
			continue
		}
		switch {
		case s.buckets[name.Bucket].Name == "":
			return http.StatusNotFound, "NoSuchBucket", name.Bucket
		case b.Disabled || b.Status != "" && b.Status != "Enabled":
			return http.StatusForbidden, "UserDisable", name.Bucket
		}
		return http.StatusForbidden, "AccessDenied", name.Bucket
	}
	label, _, _ := strings.Cut(host, ".")
	return http.StatusNotFound, "NoSuchBucket", label
}
