package poller_test

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/httpcheck"
	"oss_cname_exporter/internal/poller"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// world is a fake of everything that can be asked: nil functions answer with
// what a domain that is bound and looked after has.
type world struct {
	*fakeOSS
	list   func(context.Context) ([]ossclient.Binding, error)
	txt    func(context.Context) ([]string, error)
	follow func(context.Context) ([]string, error)

	visitErr error

	lists, txts, follows, visits counter
}

// counter counts calls; the tests' bubble orders them.
type counter struct{ names []string }

func (w *world) ListCname(ctx context.Context, _ *config.Account, bucket string) ([]ossclient.Binding, error) {
	w.lists.add(w, bucket)
	if w.list != nil {
		return w.list(ctx)
	}
	return bindingsOf(bucket), nil
}

// bindingsOf returns the bindings of the domains that targets returns.
func bindingsOf(bucket string) (bindings []ossclient.Binding) {
	for _, t := range targets("main", 3).Targets {
		name := t.Name
		name.Bucket = bucket
		bindings = append(bindings, ossclient.Binding{Name: name, Status: "Enabled", Enabled: true, Certificate: ossclient.BoundCertificate{Expires: expires}})
	}
	return bindings
}

func (w *world) TXT(ctx context.Context, name string, _ []string) (status.Records, error) {
	w.txts.add(w, name)
	if w.txt != nil {
		return said(w.txt(ctx))
	}
	return said([]string{"t"}, nil)
}

func (w *world) Follow(ctx context.Context, name string, _ func(string) bool, _ []string) (status.Records, error) {
	w.follows.add(w, name)
	if w.follow != nil {
		return said(w.follow(ctx))
	}
	return said([]string{"examplebucket.oss-cn-hangzhou.aliyuncs.com"}, nil)
}

func (w *world) Visit(_ context.Context, t httpcheck.Target) (status.HTTP, error) {
	w.visits.add(w, t.Host)
	return status.HTTP{AnsweredBy: status.AnsweredByBucket}, w.visitErr
}

// said is what name servers say: ns1 and ns2 the same, or each its own where a
// value begins with the server's name and a colon.
func said(values []string, err error) (status.Records, error) {
	if err != nil {
		return status.Records{}, err
	}
	var r status.Records
	for _, server := range []string{"ns1", "ns2"} {
		var own []string
		for _, value := range values {
			if of, rest, ok := strings.Cut(value, ":"); !ok || of == server {
				own = append(own, cmp.Or(rest, value))
			}
		}
		address := status.Unknown
		if len(own) == 0 {
			address = status.No
		}
		r.Add(server, own, address)
	}
	return r, nil
}

func (c *counter) add(w *world, name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c.names = append(c.names, name)
}

func newWorld() (*poller.Poller, *world) {
	w := &world{fakeOSS: &fakeOSS{answers: map[string]answer{}, other: token}}
	return poller.New(w, poller.Options{Bindings: w, DNS: w, Visitor: w}), w
}

// checked returns a configuration of n targets with checks.
func checked(n int, checks config.Checks) *config.Config {
	cfg := targets("main", n)
	for i := range cfg.Targets {
		cfg.Targets[i].Checks = checks
	}
	return cfg
}

var all = config.Checks{Binding: true, DNS: true, HTTP: true}

func TestChecksAreOptIn(t *testing.T) {
	for name, test := range map[string]struct {
		checks         config.Checks
		lists, look    int
		bound, proof   status.Tristate
		expires, names bool
	}{
		"none":    {config.Checks{}, 0, 0, status.Unknown, status.Unknown, false, false},
		"binding": {config.Checks{Binding: true}, 1, 0, status.Yes, status.Unknown, true, false},
		"dns":     {config.Checks{DNS: true}, 0, 3, status.Unknown, status.Yes, false, true},
		"both":    {all, 1, 3, status.Yes, status.Yes, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, w := newWorld()
				results := poll(t.Context(), p, checked(3, test.checks))
				if len(w.calls()) != 3 || len(w.lists.names) != test.lists || len(w.txts.names) != test.look || len(w.follows.names) != test.look {
					t.Errorf("asked for bindings %v, TXT %v and CNAME %v", w.lists.names, w.txts.names, w.follows.names)
				}
				r := results[0]
				if r.Bound != test.bound || r.Enabled != test.bound || r.DNSVerified != test.proof || r.PointsToBucket != test.proof ||
					r.CertificateExpires.IsZero() == test.expires || (r.LeadsTo != "") != test.names {
					t.Errorf("got %+v", r)
				}
				if peeked := p.Peek(checked(3, test.checks).Targets)[0]; peeked.Bound != r.Bound || peeked.DNSVerified != r.DNSVerified {
					t.Errorf("peeked %+v, polled %+v", peeked, r)
				}
			})
		})
	}
}

