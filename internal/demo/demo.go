// Package demo runs a simulated OSS and DNS for people who want to see the
// exporter at work without an account. A Demo has one target for each state that
// an operator can meet, and walks one of them through all states.
package demo

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/dnstest"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/fake/sitetest"
	"oss_cname_exporter/internal/httpcheck"
)

// Demo is a simulated OSS and DNS with a domain in every state that an operator
// can meet, and the configuration and key to watch it with.
type Demo struct {
	OSS *osstest.Server
	DNS *dnstest.Server
	// Sites plays the web servers behind the domains, as the checks http meet them.
	Sites *sitetest.Server
}

const (
	// agentic is the demo's bucket of the kind that takes wildcards.
	agentic = "demo-1234567890123456-cn-hangzhou-ab-apsr"
	// publicTarget and recommendedTarget lead to demo-bucket: its public
	// endpoint, and the one that the vendor's console recommends.
	publicTarget      = "demo-bucket.oss-cn-hangzhou.aliyuncs.com"
	recommendedTarget = "demo-bucket.cn-hangzhou.taihangcda.cn"
	// yours is the demo's domain that is left to the reader.
	yours = "yours.example.com"
	// unfiled ends the domains that have no ICP filing: PutCname refuses them.
	unfiled = "unfiled.example.com"
)

// The temporary key of the demo's OSS, for trying temporary credentials.
const (
	stsKey    = "STS.demo"
	stsSecret = "demo-sts-secret"          //nolint:gosec // of a simulator on loopback
	stsToken  = "demo-security-token-1234" //nolint:gosec // of a simulator on loopback
)

// target is one domain of the demo.
type target struct {
	bucket, cname, team string
	left                time.Duration       // life of the token; 0 is no token
	answers             []osstest.Behaviour // in turn; none is the genuine one
	proven              bool                // the TXT record carries the token
	points              string              // the target of the CNAME record; "" is no record
	address             string              // of an A record in place of a CNAME record; "" is none
	bound               *osstest.Binding    // nil is not bound
	days                int                 // of the certificate that is bound; 0 is no certificate
}

func targets() []target {
	const own, elsewhere, forbidden = "demo-bucket", "demo-elsewhere", "demo-forbidden"
	enabled, blocked := &osstest.Binding{}, &osstest.Binding{Status: "Blocked"}
	throttle := osstest.Fail(503, "MetaOperationQpsLimitExceeded", "")
	rubbish := osstest.Reply(200, "<html>Welcome to the hotel's Wi-Fi!</html>", "Content-Type", "text/html")
	return []target{
		{bucket: own, cname: "plenty.example.com", team: "web", left: 71 * time.Hour},
		{bucket: own, cname: "hours.example.com", team: "web", left: 5 * time.Hour, proven: true},
		{bucket: own, cname: "minutes.example.com", team: "web", left: 3 * time.Minute},
		{bucket: own, cname: "never.example.com", team: "web"},
		{bucket: agentic, cname: "*.wildcard.example.com", team: "web", left: 48 * time.Hour},
		{bucket: own, cname: "bound.example.com", team: "web", points: publicTarget, bound: enabled, days: 20},
		{bucket: own, cname: "recommended.example.com", team: "web", points: recommendedTarget, bound: enabled, days: 60},
		{bucket: own, cname: "renewed.example.com", team: "web", points: recommendedTarget, bound: enabled, days: 85},
		{bucket: own, cname: "disabled.example.com", team: "web", points: publicTarget, bound: &osstest.Binding{Disabled: true}},
		{bucket: own, cname: "blocked.example.com", team: "web", points: publicTarget, bound: blocked},
		{bucket: own, cname: "cdn.example.com", team: "web", points: cdnTarget, bound: enabled, days: 60},
		{bucket: own, cname: "flattened.example.com", team: "web", address: "127.0.0.1", bound: enabled, days: 60},
		{bucket: own, cname: "dangling.example.com", team: "web", points: recommendedTarget},
		{bucket: own, cname: walker, team: "web"},
		{bucket: own, cname: yours, team: "web"},
		{bucket: elsewhere, cname: "elsewhere.example.com", team: "media"},
		{bucket: forbidden, cname: "denied.example.com", team: "media"},
		{bucket: own, cname: "throttled.example.com", team: "media", left: 30 * time.Hour,
			answers: []osstest.Behaviour{osstest.Genuine, osstest.Genuine, throttle}},
		{bucket: own, cname: "slow.example.com", team: "media", left: 20 * time.Hour,
			answers: []osstest.Behaviour{osstest.Delay(time.Second)}},
		{bucket: own, cname: "rubbish.example.com", team: "media", answers: []osstest.Behaviour{rubbish}},
	}
}

// Start starts the simulators. The caller closes the demo.
func Start() *Demo {
	dns := dnstest.New(dnstest.Zone("example.com")...)
	oss := osstest.New(osstest.Options{TXT: dns.TXT, Unfiled: func(domain string) bool { return strings.HasSuffix(domain, unfiled) }})
	oss.AddSTSKey(stsKey, stsSecret, stsToken, time.Time{})
	oss.AddKey(Getenv("OSS_ACCESS_KEY_ID"), Getenv("OSS_ACCESS_KEY_SECRET"))
	oss.AddBucket(osstest.Bucket{Name: "demo-bucket"})
	oss.AddBucket(osstest.Bucket{Name: agentic})
	oss.AddBucket(osstest.Bucket{Name: "demo-elsewhere", Region: "cn-shanghai"})
	oss.AddBucket(osstest.Bucket{Name: "demo-forbidden", Forbidden: true})
	d := &Demo{OSS: oss, DNS: dns}
	d.Sites = sitetest.New(d.site)
	for _, leaf := range []string{publicTarget, recommendedTarget, cdnTarget} {
		dns.Add(leaf + ". 60 A 127.0.0.1")
	}
	for _, t := range targets() {
		d.add(t)
	}
	oss.Bind(domain.Name{Bucket: "demo-bucket", Base: "forgotten.example.com"}, osstest.Binding{}) // and not configured
	return d
}

