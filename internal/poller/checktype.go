package poller

import (
	"context"
	"errors"
	"strings"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/httpcheck"
	"oss_cname_exporter/internal/schedule"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// checkType is a row of the table of checks. The rest of the package knows no
// check by name but the token.
type checkType struct {
	name status.Check                // "" is the token
	isOn func(t *config.Target) bool // reports whether t has this check
	// key identifies the request about t. Targets with equal keys share one request.
	key func(t *config.Target) cacheKey
	ttl func(t *config.Target) time.Duration // how long a result is used again
	ask func(ctx context.Context, t *config.Target) (result, error)
	// fill writes a result into s, which has those of the rows before. token is
	// the result of the token's row.
	fill func(s *status.Status, t *config.Target, r, token *result)
}

// cacheKey identifies a request. Fields that do not matter to its check are zero.
type cacheKey struct {
	check status.Check
	name  domain.Name
	queue schedule.Queue
}

// result is a definitive answer; each check uses its own fields.
type result struct {
	facts    status.Facts
	token    secret.Value
	previous secret.Value // the token before; "" if none was seen
	bindings *list
	records  status.Records // TXT records, or the path of the CNAME records
	http     status.HTTP
	noBucket bool // OSS says that the bucket does not exist
}

// nothing is the result of every check of a bucket that does not exist.
func nothing() result { return result{bindings: &list{}, noBucket: true} }

// newChecks returns the table without the rows that have no client.
func newChecks(oss TokenGetter, lister BindingLister, resolver DNS, visitor Visitor) []checkType {
	hasDNS := func(t *config.Target) bool { return t.Checks.DNS }
	cacheTTL := func(t *config.Target) time.Duration { return t.CacheTTL }
	checks := []checkType{{
		isOn: func(*config.Target) bool { return true }, ttl: cacheTTL,
		key:  func(t *config.Target) cacheKey { return cacheKey{name: t.Name, queue: Queue(t.Account)} },
		fill: func(s *status.Status, _ *config.Target, r, _ *result) { s.Facts, s.Token = r.facts, r.token },
		ask: func(ctx context.Context, t *config.Target) (result, error) {
			token, err := oss.GetCnameToken(ctx, t.Account, t.Name)
			if errors.Is(err, ossclient.ErrNoToken) {
				return result{}, nil
			}
			return result{facts: status.Facts{Exists: true, Expires: token.Expires}, token: token.Value}, err
		},
	}}
	if lister != nil {
		checks = append(checks, checkType{
			name: status.CheckBinding, isOn: func(t *config.Target) bool { return t.Checks.Binding }, key: bindingKey, fill: fillBinding,
			ttl: func(t *config.Target) time.Duration { return t.Checks.BindingTTL },
			ask: func(ctx context.Context, t *config.Target) (result, error) {
				bindings, err := lister.ListCname(ctx, t.Account, t.Bucket)
				return result{bindings: &list{bindings: bindings}}, err
			},
		})
	}
	if resolver != nil {
		checks = append(checks, checkType{
			name: status.CheckTXT, isOn: hasDNS, key: txtKey, ttl: cacheTTL, fill: fillTXT,
			ask: func(ctx context.Context, t *config.Target) (result, error) {
				found, err := resolver.TXT(ctx, t.Proof(), t.Checks.Resolvers)
				return result{records: found}, err
			},
		}, checkType{
			name: status.CheckCNAME, isOn: hasDNS, key: cnameKey, ttl: cacheTTL, fill: fillCNAME,
			ask: func(ctx context.Context, t *config.Target) (result, error) {
				found, err := resolver.Follow(ctx, t.Cname(), isOSS(t), t.Checks.Resolvers)
				return result{records: found}, err
			},
		})
	}
	if visitor != nil {
		checks = append(checks, checkType{
			// An unlisted target has no visit: a request never chooses a host to connect to.
			isOn: func(t *config.Target) bool { return t.Checks.HTTP && !t.Unlisted && visited(t) != "" },
			name: status.CheckHTTP, key: httpKey, ttl: cacheTTL,
			ask: func(ctx context.Context, t *config.Target) (result, error) {
				answer, err := visitor.Visit(ctx, httpcheck.Target{Host: visited(t), Bucket: t.Bucket, Resolvers: t.Checks.Resolvers, RefusePrivate: t.Checks.HTTPRefusePrivate})
				return result{http: answer}, err
			},
			fill: func(s *status.Status, _ *config.Target, r, _ *result) { s.HTTP = r.http },
		})
	}
	return checks
}

// Queue returns the queue of calls to OSS for an account.
func Queue(a *config.Account) schedule.Queue {
	return schedule.Queue{Account: a.Name, Server: strings.TrimSpace(a.Region + " " + a.Endpoint)}
}

func dnsQueue(t *config.Target) schedule.Queue {
	return schedule.Queue{Server: "dns " + strings.Join(t.Checks.Resolvers, " ")}
}

// bindingKey has no domain: one list answers for all domains of a bucket.
func bindingKey(t *config.Target) cacheKey {
	return cacheKey{check: status.CheckBinding, name: domain.Name{Bucket: t.Bucket}, queue: Queue(t.Account)}
}

func fillBinding(s *status.Status, t *config.Target, r, _ *result) { r.bindings.fill(s, t.Name) }

// txtKey has no bucket: a record is the same for every bucket.
func txtKey(t *config.Target) cacheKey {
	return cacheKey{check: status.CheckTXT, name: domain.Name{Base: t.Base}, queue: dnsQueue(t)}
}

func fillTXT(s *status.Status, _ *config.Target, r, token *result) {
	if token.facts.Exists {
		s.Proof = status.NewProof(string(token.token), string(token.previous), r.records)
		s.DNSVerified = status.Of(s.Proof.Verdict == status.VerdictValid)
	}
}

func cnameKey(t *config.Target) cacheKey {
	return cacheKey{check: status.CheckCNAME, name: t.Name, queue: dnsQueue(t)}
}

// httpKey has a queue for each domain, since each may be another server.
func httpKey(t *config.Target) cacheKey {
	return cacheKey{check: status.CheckHTTP, name: t.Name, queue: schedule.Queue{Server: "http " + t.Cname()}}
}

// visited returns the host to visit; "" for a wildcard domain without a name to visit.
func visited(t *config.Target) string {
	if t.Wildcard {
		return t.Checks.HTTPVisit
	}
	return t.Base
}

// fillCNAME tells where the CNAME records lead if all name servers agree.
func fillCNAME(s *status.Status, t *config.Target, r, _ *result) {
	if s.Differences = r.records.Differences(); s.Differences != "" {
		return
	}
	for _, f := range r.records.Found {
		s.Destination, s.LeadsTo = destination(t, f.Values, f.Address)
	}
	s.PointsToBucket = s.Destination.IsBucket()
}