// TestNobodyToCheck has targets that want checks and nobody who could make them.
func TestNobodyToCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newPoller()
		if r := poll(t.Context(), p, checked(1, all))[0]; !r.Attempt.Succeeded() || r.Checks != nil {
			t.Errorf("got %+v", r)
		}
	})
}

func TestWhatTheAnswersMean(t *testing.T) {
	unreadable := errors.New("no date")
	for name, test := range map[string]struct {
		bindings []ossclient.Binding
		values   []string
		names    []string
		token    answer
		check    func(status.Status) bool
	}{
		"bound nowhere": {token: token, check: func(r status.Status) bool { return r.Bound == status.No && r.Enabled == status.Unknown }},
		"another domain": {bindings: []ossclient.Binding{{Name: domain.Name{Bucket: "examplebucket", Base: "example.com"}, Enabled: true}}, token: token,
			check: func(r status.Status) bool { return r.Bound == status.No }},
		"only as a wildcard": {bindings: []ossclient.Binding{{Name: domain.Name{Bucket: "examplebucket", Base: "main-0.example.com", Wildcard: true}, Enabled: true}}, token: token,
			check: func(r status.Status) bool { return r.Bound == status.No }},
		"disabled": {bindings: []ossclient.Binding{{Name: domain.Name{Bucket: "examplebucket", Base: "main-0.example.com"}, Status: "Disabled"}}, token: token,
			check: func(r status.Status) bool {
				return r.Bound == status.Yes && r.Enabled == status.No && r.CertificateExpires.IsZero() && r.State(time.Now()) == status.StateDisabled
			}},
		"unreadable": {bindings: []ossclient.Binding{{Name: domain.Name{Bucket: "examplebucket", Base: "main-0.example.com"}, Err: unreadable}}, token: token,
			check: func(r status.Status) bool {
				s := r.Checks[status.CheckBinding]
				return r.Bound == status.Yes && r.Enabled == status.Unknown && s.Attempt.Reason == status.ReasonBadResponse &&
					errors.Is(s.Attempt.Err, unreadable)
			}},
		"one value fits":    {values: []string{"old", "t"}, token: token, check: func(r status.Status) bool { return r.DNSVerified == status.Yes }},
		"no value fits":     {values: []string{"T", `"t"`, "t "}, token: token, check: func(r status.Status) bool { return r.DNSVerified == status.No }},
		"no record":         {token: token, check: func(r status.Status) bool { return r.DNSVerified == status.No && r.PointsToBucket == status.No }},
		"nothing to verify": {values: []string{""}, token: noToken, check: func(r status.Status) bool { return r.DNSVerified == status.Unknown }},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, w := newWorld()
				w.setOther(test.token)
				w.list = func(context.Context) ([]ossclient.Binding, error) { return test.bindings, nil }
				w.txt = func(context.Context) ([]string, error) { return test.values, nil }
				w.follow = func(context.Context) ([]string, error) { return test.names, nil }
				if r := poll(t.Context(), p, checked(1, all))[0]; !test.check(r) {
					t.Errorf("got %+v", r)
				}
			})
		})
	}
}

// TestChecksFailAlone fails each kind of question in turn: the facts of the
// others are learnt, and its own stay.
func TestChecksFailAlone(t *testing.T) {
	denied := &ossclient.Error{Operation: "ListCname", Reason: status.ReasonAccessDenied}
	silent := &dnsclient.Error{Reason: status.ReasonTimeout, Err: errors.New("no answer")}
	for check, fail := range map[status.Check]func(*world){
		status.CheckBinding: func(w *world) {
			w.list = func(context.Context) ([]ossclient.Binding, error) { return nil, denied }
		},
		status.CheckTXT:   func(w *world) { w.txt = func(context.Context) ([]string, error) { return nil, silent } },
		status.CheckCNAME: func(w *world) { w.follow = func(context.Context) ([]string, error) { return nil, silent } },
	} {
		for _, known := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				p, w := newWorld()
				cfg := checked(2, all)
				if known {
					poll(t.Context(), p, cfg)
					time.Sleep(time.Minute)
				}
				fail(w)
				results := poll(t.Context(), p, cfg)
				r := results[0]
				if !r.Attempt.Succeeded() || r.Errors != 0 || !r.Facts.Exists {
					t.Errorf("%s fails: the token suffered: %+v", check, r)
				}
				for other, status := range r.Checks {
					if failed := status.Attempt.Reason != ""; failed != (other == check) {
						t.Errorf("%s fails: %s says %+v", check, other, status)
					}
				}
				for other, truth := range map[status.Check]status.Tristate{
					status.CheckBinding: r.Bound, status.CheckTXT: r.DNSVerified, status.CheckCNAME: r.PointsToBucket,
				} {
					if (truth == status.Yes) != (known || other != check) {
						t.Errorf("%s fails, known before: %v: %s is %v", check, known, other, truth)
					}
				}
				failures, _ := p.Counts()
				for reason, n := range failures {
					if n != 0 {
						t.Errorf("%s fails: counted as a probe's %s", check, reason)
					}
				}
			})
		}
	}
}

