package demo

import (
	"context"
	"time"

	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/ossclient"
)

const (
	// walker is the demo's domain that goes through its whole life.
	walker = "walking.example.com"
	// stride is how long it stays in each state.
	stride = 20 * time.Second
)

// walk takes the walker from state to state until ctx is done.
func (d *Demo) walk(ctx context.Context) {
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
func (d *Demo) steps() []func() {
	at := domain{bucket: "demo-bucket", cname: walker}.at()
	certificate := newCertificate(90)
	return []func(){
		func() { d.create(at, stride) }, // and forgotten: awaiting_dns
		func() {},                       // it dies: token_expired
		func() { d.create(at, 72*time.Hour) },
		func() { d.publish(at) }, // ready_to_bind
		func() { d.OSS.Bind(at, osstest.Binding{Certificate: certificate}); d.point(at) },
		func() { d.OSS.Bind(at, osstest.Binding{Certificate: certificate, Disabled: true}) },
		func() { d.OSS.Unbind(at); d.DNS.Publish(proofOf(at)) }, // token_missing, and dangling
	}
}

// create makes OSS hold a token for a domain.
func (d *Demo) create(at osstest.Domain, life time.Duration) {
	d.OSS.SetToken(at, osstest.Token{Expires: time.Now().Add(life)})
}

// publish makes the TXT record of a domain carry its token.
func (d *Demo) publish(at osstest.Domain) { d.DNS.Publish(proofOf(at), d.OSS.Token(at).Value) }

// point makes the CNAME record of a domain lead to its bucket.
func (d *Demo) point(at osstest.Domain) {
	d.DNS.Alias(at.Cname, ossclient.Hosts(at.Bucket, "cn-hangzhou", "")[0])
}

func proofOf(at osstest.Domain) string { return ossclient.Domain{Cname: at.Cname}.Proof() }

// newCertificate returns one that lasts for some days.
func newCertificate(days int) *osstest.Certificate {
	now := time.Now()
	return &osstest.Certificate{ID: "demo-cn-hangzhou", NotBefore: now.AddDate(0, 0, days-90), NotAfter: now.AddDate(0, 0, days)}
}
