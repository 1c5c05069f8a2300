package poller

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/ossclient"
)

// kind is a sort of question. All that tells one kind from another is here: a
// further one is a further row.
type kind struct {
	check Check // "" is the token itself
	// key says which question about t this is; ok is false if t wants none.
	// Targets with the same key share one question and its answer.
	key func(t *config.Target) (k key, ok bool)
	ttl func(t *config.Target) time.Duration // how long an answer is not asked for again
	ask func(ctx context.Context, t *config.Target) (answer, error)
	// tell writes the last definitive answer into r, which holds those of the
	// kinds before. token is that about the token.
	tell func(r *Result, a, token *answer)
}

// answer is what was learnt; each kind uses a part of its own.
type answer struct {
	facts    Facts
	token    ossclient.Secret
	bindings []ossclient.Binding
	records  []string // what the TXT records say, or where the CNAME records lead
}

// newKinds returns the questions that somebody is there to answer, the token's first.
func (p *Poller) newKinds(opts Options) []kind {
	kinds := []kind{{key: tokenKey, ttl: cacheTTL, ask: p.askToken, tell: tellToken}}
	if lister := opts.Bindings; lister != nil {
		kinds = append(kinds, kind{
			check: CheckBinding, key: bindingKey,
			ttl: func(t *config.Target) time.Duration { return t.Checks.BindingTTL },
			ask: func(ctx context.Context, t *config.Target) (answer, error) {
				bindings, err := lister.ListCname(ctx, t)
				return answer{bindings: bindings}, err
			},
			tell: tellBinding,
		})
	}
	if resolver := opts.DNS; resolver != nil {
		kinds = append(kinds, kind{
			check: CheckTXT, key: txtKey, ttl: cacheTTL, tell: tellTXT,
			ask: func(ctx context.Context, t *config.Target) (answer, error) {
				values, err := resolver.TXT(ctx, t.Proof(), t.Checks.Resolvers)
				return answer{records: values}, err
			},
		}, kind{
			check: CheckCNAME, key: cnameKey, ttl: cacheTTL, tell: tellCNAME,
			ask: func(ctx context.Context, t *config.Target) (answer, error) {
				names, err := resolver.Follow(ctx, t.Cname(), hosts(t), t.Checks.Resolvers)
				return answer{records: names}, err
			},
		})
	}
	return kinds
}

func cacheTTL(t *config.Target) time.Duration { return t.CacheTTL }

func hosts(t *config.Target) []string {
	return ossclient.Hosts(t.Bucket, t.Account.Region, t.Account.Endpoint)
}

func tokenKey(t *config.Target) (key, bool) {
	return key{name: t.Name, lane: laneOf(t)}, true
}

func (p *Poller) askToken(ctx context.Context, t *config.Target) (answer, error) {
	token, err := p.oss.GetCnameToken(ctx, t)
	if errors.Is(err, ossclient.ErrNoToken) {
		return answer{}, nil
	}
	return answer{facts: Facts{Exists: true, Expires: token.Expires}, token: token.Value}, err
}

func tellToken(r *Result, a, _ *answer) { r.Facts = a.facts }

// bindingKey leaves the domain out: one list answers for all of a bucket's.
func bindingKey(t *config.Target) (key, bool) {
	return key{check: CheckBinding, name: domain.Name{Bucket: t.Bucket}, lane: laneOf(t)}, t.Checks.Binding
}

// tellBinding finds r's domain in the bucket's list. What of it could not be
// read is that target's failure alone, and erases nothing that could.
func tellBinding(r *Result, a, _ *answer) {
	binding, listed := findBinding(a.bindings, r.Target.Name)
	switch {
	case listed && !binding.Ambiguous:
		r.Bound = Yes
	case !listed && binding.Err == nil:
		r.Bound = No
	}
	if r.Bound == Yes && binding.Status != "" {
		r.Enabled = truth(binding.Enabled)
	}
	if r.Bound == Yes && binding.Certificate.Served() {
		r.CertificateExpires = binding.Certificate.Expires
	}
	if binding.Err != nil {
		status := r.Checks[CheckBinding]
		status.Attempt.Reason, status.Attempt.Err = ossclient.ReasonBadResponse, binding.Err
		status.Was = status.Outcome() // the entry is the bucket's and has no memory of what is news about one domain
		r.Checks[CheckBinding] = status
	}
}

// findBinding returns the binding of name. If it is not listed, the Err is why
// that means nothing; nil if it is not bound.
func findBinding(bindings []ossclient.Binding, name domain.Name) (b ossclient.Binding, listed bool) {
	for _, exact := range []bool{true, false} {
		for _, b := range bindings {
			if b.Is(name) && b.Ambiguous != exact {
				return b, true
			}
		}
	}
	if n := len(bindings); n > 0 && bindings[n-1].Name.Base == "" {
		return bindings[n-1], false
	}
	return ossclient.Binding{}, false
}

// txtKey leaves the bucket out: a record is the same whoever asks for it.
func txtKey(t *config.Target) (key, bool) {
	return key{check: CheckTXT, name: domain.Name{Base: t.Base}, lane: dnsLane(t)}, t.Checks.DNS
}

func tellTXT(r *Result, a, token *answer) {
	if token.facts.Exists {
		r.DNSVerified = truth(slices.Contains(a.records, string(token.token)))
	}
}

func cnameKey(t *config.Target) (key, bool) {
	return key{check: CheckCNAME, name: t.Name, lane: dnsLane(t)}, t.Checks.DNS
}

func tellCNAME(r *Result, a, _ *answer) {
	r.PointsToBucket = No
	if n := len(a.records); n > 0 {
		r.LeadsTo = a.records[n-1]
		r.PointsToBucket = truth(slices.Contains(hosts(r.Target), r.LeadsTo))
	}
}

func dnsLane(t *config.Target) laneKey {
	return laneKey{resolvers: "dns " + strings.Join(t.Checks.Resolvers, " ")}
}