// TestSilentResolverCostsTokensNothing has look-ups that hang beside tokens
// that take their time: the tokens have the slots first.
func TestSilentResolverCostsTokensNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := newWorld()
		w.setOther(after(100*time.Millisecond, token))
		hang := func(ctx context.Context) ([]string, error) {
			<-ctx.Done()
			return nil, &dnsclient.Error{Reason: status.ReasonTimeout, Err: ctx.Err()}
		}
		w.txt, w.follow = hang, hang
		cfg := checked(30, config.Checks{DNS: true})
		for range 3 {
			results := within(t, p, 2*time.Second, cfg)
			if got := reasons(results); got[""] != 30 {
				t.Errorf("of the tokens got %v", got)
			}
			for _, r := range results {
				if s := r.Checks[status.CheckTXT]; s.Attempt.Reason != status.ReasonTimeout && s.Attempt.Reason != status.ReasonNotProbed {
					t.Errorf("got %+v", s)
				}
			}
		}
		if _, most := w.flights(); most > 4 {
			t.Errorf("%d calls in flight", most)
		}
	})
}

func TestBindingTTL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := newWorld()
		cfg := checked(3, config.Checks{Binding: true, BindingTTL: time.Hour})
		again := func() status.Status {
			time.Sleep(time.Second)
			return poll(t.Context(), p, cfg)[0]
		}
		once := checked(3, config.Checks{Binding: true})
		poll(t.Context(), p, once)
		time.Sleep(time.Second)
		poll(t.Context(), p, once) // follows a success, so that it is kept for all its time
		if again(); len(w.lists.names) != 2 {
			t.Errorf("asked %d times, want the list kept", len(w.lists.names))
		}
		w.setOther(noToken) // used: what was learnt before is no longer believed
		w.list = func(context.Context) ([]ossclient.Binding, error) { return nil, nil }
		if r := again(); r.Facts.Gone.IsZero() || r.Bound != status.Yes {
			t.Errorf("got %+v", r)
		}
		if r := again(); r.Bound != status.No || r.State(time.Now()) != status.StateTokenMissing || len(w.lists.names) != 3 {
			t.Errorf("asked %d times, got %+v", len(w.lists.names), r)
		}
		if again(); len(w.lists.names) != 3 {
			t.Errorf("asked %d times, want the new list kept", len(w.lists.names))
		}
	})
}

func TestTokenIsSeenToDie(t *testing.T) {
	for name, test := range map[string]struct {
		left time.Duration
		died bool
	}{"of age": {30 * time.Second, true}, "used": {time.Hour, false}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, oss := newPoller()
				cfg := targets("main", 1)
				dies := time.Now().Add(test.left)
				oss.setOther(func(context.Context) (ossclient.Token, error) { return ossclient.Token{Expires: dies}, nil })
				poll(t.Context(), p, cfg)
				time.Sleep(time.Minute)
				oss.setOther(noToken)
				gone := time.Now()
				for range 2 {
					f := poll(t.Context(), p, cfg)[0].Facts
					if f.Exists || !f.Gone.Equal(gone) || f.Expired.Equal(dies) != test.died {
						t.Errorf("got %+v", f)
					}
					time.Sleep(time.Minute)
				}
				oss.setOther(token)
				if f := poll(t.Context(), p, cfg)[0].Facts; !f.Exists || !f.Gone.IsZero() || !f.Expired.IsZero() {
					t.Errorf("with a new token got %+v", f)
				}
			})
		})
	}
}

func TestDroppedChecksAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newWorld()
		cfg, without := checked(2, all), checked(2, config.Checks{})
		poll(t.Context(), p, cfg)
		poll(t.Context(), p, without)
		time.Sleep(time.Hour)
		poll(t.Context(), p, without)
		for _, r := range p.Peek(cfg.Targets) {
			if r.DNSVerified != status.Unknown || r.Bound != status.Unknown || !r.Facts.Exists {
				t.Errorf("kept %+v, want only the token's facts", r)
			}
		}
	})
}

