package alerts_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/dnsclient"
	name "oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/httpcheck"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// domain is the truth about one, which exporters ask for.
type domain struct {
	bucket, cname string
	token         time.Time // when it expires; zero is none
	bound         bool
	deleted       bool // the bucket is no more
	stranger      bool // the bucket belongs to another account
	taken         bool // which has bound the domain to it
	disabled      bool
	certificate   time.Time // zero is none
	unserved      bool      // the certificate is disabled
	served        time.Time // end of the certificate that visitors get; zero is none
	txt           bool      // the TXT record carries the token
	points        bool      // the CNAME record leads to the bucket
	leads         string    // where it leads instead: a status.Destination
	closed        bool      // its servers refuse every connection
	word          string    // OSS's word for a bound domain that it does not serve
	checks        string    // that are on, unless the target says so itself; all if empty
}

// host and bucketName are what the configuration calls a domain and a bucket, which scenes name in short.
func (d *domain) host() string {
	if strings.Contains(d.cname, ".") {
		return d.cname
	}
	return d.cname + ".example.com"
}

func (d *domain) bucketName() string { return "bucket-" + d.bucket }

func (d *domain) value() string { return fmt.Sprintf("token-%d", d.token.Unix()) }

// oss is OSS and the DNS as one exporter reaches them.
type oss struct{ e *exporter }

// find returns the truth about a domain, which an exporter can only ask for if it is there.
func (o oss) find(bucket, base string) *domain {
	for _, d := range o.e.w.domains {
		if d.bucketName() == bucket && strings.TrimPrefix(d.host(), "*.") == base {
			return d
		}
	}
	return &domain{}
}

// refusal is why OSS does not answer about a bucket and a domain; nil if it does.
func (o oss) refusal(operation, bucket, base string) error {
	reason := o.e.blind
	for _, d := range o.e.w.domains {
		switch isIt := d.bucketName() == bucket && (base == "" || strings.TrimPrefix(d.host(), "*.") == base); {
		case isIt && d.deleted:
			return &ossclient.Error{Operation: operation, Reason: status.ReasonBucketNotFound, Status: 404, Code: "NoSuchBucket", Err: errors.New("the bucket does not exist")}
		case isIt && d.stranger:
			return &ossclient.Error{Operation: operation, Reason: status.ReasonAccessDenied, Status: 403, Code: "AccessDenied", Err: status.ErrOtherOwner}
		case isIt && base != "" && o.e.unasked[d.cname]:
			reason = "timeout"
		}
	}
	if operation == "ListCname" && reason == "" {
		reason = o.e.failing["binding"]
	}
	if reason == "" {
		return nil
	}
	return &ossclient.Error{Operation: operation, Reason: status.Reason(reason), Err: errors.New("simulated")}
}

// GetCnameToken implements poller.TokenGetter.
func (o oss) GetCnameToken(_ context.Context, _ *config.Account, n name.Name) (ossclient.Token, error) {
	if err := o.refusal("GetCnameToken", n.Bucket, n.Base); err != nil {
		return ossclient.Token{}, err
	}
	d := o.find(n.Bucket, n.Base)
	if !time.Now().Before(d.token) {
		return ossclient.Token{}, ossclient.ErrNoToken
	}
	return ossclient.Token{Value: newSecret(d.value()), Expires: d.token}, nil
}

// ListCname implements poller.BindingLister.
func (o oss) ListCname(_ context.Context, _ *config.Account, bucket string) ([]ossclient.Binding, error) {
	if err := o.refusal("ListCname", bucket, ""); err != nil {
		return nil, err
	}
	var bindings []ossclient.Binding
	for _, d := range o.e.w.domains {
		if d.bucketName() != bucket || !d.bound {
			continue
		}
		b := ossclient.Binding{Name: name.Name{Bucket: bucket, Base: strings.TrimPrefix(d.host(), "*."), Wildcard: strings.HasPrefix(d.host(), "*.")}, Status: "Enabled", Enabled: true}
		if d.disabled {
			b.Enabled, b.Status = false, "Disabled"
			if d.word != "" {
				b.Status = strings.ToUpper(d.word[:1]) + d.word[1:]
			}
		}
		if !d.certificate.IsZero() {
			b.Certificate = ossclient.BoundCertificate{ID: "1", Type: "CAS", Status: "Enabled", Expires: d.certificate}
			if d.unserved {
				b.Certificate.Status = "Disabled"
			}
		}
		bindings = append(bindings, b)
	}
	return bindings, nil
}

const server = "192.0.2.53:53"

// TXT implements poller.DNS.
func (o oss) TXT(_ context.Context, record string, _ []string) (status.Records, error) {
	if reason := o.e.failing["dns_txt"]; reason != "" {
		return status.Records{}, &dnsclient.Error{Reason: status.Reason(reason), Err: errors.New("simulated")}
	}
	var values []string
	for _, d := range o.e.w.domains {
		if record == "_dnsauth."+strings.TrimPrefix(d.host(), "*.") && d.txt {
			values = []string{d.value()}
		}
	}
	return found(values), nil
}

// Follow implements poller.DNS.
func (o oss) Follow(_ context.Context, record string, _ func(string) bool, _ []string) (status.Records, error) {
	if reason := o.e.failing["dns_cname"]; reason != "" {
		return status.Records{}, &dnsclient.Error{Reason: status.Reason(reason), Err: errors.New("simulated")}
	}
	var values []string
	for _, d := range o.e.w.domains {
		if d.host() != record {
			continue
		}
		switch d.leads {
		case "":
			if d.points || d.bound {
				values = []string{d.bucketName() + ".oss-cn-hangzhou.aliyuncs.com"}
			}
		case "bucket":
			values = []string{d.bucketName() + ".oss-cn-hangzhou.aliyuncs.com"}
		case "other_bucket":
			values = []string{"elsewhere.oss-cn-hangzhou.aliyuncs.com"}
		case "oss":
			values = []string{"ap-1-ossalias.oss-cn-hangzhou.aliyuncs.com"}
		case "elsewhere":
			values = []string{"www.example.net"}
		}
	}
	return found(values), nil
}

// found is what the one name server says; without a CNAME record there is no address either.
func found(values []string) status.Records {
	return status.Records{Found: []status.Found{{Servers: []string{server}, Values: values, Address: status.Of(len(values) > 0)}}}
}

// Visit implements poller.Visitor.
func (o oss) Visit(_ context.Context, t httpcheck.Target) (status.HTTP, error) {
	if reason := o.e.failing["http"]; reason != "" {
		return status.HTTP{}, &httpcheck.Error{Reason: status.Reason(reason), Err: errors.New("simulated")}
	}
	d := o.find(t.Bucket, t.Host)
	if (d.deleted || d.stranger) && !d.taken {
		return status.HTTP{AnsweredBy: status.AnsweredByUnbound, Evidence: "OSS answers 404 NoSuchBucket and names the bucket www", Certain: true, StatusCode: 404}, nil
	}
	if d.closed {
		return status.HTTP{AnsweredBy: status.AnsweredByNothing, Evidence: "every connection is refused", Certain: true}, nil
	}
	answer := status.HTTP{AnsweredBy: status.AnsweredByBucket, Evidence: "https answers 403 with the headers of OSS", StatusCode: 403}
	if !d.served.IsZero() {
		answer.Certificate = status.ServedCertificate{Expires: d.served, Matches: status.Yes, Trusted: status.Yes}
	}
	return answer, nil
}
