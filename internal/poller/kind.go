package poller

import (
	"context"
	"errors"
	"strings"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// kind is a kind of question. All that tells one from another is here.
type kind struct {
	check status.Check // "" is the token itself
	// key identifies the question about t; ok is false if t wants none. Targets
	// with the same key share one question and its answer.
	key func(t *config.Target) (k key, ok bool)
	ttl func(t *config.Target) time.Duration // how long an answer is not asked for again
	ask func(ctx context.Context, t *config.Target) (answer, error)
	// fill writes the last definitive answer into s, which has those of the kinds
	// before. token is the answer about the token.
	fill func(s *status.Status, t *config.Target, a, token *answer)
}

// key identifies a question and whom it is put to. What makes no difference to
// its kind is zero.
type key struct {
	check status.Check
	name  domain.Name
	lane  schedule.Lane
}

// answer is what was learnt; each kind uses a part of its own.
type answer struct {
	facts    status.Facts
	token    secret.Text
	previous secret.Text // the token before; "" if none was seen
	bindings *list
	records  status.Records // TXT records, or where the CNAME records lead
}

// newKinds returns the questions that somebody is there to answer, the token's first.
func newKinds(oss TokenGetter, lister BindingLister, resolver DNS) []kind {
	kinds := []kind{{
		key: tokenKey, ttl: cacheTTL, fill: fillToken,
		ask: func(ctx context.Context, t *config.Target) (answer, error) {
			token, err := oss.GetCnameToken(ctx, t.Account, t.Name)
			if errors.Is(err, ossclient.ErrNoToken) {
				return answer{}, nil
			}
			return answer{facts: status.Facts{Exists: true, Expires: token.Expires}, token: token.Value}, err
		},
	}}
	if lister != nil {
		kinds = append(kinds, kind{
			check: status.CheckBinding, key: bindingKey, ttl: bindingTTL, fill: fillBinding,
			ask: func(ctx context.Context, t *config.Target) (answer, error) {
				bindings, err := lister.ListCname(ctx, t.Account, t.Bucket)
				return answer{bindings: &list{bindings: bindings}}, err
			},
		})
	}
	if resolver != nil {
		kinds = append(kinds, kind{
			check: status.CheckTXT, key: txtKey, ttl: cacheTTL, fill: fillTXT,
			ask: func(ctx context.Context, t *config.Target) (answer, error) {
				found, err := resolver.TXT(ctx, t.Proof(), t.Checks.Resolvers)
				return answer{records: found}, err
			},
		}, kind{
			check: status.CheckCNAME, key: cnameKey, ttl: cacheTTL, fill: fillCNAME,
			ask: func(ctx context.Context, t *config.Target) (answer, error) {
				found, err := resolver.Follow(ctx, t.Cname(), isOSS(t), t.Checks.Resolvers)
				return answer{records: found}, err
			},
		})
	}
	return kinds
}

func cacheTTL(t *config.Target) time.Duration   { return t.CacheTTL }
func bindingTTL(t *config.Target) time.Duration { return t.Checks.BindingTTL }

// Lane returns the lane of calls to OSS for an account.
func Lane(a *config.Account) schedule.Lane {
	return schedule.Lane{Account: a.Name, Server: strings.TrimSpace(a.Region + " " + a.Endpoint)}
}

func dnsLane(t *config.Target) schedule.Lane {
	return schedule.Lane{Server: "dns " + strings.Join(t.Checks.Resolvers, " ")}
}

func tokenKey(t *config.Target) (key, bool) {
	return key{name: t.Name, lane: Lane(t.Account)}, true
}

func fillToken(s *status.Status, _ *config.Target, a, _ *answer) { s.Facts, s.Token = a.facts, a.token }

// bindingKey leaves the domain out: one list answers for all of a bucket's.
func bindingKey(t *config.Target) (key, bool) {
	return key{check: status.CheckBinding, name: domain.Name{Bucket: t.Bucket}, lane: Lane(t.Account)}, t.Checks.Binding
}

func fillBinding(s *status.Status, t *config.Target, a, _ *answer) { a.bindings.fill(s, t.Name) }

// txtKey leaves the bucket out: a record is the same for every bucket.
func txtKey(t *config.Target) (key, bool) {
	return key{check: status.CheckTXT, name: domain.Name{Base: t.Base}, lane: dnsLane(t)}, t.Checks.DNS
}

func fillTXT(s *status.Status, _ *config.Target, a, token *answer) {
	if token.facts.Exists {
		s.Proof = status.NewProof(string(token.token), string(token.previous), a.records)
		s.DNSVerified = status.Of(s.Proof.Verdict == status.VerdictValid)
	}
}

func cnameKey(t *config.Target) (key, bool) {
	return key{check: status.CheckCNAME, name: t.Name, lane: dnsLane(t)}, t.Checks.DNS
}

// fillCNAME says where the CNAME record leads if all name servers say the same.
func fillCNAME(s *status.Status, t *config.Target, a, _ *answer) {
	if s.Differences = a.records.Differences(); s.Differences != "" {
		return
	}
	for _, f := range a.records.Found {
		s.Destination, s.LeadsTo = destination(t, f.Values)
	}
	s.PointsToBucket = s.Destination.IsBucket()
}