// Close stops the simulators.
func (d *Demo) Close() {
	d.OSS.Close()
	d.DNS.Close()
	d.Sites.Close()
}

// cdnTarget is the name of a CDN that passes on none of the headers of OSS.
const cdnTarget = "cdn.example.com.w.kunlunaq.com"

// site returns the web server behind a host.
func (d *Demo) site(host string) sitetest.Site {
	if host == "cdn.example.com" {
		return sitetest.Site{}
	}
	statusCode, code, bucket := d.OSS.Visit(host)
	return sitetest.Site{OSS: true, Status: statusCode, Code: code, Bucket: bucket, Certificate: d.served(host)}
}

// served returns the certificate that visitors get: the one that is bound, else that of OSS itself.
func (d *Demo) served(host string) sitetest.Certificate {
	pair := d.OSS.Served(host)
	switch {
	case host == "renewed.example.com": // the new one never arrived
		return sitetest.Certificate{Expires: in(9)}
	case pair == nil, host == "recommended.example.com": // nor did this one
		return sitetest.Certificate{Name: "*.oss-cn-hangzhou.aliyuncs.com"}
	}
	return sitetest.Certificate{Pair: pair}
}

// in returns the midnight in some days.
func in(days int) time.Time { return time.Now().Truncate(24*time.Hour).AddDate(0, 0, days) }

// certificate returns one to bind, for some days.
func (d *Demo) certificate(host string, days int) *osstest.Certificate {
	return osstest.NewCertificate("493-cn-hangzhou", d.Sites.Issue(host, in(days)))
}

// Visitor returns a client that meets the demo's web servers at the addresses of its domains.
func (d *Demo) Visitor() *httpcheck.Client {
	return httpcheck.New(httpcheck.Options{Dial: d.Sites.Dial, Roots: d.Sites.Roots()})
}

// add puts a domain into the world as it is at the start.
func (d *Demo) add(t target) {
	at := t.at()
	if t.left > 0 {
		d.create(at, t.left)
	}
	if t.proven {
		d.publish(at)
	}
	if t.points != "" {
		d.DNS.Alias(at.Base, t.points)
	}
	if t.address != "" {
		d.DNS.Add(at.Base + ". 60 A " + t.address)
	}
	if t.bound != nil {
		bound := *t.bound
		if t.days > 0 {
			bound.Certificate = d.certificate(at.Base, t.days)
		}
		d.OSS.Bind(at, bound)
	}
	d.OSS.Behave(at, t.answers...)
}

func (t target) at() domain.Name {
	base, wildcard := strings.CutPrefix(t.cname, "*.")
	return domain.Name{Bucket: t.bucket, Base: base, Wildcard: wildcard}
}

// Getenv is the environment of the demo: the key to its OSS.
func Getenv(name string) string {
	switch name {
	case "OSS_ACCESS_KEY_ID":
		return "demo"
	case "OSS_ACCESS_KEY_SECRET":
		return "demo-secret"
	}
	return ""
}

// Load returns the configuration, written as an operator would write it.
func (d *Demo) Load() (*config.Config, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "accounts:\n  demo: {region: cn-hangzhou, endpoint: %q, discover: true}\nchecks: {binding: true, dns: true, http: true, resolvers: [%q]}\ntargets:\n",
		d.OSS.URL(), d.DNS.Address())
	for _, t := range targets() {
		visit := ""
		if base, wildcard := strings.CutPrefix(t.cname, "*."); wildcard {
			visit = ", checks: {http_visit: www." + base + "}"
		}
		fmt.Fprintf(&b, "  - {bucket: %s, cname: %q, labels: {team: %s}%s}\n", t.bucket, t.cname, t.team, visit)
	}
	return config.Parse("demo", []byte(b.String()))
}

// Run brings the demo to life once the exporter listens, until ctx is done. url
// is where its pages are, without a final slash.
func (d *Demo) Run(ctx context.Context, w io.Writer, url string) {
	d.announce(w, url)
	var actors sync.WaitGroup
	actors.Go(func() { d.scrape(ctx, url) })
	actors.Go(func() { d.walk(ctx) })
	actors.Wait()
}

// scrape stands in for Prometheus until ctx is done: without scrapes nothing
// is asked, and the page would have nothing to show.
func (d *Demo) scrape(ctx context.Context, url string) {
	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}} //nolint:gosec // it asks its own process
	defer client.CloseIdleConnections()
	ticker := time.NewTicker(5 * time.Second)
	defer ticker.Stop()
	for ctx.Err() == nil {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/metrics", nil)
		if err != nil {
			return
		}
		if resp, err := client.Do(req); err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
		}
		select {
		case <-ticker.C:
		case <-ctx.Done():
		}
	}
}

// Domains returns the cname of every target of the demo.
func Domains() []string {
	var names []string
	for _, t := range targets() {
		names = append(names, t.cname)
	}
	return names
}
