package demo

import (
	"context"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
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

// steps are the events in the life of the walker, made by its
// operator and by OSS. In the beginning it has nothing.
func (d *Demo) steps() []func() {
	at := domain.Name{Bucket: "demo-bucket", Base: walker}
	certificate := d.certificate(walker, 90)
	return []func(){
		func() { d.create(at, stride) }, // and forgotten: awaiting_dns
		func() {},                       // it dies: token_expired
		func() { d.create(at, 72*time.Hour) },
		func() { d.publish(at) }, // ready_to_bind
		func() {
			d.OSS.Bind(at, osstest.Binding{Certificate: certificate})
			d.DNS.Alias(at.Base, recommendedTarget)
		},
		func() { d.OSS.Bind(at, osstest.Binding{Certificate: certificate, Disabled: true}) },
		func() { d.OSS.Unbind(at); d.DNS.Publish(at.Proof()) }, // token_missing, and dangling
	}
}

// create makes OSS hold a token for a domain.
func (d *Demo) create(at domain.Name, life time.Duration) {
	d.OSS.SetToken(at, osstest.Token{Expires: time.Now().Add(life)})
}

// publish makes the TXT record of a domain carry its token.
func (d *Demo) publish(at domain.Name) { d.DNS.Publish(at.Proof(), d.OSS.Token(at).Value) }
