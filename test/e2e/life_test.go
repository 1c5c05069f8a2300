//go:build e2e

package e2e_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/miekg/dns"

	"oss_cname_exporter/internal/app/apptest"
)

// owner does to one domain of the demo what its operator would do, with the
// vendor's SDK and a dynamic update of the DNS.
type owner struct {
	oss   *oss.Client
	dns   string
	cname string
}

func newOwner(t *testing.T, demo exporter, cname string) owner {
	t.Helper()
	where := demo.said(t, regexp.MustCompile(`simulated OSS at (\S+), with a DNS at (\S+)\. Look`))
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return owner{
		oss: oss.NewClient(oss.LoadDefaultConfig().
			WithRegion("cn-hangzhou").
			WithEndpoint(where[1]).
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider("demo", "demo-secret")).
			WithHttpClient(&http.Client{Transport: transport})),
		dns:   where[2],
		cname: cname,
	}
}

func (o owner) configuration(certificate *oss.CertificateConfiguration) *oss.BucketCnameConfiguration {
	return &oss.BucketCnameConfiguration{Cname: &oss.Cname{Domain: new(o.cname), CertificateConfiguration: certificate}}
}

func (o owner) createToken(t *testing.T) (value string) {
	t.Helper()
	created, err := o.oss.CreateCnameToken(t.Context(), &oss.CreateCnameTokenRequest{
		Bucket: new("demo-bucket"), BucketCnameConfiguration: o.configuration(nil),
	})
	if err != nil {
		t.Fatal(err)
	}
	return *created.CnameToken.Token
}

func (o owner) publish(t *testing.T, value string) {
	t.Helper()
	record, err := dns.NewRR(fmt.Sprintf("_dnsauth.%s. TXT %q", o.cname, value))
	if err != nil {
		t.Fatal(err)
	}
	update := new(dns.Msg).SetUpdate("example.com.")
	update.Insert([]dns.RR{record})
	if reply, _, err := new(dns.Client).ExchangeContext(t.Context(), update, o.dns); err != nil || reply.Rcode != dns.RcodeSuccess {
		t.Fatalf("updating %s: %v, %v", record, reply, err)
	}
}

func (o owner) bind(t *testing.T, certificate *oss.CertificateConfiguration) error {
	t.Helper()
	_, err := o.oss.PutCname(t.Context(), &oss.PutCnameRequest{
		Bucket: new("demo-bucket"), BucketCnameConfiguration: o.configuration(certificate),
	})
	return err
}

func (o owner) unbind(t *testing.T) {
	t.Helper()
	if _, err := o.oss.DeleteCname(t.Context(), &oss.DeleteCnameRequest{
		Bucket: new("demo-bucket"), BucketCnameConfiguration: o.configuration(nil),
	}); err != nil {
		t.Fatal(err)
	}
}

// TestLifeOfADomain walks a domain through its life with the vendor's SDK,
// while a real Prometheus records where it stands.
func TestLifeOfADomain(t *testing.T) {
	t.Parallel()
	const cname, of = "yours.example.com", `{cname="yours.example.com"}`
	demo := startExporter(t, "--demo")
	prom := startPrometheus(t, scraping(job{name: "demo", address: demo.address}))
	o := newOwner(t, demo, cname)
	reaches := func(state string) {
		t.Helper()
		prom.holds(t, fmt.Sprintf(`oss_cname_state{cname=%q, state=%q} == 1`, cname, state))
	}

	reaches("token_missing")
	prom.holds(t, `oss_cname_bound`+of+` == 0`)
	value := o.createToken(t)
	reaches("awaiting_dns")
	prom.holds(t, `oss_cname_token_dns_verified`+of+` == 0`)
	var refused *oss.ServiceError
	if err := o.bind(t, nil); !errors.As(err, &refused) || refused.Code != "NeedVerifyDomainOwnership" {
		t.Errorf("bound without proof: %v", err)
	}
	o.publish(t, value)
	reaches("ready_to_bind")
	ends := time.Now().Add(30 * 24 * time.Hour).Truncate(time.Second)
	if err := o.bind(t, &oss.CertificateConfiguration{CertId: new("1"), Certificate: new(apptest.CertificateUntil(t, ends))}); err != nil {
		t.Fatal(err)
	}
	reaches("bound")
	prom.holds(t, fmt.Sprintf(`oss_cname_certificate_expiry_timestamp_seconds%s == %d`, of, ends.Unix()))
	prom.holds(t, `oss_cname_enabled`+of+` == 1`)
	prom.holds(t, `oss_cname_token_exists`+of+` == 0`)
	prom.holds(t, `absent(oss_cname_token_dns_verified`+of+`)`)
	o.unbind(t)
	reaches("token_missing")

	want := []string{"token_missing", "awaiting_dns", "ready_to_bind", "bound", "token_missing"}
	if got, err := prom.states(t.Context(), cname); err != nil || !slices.Equal(got, want) {
		t.Errorf("Prometheus recorded %q, %v; want %q", got, err, want)
	}
	prom.holds(t, `count(count by (bucket, cname) (oss_cname_state)) == count(sum by (bucket, cname) (oss_cname_state) == 1)`)
}

// TestDemoWalks has Prometheus record what the demo's own domain goes through.
func TestDemoWalks(t *testing.T) {
	t.Parallel()
	prom := startPrometheus(t, scraping(job{name: "demo", address: startExporter(t, "--demo").address}))
	want := []string{"token_missing", "awaiting_dns", "token_expired", "awaiting_dns", "ready_to_bind", "bound", "disabled", "token_missing"}
	eventually(t, patience, func(ctx context.Context) error {
		got, err := prom.states(ctx, "walking.example.com")
		if err == nil && (len(got) < len(want) || !slices.Equal(got[:len(want)], want)) {
			err = fmt.Errorf("recorded %q, want %q", got, want)
		}
		return err
	})
}

// states returns the states that a domain went through, in order. It leaves
// out unknown: that is what a domain is for the one scrape in which it is bound
// between the two questions about it.
func (p prometheus) states(ctx context.Context, cname string) ([]string, error) {
	var data struct {
		Result []struct {
			Metric map[string]string
			Values [][2]any // seconds, value
		}
	}
	expr := fmt.Sprintf(`oss_cname_state{cname=%q, state!="unknown"}[15m]`, cname)
	if err := p.get(ctx, "query", url.Values{"query": {expr}}, &data); err != nil {
		return nil, err
	}
	type stay struct {
		at    float64
		state string
	}
	var stays []stay
	for _, series := range data.Result {
		for _, v := range series.Values {
			if at, ok := v[0].(float64); ok && v[1] == "1" {
				stays = append(stays, stay{at, series.Metric["state"]})
			}
		}
	}
	slices.SortFunc(stays, func(a, b stay) int { return cmp.Compare(a.at, b.at) })
	var states []string
	for _, s := range slices.CompactFunc(stays, func(a, b stay) bool { return a.state == b.state }) {
		states = append(states, s.state)
	}
	return states, nil
}
