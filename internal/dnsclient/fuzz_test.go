package dnsclient_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/fake/dnstest"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/trace"
)

// FuzzReply has a server answer every query with the same bytes after the
// message's id. Whatever they are, there is an answer within bounds or an error
// on one line.
func FuzzReply(f *testing.F) {
	s := dnstest.New(append(dnstest.Zone("example.com"), proof+`. TXT "t0ken"`, "www.example.com. CNAME a.example.com.", "a.example.com. CNAME www.example.com.")...)
	f.Cleanup(s.Close)
	for _, q := range []struct {
		name  string
		qtype uint16
	}{{proof, dns.TypeTXT}, {"www.example.com", dns.TypeCNAME}, {proof, dns.TypeSOA}, {"example.com", dns.TypeNS}, {"ns.example.com", dns.TypeA}} {
		reply, _, err := new(dns.Client).Exchange(new(dns.Msg).SetQuestion(dns.Fqdn(q.name), q.qtype).SetEdns0(1232, false), s.Address())
		if err != nil {
			f.Fatal(err)
		}
		packed, err := reply.Pack()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(packed[2:])
	}
	client := dnsclient.New(dnsclient.Options{Try: 20 * time.Millisecond}) // not of authoritative servers: the bytes would say who they are
	f.Fuzz(func(t *testing.T, bytes []byte) {
		s.BehaveAlways(func(w dns.ResponseWriter, m *dns.Msg, _ dns.HandlerFunc) {
			_, _ = w.Write(append([]byte{byte(m.Id >> 8), byte(m.Id)}, bytes...))
		})
		recorded := new(trace.Trace)
		ctx := trace.With(t.Context(), recorded)
		txt, err := client.TXT(ctx, proof, []string{s.Address()})
		checkBounds(t, txt, err, 32)
		names, err := client.Follow(ctx, "www.example.com", nil, []string{s.Address()})
		checkBounds(t, names, err, 10)
		for _, step := range recorded.Steps() {
			if strings.ContainsAny(step.Text, "\n\r") {
				t.Errorf("a step of several lines: %q", step.Text)
			}
		}
	})
}

func checkBounds(t *testing.T, got status.Records, err error, most int) {
	t.Helper()
	if err != nil {
		var failure *dnsclient.Error
		if !errors.As(err, &failure) || strings.ContainsAny(err.Error(), "\n\r") {
			t.Errorf("got %q, want an *Error on one line", err)
		}
		return
	}
	if len(got.Found) != 1 || len(got.Found[0].Values) > most {
		t.Errorf("got %+v", got)
	}
	for _, value := range got.Found[0].Values {
		if len(value) > 1024 {
			t.Errorf("got a value of %d bytes", len(value))
		}
	}
}
