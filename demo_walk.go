package main

import (
	"context"
	"time"

	"oss_cname_exporter/ossclient"
	"oss_cname_exporter/ossclient/osstest"
)

const (
	// walker is the demo's domain that goes through its whole life.
	walker = "walking.example.com"
	// stride is how long it stays in each state.
	stride = 20 * time.Second
)

// walk takes the walker from state to state until ctx is done.
func (d *demo) walk(ctx context.Context) {
	ticker := time.NewTicker(stride)
	defer ticker.Stop()
	for {
		for _, step := range d.steps() {
			select {
			case <-ticker.C:
				step()
			case <-ctx.Done():
				return
			}
		}
	}
}

// steps is what is done to the walker in the course of its life, by its
// operator and by OSS. In the beginning it has nothing.
func (d *demo) steps() []func() {
	at := demoDomain{bucket: "demo-bucket", cname: walker}.at()
	certificate := demoCertificate(90)
	return []func(){
		func() { d.create(at, stride) }, // and forgotten: awaiting_dns
		func() {},                       // it dies: token_expired
		func() { d.create(at, 72*time.Hour) },
		func() { d.publish(at) }, // ready_to_bind
		func() { d.oss.Bind(at, osstest.Binding{Certificate: certificate}); d.point(at) },
		func() { d.oss.Bind(at, osstest.Binding{Certificate: certificate, Disabled: true}) },
		func() { d.oss.Unbind(at); d.dns.Publish(proofOf(at)) }, // token_missing, and dangling
	}
}

// create makes OSS hold a token for a domain.
func (d *demo) create(at osstest.Domain, life time.Duration) {
	d.oss.SetToken(at, osstest.Token{Expires: time.Now().Add(life)})
}

// publish makes the TXT record of a domain carry its token.
func (d *demo) publish(at osstest.Domain) { d.dns.Publish(proofOf(at), d.oss.Token(at).Value) }

// point makes the CNAME record of a domain lead to its bucket.
func (d *demo) point(at osstest.Domain) {
	d.dns.Alias(at.Cname, ossclient.Hosts(at.Bucket, "cn-hangzhou", "")[0])
}

func proofOf(at osstest.Domain) string { return ossclient.Domain{Cname: at.Cname}.Proof() }

// demoCertificate returns one that lasts for some days.
func demoCertificate(days int) *osstest.Certificate {
	now := time.Now()
	return &osstest.Certificate{ID: "demo-cn-hangzhou", NotBefore: now.AddDate(0, 0, days-90), NotAfter: now.AddDate(0, 0, days)}
}
