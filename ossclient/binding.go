package ossclient

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"oss_cname_exporter/internal/domain"
)

// Binding is a custom domain under which OSS serves a bucket.
type Binding struct {
	Name        domain.Name
	Enabled     bool      // OSS serves it; a disabled one it refuses
	Certificate time.Time // when the certificate that OSS serves it with expires; zero if it has none
	Err         error     // what OSS says of it that could not be read; then only Name holds
}

// bindingsReply is the body of a ListCname answer.
type bindingsReply struct {
	XMLName xml.Name `xml:"ListCnameResult"`
	Bucket  string
	Cname   []bindingReply
}

type bindingReply struct {
	Domain      string
	Status      string
	IsWildCard  string
	Certificate *struct{ ValidEndDate string }
}

// parseBindings reads the body of a 200. What is wrong with one domain is that
// domain's error: it must not cost the bucket's others.
func parseBindings(body io.Reader, asked string) ([]Binding, error) {
	var reply bindingsReply
	if err := xml.NewDecoder(body).Decode(&reply); err != nil {
		return nil, fmt.Errorf("reading reply: %w", err)
	}
	if err := matchesBucket(asked, reply.Bucket); err != nil {
		return nil, err
	}
	bindings := make([]Binding, len(reply.Cname))
	for i, listed := range reply.Cname {
		bindings[i] = listed.binding(asked)
	}
	return bindings, nil
}

// binding reads one domain. Whether OSS lists a wildcard domain with its "*."
// is documented nowhere, so both are taken.
func (r bindingReply) binding(bucket string) Binding {
	base, starred := strings.CutPrefix(strings.ToLower(r.Domain), "*.")
	b := Binding{Name: domain.Name{Bucket: bucket, Base: base, Wildcard: starred || r.IsWildCard == "true"}, Enabled: r.Status == "Enabled"}
	if !b.Enabled && r.Status != "Disabled" {
		b.Err = fmt.Errorf("status %.80q is neither Enabled nor Disabled", r.Status)
	}
	if r.Certificate != nil {
		var err error
		if b.Certificate, err = parseTime(r.Certificate.ValidEndDate); err != nil {
			b.Err = fmt.Errorf("reading ValidEndDate: %w", err)
		}
	}
	return b
}

// explainUnbound turns the refusal that means "no domain" into that answer,
// after checking that it is about bucket where it says what it is about.
func explainUnbound(failure *Error, bucket string) error {
	if failure == nil {
		return nil
	}
	if failure.Status != http.StatusNotFound || failure.Code != "NoSuchCname" {
		return failure
	}
	if err := matchesBucket(bucket, cmp.Or(failure.bucket, bucket)); err != nil {
		failure.Reason, failure.Err = ReasonBadResponse, err
		return failure
	}
	return nil
}

// Hosts returns the names under which a bucket of region can be reached from
// everywhere: what the CNAME record of a bound domain points to. A configured
// endpoint counts as well; it may be "".
func Hosts(bucket, region, endpoint string) []string {
	services := []string{
		"oss-" + region + ".aliyuncs.com",
		region + ".oss.aliyuncs.com",
		"oss-accelerate.aliyuncs.com",
		"oss-accelerate-overseas.aliyuncs.com",
	}
	if _, host, ok := strings.Cut(endpoint, "://"); ok {
		host, _, _ = strings.Cut(host, ":")
		services = append(services, host)
	}
	for i, service := range services {
		services[i] = bucket + "." + service
	}
	return services
}