// TestNameServersDisagree has name servers that say different things: the record
// counts only if all have the token, and where the domain leads is unknown.
func TestNameServersDisagree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := newWorld()
		const bucket = "examplebucket.oss-cn-hangzhou.aliyuncs.com"
		w.txt = func(context.Context) ([]string, error) { return []string{"ns1:old", "ns2:t"}, nil }
		w.follow = func(context.Context) ([]string, error) { return []string{"ns2:" + bucket}, nil }
		s := poll(t.Context(), p, checked(1, all))[0]
		if s.DNSVerified != status.No || s.Proof.Verdict != status.VerdictDisagree || s.State(time.Now()) == status.StateReadyToBind {
			t.Errorf("of the TXT record got %v, %+v", s.DNSVerified, s.Proof)
		}
		if want := "ns1: no record; ns2: " + bucket; s.PointsToBucket != status.Unknown || s.LeadsTo != "" || s.Differences != want {
			t.Errorf("of the CNAME record got %v, %q, %q; want %q", s.PointsToBucket, s.LeadsTo, s.Differences, want)
		}
		w.txt, w.follow = nil, nil
		s = poll(t.Context(), p, checked(1, all))[0]
		if s.DNSVerified != status.Yes || s.Proof.Verdict != status.VerdictValid || s.PointsToBucket != status.Yes || s.Differences != "" {
			t.Errorf("once they agree, got %+v", s)
		}
	})
}

// TestTokenOfBeforeIsRemembered replaces the token, at once and after a time
// without one, and leaves the record as it was.
func TestTokenOfBeforeIsRemembered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := newWorld()
		verdict := func(value string, a answer) status.ProofVerdict {
			t.Helper()
			time.Sleep(time.Minute)
			w.setOther(a)
			w.txt = func(context.Context) ([]string, error) { return []string{value}, nil }
			return poll(t.Context(), p, checked(1, all))[0].Proof.Verdict
		}
		holds := func(value secret.Value) answer {
			return func(context.Context) (ossclient.Token, error) {
				return ossclient.Token{Value: value, Expires: expires}, nil
			}
		}
		for i, step := range []struct {
			value string
			token answer
			want  status.ProofVerdict
		}{
			{"first", holds("first"), status.VerdictValid},
			{"first", holds("first"), status.VerdictValid},
			{"first", holds("second"), status.VerdictPrevious},
			{"first", holds("second"), status.VerdictPrevious},
			{"second", holds("second"), status.VerdictValid},
			{"second", noToken, ""},
			{"second", noToken, ""},
			{"second", holds("third"), status.VerdictPrevious},
			{"first", holds("third"), status.VerdictOther},
		} {
			if got := verdict(step.value, step.token); got != step.want {
				t.Errorf("step %d: got %q, want %q", i, got, step.want)
			}
		}
	})
}

// TestTableHasEveryCheck compares the table with the closed set of checks.
func TestTableHasEveryCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, _ := newWorld()
		s := poll(t.Context(), p, checked(1, all))[0]
		if got, want := slices.Sorted(maps.Keys(s.Checks)), slices.Sorted(slices.Values(status.Checks())); !slices.Equal(got, want) {
			t.Errorf("asked %v, want %v", got, want)
		}
	})
}

// TestVisits wants one visit a domain that wants it, none of a host that a request names, and facts that outlive a
// failure.
func TestVisits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := newWorld()
		cfg := checked(4, config.Checks{HTTP: true})
		cfg.Targets[1].Unlisted = true
		cfg.Targets[2].Wildcard = true
		cfg.Targets[3].Wildcard, cfg.Targets[3].Checks.HTTPVisit = true, "shop.example.com"
		statuses := poll(t.Context(), p, cfg)
		for i, want := range []status.AnsweredBy{status.AnsweredByBucket, "", "", status.AnsweredByBucket} {
			if got := statuses[i].HTTP.AnsweredBy; got != want {
				t.Errorf("target %d: answered by %q, want %q", i, got, want)
			}
		}
		if got := slices.Sorted(slices.Values(w.visits.names)); !slices.Equal(got, []string{cfg.Targets[0].Base, "shop.example.com"}) {
			t.Errorf("visited %q", got)
		}
		w.visitErr = &httpcheck.Error{Reason: status.ReasonTimeout, Err: errors.New("no answer")}
		time.Sleep(time.Minute)
		s := poll(t.Context(), p, cfg)[0]
		if c := s.Checks[status.CheckHTTP]; s.HTTP.AnsweredBy != status.AnsweredByBucket || c.Attempt.Reason != status.ReasonTimeout {
			t.Errorf("after a failure: answered by %q, attempt %+v", s.HTTP.AnsweredBy, c.Attempt)
		}
	})
}
