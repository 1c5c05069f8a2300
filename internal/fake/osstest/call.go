package osstest

import (
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// call is one request, taken apart.
type call struct {
	*http.Request
	at        time.Time // when it arrived, on the server's clock
	bucket    string    // "" when the request names none
	key       string    // the object; "" in every operation on a bucket
	query     url.Values
	queryErr  error
	operation operation // the zero value when there is no such operation
}

func (s *Server) parse(r *http.Request) *call {
	c := &call{Request: r, at: s.now()}
	c.query, c.queryErr = url.ParseQuery(r.URL.RawQuery)
	c.bucket, c.key = s.locate(r)
	comp := c.query.Get("comp")
	if c.isService() {
		c.operation = operation{name: opListBuckets}
	}
	if c.bucket != "" && c.key == "" && (comp != "" || c.query.Has("cname")) {
		c.operation = s.operations[route{r.Method, comp}]
	}
	return c
}

// isService reports whether the request is about the account itself, which has one operation only.
func (c *call) isService() bool {
	return c.Method == http.MethodGet && c.bucket == "" && c.key == "" && !c.query.Has("comp") && !c.query.Has("cname")
}

// locate reads bucket and object out of "bucket.any.host/object", or out of "/bucket/object" on a host that cannot
// carry a bucket. (Of real OSS only the first is served; the vendor's SDK uses the second with an IP endpoint.)
func (s *Server) locate(r *http.Request) (bucket, object string) {
	path := strings.TrimPrefix(r.URL.Path, "/")
	host := hostname(r.Host)
	if label, _, dotted := strings.Cut(host, "."); dotted && host != endpoint(s.region) && !isAddress(host) {
		return label, path
	}
	bucket, object, _ = strings.Cut(path, "/")
	return bucket, object
}

// domain is what a scripted request asks about, before anything of it is checked: of ListCname, the bucket alone.
func (c *call) domain() Domain {
	return Domain{Bucket: c.bucket, Cname: c.query.Get("cname"), Wildcard: c.query.Get("wildcard") == "true"}
}

func endpoint(region string) string { return "oss-" + region + ".aliyuncs.com" }

// hostname is a Host header without its port.
func hostname(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		return name
	}
	return host
}

func isAddress(host string) bool {
	_, err := netip.ParseAddr(host)
	return err == nil
}
