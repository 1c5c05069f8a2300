package osstest

import (
	"cmp"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/region"
)

// call is one request, taken apart.
type call struct {
	*http.Request
	at        time.Time // when it arrived, on the server's clock
	region    string    // whose endpoint was asked
	bucket    string    // "" when the request names none
	key       string    // the object; "" in every operation on a bucket
	query     url.Values
	queryErr  error
	operation operation // the zero value when there is no such operation
}

func (s *Server) parse(r *http.Request) *call {
	c := &call{Request: r, at: s.now()}
	c.query, c.queryErr = url.ParseQuery(r.URL.RawQuery)
	s.locate(c)
	comp := c.query.Get("comp")
	if c.isService() {
		c.operation = operation{name: opListBuckets}
		if c.query.Has("regions") {
			c.operation = operation{name: opDescribeRegions}
		}
	}
	if c.bucket != "" && c.key == "" && (comp != "" || c.query.Has("cname")) {
		c.operation = s.operations[route{r.Method, comp}]
	}
	return c
}

// isService reports whether the request is about the account itself.
func (c *call) isService() bool {
	return c.Method == http.MethodGet && c.bucket == "" && c.key == "" && !c.query.Has("comp") && !c.query.Has("cname")
}

// locate reads region, bucket and object out of "bucket.endpoint/object", or out of "/bucket/object" on a host that
// carries no bucket. (Of real OSS only the first is served; the vendor's SDK uses the second with an IP endpoint.)
// The endpoints are those of any region, by their real names; any other host is the server's own region's.
func (s *Server) locate(c *call) {
	path, name := strings.TrimPrefix(c.URL.Path, "/"), hostname(c.Host)
	var host region.Host
	known := false
	if !isAddress(name) {
		host, known = region.ParseHost(name)
		if label, _, dotted := strings.Cut(name, "."); !known && dotted {
			host.Bucket = label
		}
	}
	if c.bucket, c.key = host.Bucket, path; host.Bucket == "" {
		c.bucket, c.key, _ = strings.Cut(path, "/")
	}
	c.region = cmp.Or(host.Region, s.region)
	if known && host.Region == "" { // acceleration finds the bucket wherever it is
		c.region = s.regionOf(c.bucket)
	}
}

// domain is the subject of a scripted request, before anything of it is checked: of ListCname, the bucket alone.
func (c *call) domain() domain.Name {
	return canonical(domain.Name{Bucket: c.bucket, Base: c.query.Get("cname"), Wildcard: c.query.Get("wildcard") == "true"})
}

// hostname is a Host header without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}
