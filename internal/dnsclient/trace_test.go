package dnsclient_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/fake/dnstest"
	"oss_cname_exporter/internal/trace"
)

// TestTrace looks at what is recorded of each message: whom it went to, what
// came, how long that took.
func TestTrace(t *testing.T) {
	var now time.Time
	for name, test := range map[string]struct {
		behave dnstest.Behaviour
		want   string
	}{
		"an answer":    {nil, `DNS: TXT "%" at ADDRESS: NOERROR, 1 record, authoritative` + "\n"},
		"from a cache": {dnstest.NotAuthoritative, `DNS: TXT "%" at ADDRESS: NOERROR, 1 record` + "\n"},
		"over TCP": {dnstest.Truncate, `DNS: TXT "%" at ADDRESS: NOERROR, 0 records, cut short` + "\n" +
			`DNS: TXT "%" at ADDRESS over TCP: NOERROR, 1 record, authoritative` + "\n"},
		"without EDNS": {dnstest.WithoutEDNS(dnstest.Refuse(dns.RcodeNotImplemented)), `DNS: TXT "%" at ADDRESS: NOTIMP, 0 records` + "\n" +
			`DNS: TXT "%" at ADDRESS without EDNS: NOERROR, 1 record, authoritative` + "\n"},
		"explained": {dnstest.Explain(dns.RcodeServerFailure, 22, "no way"),
			`DNS: TXT "%" at ADDRESS: SERVFAIL, 0 records (extended error 22, No Reachable Authority: "no way")` + "\n"},
		"silent": {dnstest.Silent, `DNS: TXT "%" at ADDRESS: no answer in time` + "\n" + `DNS: TXT "%" at ADDRESS without EDNS: no answer in time` + "\n"},
		"an alias": {func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
			m.Question[0].Name = "alias.example."
			genuine(named{w, dns.Fqdn(proof)}, m)
		}, `DNS: TXT "%" at ADDRESS: NOERROR, 1 record, CNAME "nowhere.example", authoritative` + "\n" +
			`DNS: TXT "nowhere.example" at ADDRESS: NXDOMAIN, 0 records, authoritative` + "\n"},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, proof+`. TXT "t0ken"`, "alias.example. CNAME nowhere.example.")
			s.Behave(proof, test.behave)
			now = time.Unix(1e9, 0)
			opts := dnsclient.Options{Try: time.Minute}
			if name == "silent" {
				opts.Try = 50 * time.Millisecond
			}
			opts.Now = func() time.Time { now = now.Add(time.Second); return now }
			client := dnsclient.New(opts)
			recorded := new(trace.Trace)
			_, _ = client.TXT(trace.With(t.Context(), recorded), proof, []string{s.Address()})
			var text strings.Builder
			for i, step := range recorded.Steps() {
				text.WriteString(step.Text + "\n")
				if ended := time.Unix(1e9, 0).Add(time.Duration(2*i+2) * time.Second); !step.At.Equal(ended) || step.Took != time.Second {
					t.Errorf("step %d is of %v and took %v", i, step.At, step.Took)
				}
			}
			want := strings.NewReplacer("ADDRESS", s.Address(), "%", proof).Replace(test.want)
			if got := text.String(); got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
		})
	}
}

// TestTraceHasOneAliasAMessage has a chain of aliases in one reply.
func TestTraceHasOneAliasAMessage(t *testing.T) {
	s := serve(t, proof+". CNAME a.example.", "a.example. CNAME b.example.", `b.example. TXT "t0ken"`)
	recorded := new(trace.Trace)
	_, err := dnsclient.New(dnsclient.Options{}).TXT(trace.With(t.Context(), recorded), proof, []string{s.Address()})
	want := `DNS: TXT "` + proof + `" at ` + s.Address() + `: NOERROR, 3 records, CNAME "a.example", authoritative`
	if steps := recorded.Steps(); err != nil || len(steps) != 1 || steps[0].Text != want {
		t.Errorf("got %v, %v; want %q", steps, err, want)
	}
}

// named answers under another name.
type named struct {
	dns.ResponseWriter
	name string
}

func (n named) WriteMsg(m *dns.Msg) error {
	m.Question[0].Name = n.name
	for _, rr := range m.Answer {
		rr.Header().Name = n.name
	}
	return n.ResponseWriter.WriteMsg(m)
}

// TestTraceOfAuthoritative reads how a zone and its servers are found.
func TestTraceOfAuthoritative(t *testing.T) {
	w := newWorld(t, 2)
	recorded := new(trace.Trace)
	if _, err := w.client.TXT(trace.With(t.Context(), recorded), proof, authoritative); err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, step := range recorded.Steps() {
		text.WriteString(step.Text + "\n")
	}
	for _, want := range []string{
		`^DNS: SOA "_dnsauth\.www\.example\.com" at 127\.0\.0\.1:\d+: NXDOMAIN, 0 records, authoritative\n`,
		`DNS: NS "example\.com" at 127\.0\.0\.1:\d+: NOERROR, 2 records`,
		`DNS: A "ns2\.example\.com" at 127\.0\.0\.1:\d+: NOERROR, 1 record`,
		`DNS: TXT "_dnsauth\.www\.example\.com" at ns2\.example\.com \(127\.0\.0\.2:\d+\): NXDOMAIN, 0 records`,
		`DNS: TXT "_dnsauth\.www\.example\.com\.example\.com" at ns1\.example\.com \(127\.0\.0\.1:\d+\): NXDOMAIN`,
	} {
		if !regexp.MustCompile(want).MatchString(text.String()) {
			t.Errorf("no %s in\n%s", want, text.String())
		}
	}
}
