package ossclient

import (
	"cmp"
	"context"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
)

// Binding is a custom domain under which OSS serves a bucket. What could not
// be read of it is in Err, and leaves the other fields as they are.
type Binding struct {
	Name        domain.Name
	Ambiguous   bool             // whether it is a wildcard could not be read: it may be the exact domain or the wildcard
	Status      string           // the vendor's word, such as "Enabled" or "Blocked", an open set; "" if it could not be read
	Enabled     bool             // OSS serves the domain: Status is Enabled, in any spelling
	Certificate BoundCertificate // the zero value is none
	Err         error            // nil if all of it could be read
}

// BoundCertificate is one that is bound to a domain.
type BoundCertificate struct {
	ID      string
	Type    string    // its origin: "CAS" is the certificate service, "Upload" an upload
	Status  string    // the vendor's word; "" if it does not say
	Starts  time.Time // zero if OSS does not say, or it could not be read
	Expires time.Time // zero if it could not be read
	// Fingerprint is the vendor's text, such as "DE:01:CF:..."; "" if it does not say.
	Fingerprint string
}

// Served reports whether OSS serves the domain with the certificate: one that
// is disabled it does not serve.
func (c BoundCertificate) Served() bool { return c.Status == "" || isEnabled(c.Status) }

// Is reports whether b is, or may be, the binding of name.
func (b Binding) Is(name domain.Name) bool {
	return b.Name == name || b.Ambiguous && b.Name.Bucket == name.Bucket && b.Name.Base == name.Base
}

// ListCname asks which domains are bound to a bucket; none is an answer, too.
// The error is an *Error; ctx bounds the whole call, retries included.
func (c *Client) ListCname(ctx context.Context, bucket string) (bound []Binding, err error) {
	failure := c.ask(ctx, c.listCname, bucket, map[string]string{"cname": ""}, func(body []byte) error {
		bound, err = parseBindings(body, bucket)
		return err
	})
	switch {
	case failure == nil:
		return bound, nil
	case failure.Status != http.StatusNotFound || failure.Code != "NoSuchCname" || failure.Reason == status.ReasonWrongEndpoint:
		return nil, failure
	}
	// No domain is bound, if the answer is about the bucket.
	if err := matches(domain.Name{Bucket: bucket}, cmp.Or(failure.bucket, bucket), ""); err != nil {
		failure.Reason, failure.Err = status.ReasonBadResponse, err
		return nil, failure
	}
	return nil, nil
}

// bindingsReply is the body of a ListCname answer.
type bindingsReply struct {
	XMLName     xml.Name `xml:"ListCnameResult"`
	Bucket      string
	IsTruncated string
	Cname       []bindingReply
}

type bindingReply struct {
	Domain      string
	Status      string
	IsWildCard  string
	Certificate []certificateReply // OSS documents one at most
}

type certificateReply struct {
	CertID         string `xml:"CertId"`
	Type           string
	Status         string
	ValidStartDate string
	ValidEndDate   string
	Fingerprint    string
}

// parseBindings reads the body of a 200. What is wrong with one domain is that
// domain's error: it must not cost the bucket's others. A list that is not whole
// ends with a Binding that has no name.
func parseBindings(body []byte, asked string) ([]Binding, error) {
	var reply bindingsReply
	if err := xml.Unmarshal(body, &reply); err != nil {
		return nil, fmt.Errorf("reading reply: %w", err)
	}
	if err := matches(domain.Name{Bucket: asked}, reply.Bucket, ""); err != nil {
		return nil, err
	}
	bindings := make([]Binding, 0, len(reply.Cname))
	var unnamed error
	for _, listed := range reply.Cname {
		b := listed.binding(asked)
		if b.Name.Base == "" {
			unnamed = fmt.Errorf("the list has a domain without a name: %.80q", listed.Domain)
			continue
		}
		bindings = add(bindings, b)
	}
	if truncated, err := parseBool(reply.IsTruncated); truncated || err != nil {
		unnamed = errors.New("the list is not whole")
	}
	if unnamed != nil {
		bindings = append(bindings, Binding{Name: domain.Name{Bucket: asked}, Err: unnamed})
	}
	return bindings, nil
}

// add returns bindings with b. A domain that is listed twice, with differences,
// contradicts itself: only that it is bound is known.
func add(bindings []Binding, b Binding) []Binding {
	i := slices.IndexFunc(bindings, func(other Binding) bool { return other.Name == b.Name && other.Ambiguous == b.Ambiguous })
	switch {
	case i < 0:
		return append(bindings, b)
	case !bindings[i].sameAs(b):
		bindings[i] = Binding{Name: b.Name, Ambiguous: b.Ambiguous, Err: errors.New("the list has the domain twice, and contradicts itself")}
	}
	return bindings
}

// sameAs reports whether a and b say the same.
func (b Binding) sameAs(other Binding) bool {
	return b.Status == other.Status && b.Certificate == other.Certificate && b.Err == nil && other.Err == nil
}

// binding reads one domain. Whether OSS lists a wildcard domain with its "*."
// is documented nowhere, so both are taken.
func (r bindingReply) binding(bucket string) Binding {
	base, starred, err := domain.ParseCname(strings.TrimSpace(r.Domain))
	if err != nil { // OSS's idea of a domain may be wider than ours
		base, starred = strings.CutPrefix(strings.ToLower(strings.TrimSpace(r.Domain)), "*.")
	}
	wildcard, unclear := parseBool(r.IsWildCard)
	b := Binding{
		Name:      domain.Name{Bucket: bucket, Base: base, Wildcard: starred || wildcard},
		Ambiguous: unclear != nil && !starred,
		Status:    secret.RemoteText(r.Status),
		Enabled:   isEnabled(r.Status),
	}
	if b.Ambiguous {
		b.Err = fmt.Errorf("reading IsWildCard: %w", unclear)
	}
	if b.Status == "" {
		b.Err = errors.New("it has no Status")
	}
	if len(r.Certificate) > 1 && !slices.ContainsFunc(r.Certificate, func(c certificateReply) bool { return c != r.Certificate[0] }) {
		r.Certificate = r.Certificate[:1]
	}
	switch len(r.Certificate) {
	case 0:
	case 1:
		certificate, err := r.Certificate[0].read()
		if b.Certificate = certificate; err != nil && certificate.Served() && b.Err == nil {
			b.Err = err
		}
	default:
		b.Err = cmp.Or(b.Err, fmt.Errorf("it has %d certificates, and OSS documents one", len(r.Certificate)))
	}
	return b
}

func (r certificateReply) read() (BoundCertificate, error) {
	c := BoundCertificate{ID: secret.RemoteText(r.CertID), Type: secret.RemoteText(r.Type), Status: secret.RemoteText(r.Status), Fingerprint: secret.RemoteText(r.Fingerprint)}
	var err error
	if c.Expires, err = parseTime(r.ValidEndDate); err != nil {
		return c, fmt.Errorf("reading ValidEndDate of the certificate: %w", err)
	}
	c.Starts, _ = parseTime(r.ValidStartDate) // a detail: that it cannot be read costs nothing else
	return c, nil
}

// isEnabled reports whether status is the word for a domain or certificate that OSS serves.
func isEnabled(status string) bool { return strings.EqualFold(strings.TrimSpace(status), "Enabled") }

// parseBool reads a boolean in any spelling of the vendor's; an empty text is
// false.
func parseBool(text string) (bool, error) {
	switch strings.ToLower(strings.TrimSpace(text)) {
	case "true", "1":
		return true, nil
	case "false", "0", "":
		return false, nil
	}
	return false, fmt.Errorf("%.80q is neither true nor false", text)
}
