package dnsclient_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"

	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/fake/dnstest"
	"oss_cname_exporter/internal/status"
)

const proof = "_dnsauth.www.example.com"

func serve(t *testing.T, records ...string) *dnstest.Server {
	t.Helper()
	s := dnstest.New(records...)
	t.Cleanup(s.Close)
	return s
}

// checkRecords expects one finding with these records.
func checkRecords(t *testing.T, got status.Records, err error, want ...string) {
	t.Helper()
	if err != nil || len(got.Found) != 1 || len(got.Found[0].Servers) == 0 || !reflect.DeepEqual(got.Found[0].Values, want) {
		t.Errorf("got %+v, %v; want %q", got, err, want)
	}
}

func checkFailure(t *testing.T, err error, reason status.Reason, texts ...string) {
	t.Helper()
	var failure *dnsclient.Error
	if !errors.As(err, &failure) || failure.Reason != reason {
		t.Fatalf("got %v, want the reason %q", err, reason)
	}
	for _, text := range texts {
		if !strings.Contains(err.Error(), text) || strings.Contains(err.Error(), "\n") {
			t.Errorf("got %q, want one line with %q", err, text)
		}
	}
}

func TestTXT(t *testing.T) {
	long := strings.Repeat("x", 200)
	for name, test := range map[string]struct {
		records []string
		want    []string
	}{
		"one record":             {[]string{`_dnsauth.www.example.com. TXT "t0ken"`}, []string{"t0ken"}},
		"several records":        {[]string{`_dnsauth.www.example.com. TXT "old"`, `_dnsauth.www.example.com. TXT "new"`}, []string{"new", "old"}},
		"several strings":        {[]string{`_dnsauth.www.example.com. TXT "t0" "ken"`}, []string{"t0ken"}},
		"quotes in the value":    {[]string{`_dnsauth.www.example.com. TXT "\"t0ken\""`}, []string{`"t0ken"`}},
		"a backslash":            {[]string{`_dnsauth.www.example.com. TXT "t0\\ken\\"`}, []string{`t0\ken\`}},
		"what is not printable":  {[]string{`_dnsauth.www.example.com. TXT "t0\009ken\1952"`}, []string{"t0\tken\xc32"}},
		"a digit after a slash":  {[]string{`_dnsauth.www.example.com. TXT "\\12"`}, []string{`\12`}},
		"an empty value":         {[]string{`_dnsauth.www.example.com. TXT ""`}, []string{""}},
		"another case":           {[]string{`_DNSAUTH.WWW.example.com. TXT "t0ken"`}, []string{"t0ken"}},
		"another type":           {[]string{"_dnsauth.www.example.com. A 192.0.2.1"}, nil},
		"no such name":           {nil, nil},
		"a name under it":        {[]string{`x._dnsauth.www.example.com. TXT "t0ken"`}, nil},
		"an alias":               {[]string{"_dnsauth.www.example.com. CNAME proofs.example.net.", `proofs.example.net. TXT "t0ken"`}, []string{"t0ken"}},
		"an alias of an alias":   {[]string{"_dnsauth.www.example.com. CNAME a.example.", "a.example. CNAME b.example.", `b.example. TXT "t0ken"`}, []string{"t0ken"}},
		"an alias into nothing":  {[]string{"_dnsauth.www.example.com. CNAME a.example."}, nil},
		"no longer than is kept": {[]string{`_dnsauth.www.example.com. TXT "` + long + `" "` + long + `" "` + long[:112] + `"`}, []string{strings.Repeat("x", 512)}},
		"too long for UDP": {[]string{
			`_dnsauth.www.example.com. TXT "` + long + `" "` + long + `" "` + long + `" "` + long + `"`,
			`_dnsauth.www.example.com. TXT "` + long + `" "` + long + `" "` + long + `"`,
		}, []string{strings.Repeat("x", 512), strings.Repeat("x", 512)}},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.records...)
			got, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{s.Address()})
			checkRecords(t, got, err, test.want...)
			if servers := got.Found[0].Servers; !reflect.DeepEqual(servers, []string{s.Address()}) || len(got.Silent) != 0 {
				t.Errorf("said by %q, silent %q", servers, got.Silent)
			}
		})
	}
}

func TestFollow(t *testing.T) {
	const host = "examplebucket.oss-cn-hangzhou.aliyuncs.com"
	for name, test := range map[string]struct {
		records []string
		want    []string
		queries int
	}{
		"straight":       {[]string{"www.example.com. CNAME " + host + "."}, []string{host}, 1},
		"another case":   {[]string{"WWW.Example.com. CNAME " + strings.ToUpper(host) + "."}, []string{host}, 1},
		"no further":     {[]string{"www.example.com. CNAME " + host + ".", host + ". CNAME inner.example."}, []string{host}, 1},
		"over another":   {[]string{"www.example.com. CNAME a.example.", "a.example. CNAME " + host + "."}, []string{"a.example", host}, 2},
		"through a CDN":  {[]string{"www.example.com. CNAME www.example.com.cdn.example."}, []string{"www.example.com.cdn.example"}, 2},
		"no alias":       {[]string{"www.example.com. A 192.0.2.1"}, nil, 1},
		"no such name":   {nil, nil, 1},
		"another bucket": {[]string{"www.example.com. CNAME other.oss-cn-hangzhou.aliyuncs.com."}, []string{"other.oss-cn-hangzhou.aliyuncs.com"}, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, test.records...)
			got, err := dnsclient.New(dnsclient.Options{}).Follow(t.Context(), "www.example.com", func(name string) bool { return name == host }, []string{s.Address()})
			checkRecords(t, got, err, test.want...)
			if n := s.Queries(dns.TypeCNAME); n != test.queries {
				t.Errorf("%d queries, want %d", n, test.queries)
			}
		})
	}
}

func TestWildcardIsAskedForItself(t *testing.T) {
	s := serve(t, "*.example.com. CNAME examplebucket.oss-cn-hangzhou.aliyuncs.com.")
	got, err := dnsclient.New(dnsclient.Options{}).Follow(t.Context(), "*.example.com", nil, []string{s.Address()})
	checkRecords(t, got, err, "examplebucket.oss-cn-hangzhou.aliyuncs.com")
}

func TestCirclesEnd(t *testing.T) {
	s := serve(t,
		"_dnsauth.www.example.com. CNAME a.example.", "a.example. CNAME b.example.", "b.example. CNAME a.example.",
		"www.example.com. CNAME www.example.com.")
	client := dnsclient.New(dnsclient.Options{})
	_, err := client.TXT(t.Context(), proof, []string{s.Address()})
	checkFailure(t, err, status.ReasonBadResponse, proof+": "+s.Address()+": its CNAME records run in a circle")
	for _, name := range []string{"www.example.com", "a.example"} {
		_, err = client.Follow(t.Context(), name, nil, []string{s.Address()})
		checkFailure(t, err, status.ReasonBadResponse, "CNAME of "+name, "circle")
	}
	if n := s.Queries(dns.TypeCNAME); n != 3 {
		t.Errorf("%d queries went into the circles, want 3", n)
	}
}

// TestChainsOfAliases has as many aliases as are followed, and one more: told in
// one reply, as a resolver does, and one by one.
func TestChainsOfAliases(t *testing.T) {
	for aliases, tooLong := range map[int]bool{10: false, 11: true, 200: true} {
		records := []string{proof + ". CNAME a1.example."}
		for i := 1; i < aliases; i++ {
			records = append(records, fmt.Sprintf("a%d.example. CNAME a%d.example.", i, i+1))
		}
		s := serve(t, append(records, fmt.Sprintf(`a%d.example. TXT "t0ken"`, aliases))...)
		client := dnsclient.New(dnsclient.Options{})
		txt, err := client.TXT(t.Context(), proof, []string{s.Address()})
		chain, followErr := client.Follow(t.Context(), proof, nil, []string{s.Address()})
		if tooLong {
			checkFailure(t, err, status.ReasonBadResponse, "more than 10")
			checkFailure(t, followErr, status.ReasonBadResponse, "more than 10")
		} else {
			checkRecords(t, txt, err, "t0ken")
			if followErr != nil || len(chain.Found[0].Values) != aliases {
				t.Errorf("followed %+v, %v", chain, followErr)
			}
		}
		if txts, cnames := s.Queries(dns.TypeTXT), s.Queries(dns.TypeCNAME); txts > 2 || cnames > 11 {
			t.Errorf("%d aliases took %d and %d queries", aliases, txts, cnames)
		}
	}
}

func TestTooManyRecords(t *testing.T) {
	for n, tooMany := range map[int]bool{32: false, 33: true} {
		s := serve(t)
		values := make([]string, n)
		for i := range values {
			values[i] = fmt.Sprintf("v%02d", i)
		}
		s.Publish(proof, values...)
		got, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{s.Address()})
		if tooMany {
			checkFailure(t, err, status.ReasonBadResponse, "more than 32 TXT records")
		} else {
			checkRecords(t, got, err, values...)
		}
	}
}

// TestMisplaced has the record under names that consoles make of the right one
// by mistake, which are looked at only if the right one has none.
func TestMisplaced(t *testing.T) {
	for name, test := range map[string]struct {
		records []string
		asked   string // the domain; "" is www.example.com
		zone    string // "" is example.com
		want    []status.Found
		queries int
	}{
		"the zone appended twice": {[]string{`_dnsauth.www.example.com.example.com. TXT "t0ken"`}, "", "",
			[]status.Found{{Name: "_dnsauth.www.example.com.example.com", Values: []string{"t0ken"}}}, 4},
		"without the first label": {[]string{`www.example.com. TXT "t0ken"`, `www.example.com. TXT "spf"`}, "", "",
			[]status.Found{{Name: "www.example.com", Values: []string{"spf", "t0ken"}}}, 4},
		"directly under the zone": {[]string{`_dnsauth.example.com. TXT "t0ken"`}, "", "",
			[]status.Found{{Name: "_dnsauth.example.com", Values: []string{"t0ken"}}}, 4},
		"the zone itself":        {nil, "example.com", "", nil, 3},
		"nowhere":                {nil, "", "", nil, 4},
		"in its place":           {[]string{`_dnsauth.www.example.com. TXT "t0ken"`, `_dnsauth.example.com. TXT "t0ken"`}, "", "", nil, 1},
		"no zone known":          {[]string{`_dnsauth.www.example.net. CNAME a.example.`}, "www.example.net", "", nil, 2},
		"a zone of its own":      {[]string{`www.example.com. TXT "t0ken"`}, "", "_dnsauth.www.example.com", nil, 3},
		"only the root is known": {[]string{`www.example.com. TXT "t0ken"`, ". SOA ns.example. host.example. 1 2 3 4 5"}, "", "example.net", nil, 1},
		"too long a name":        {[]string{`www.example.com. TXT "t0ken"`}, strings.Repeat(strings.Repeat("x", 59)+".", 3) + strings.Repeat("x", 50) + ".example.com", "", nil, 3},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, append(dnstest.Zone(cmp.Or(test.zone, "example.com")), test.records...)...)
			domain := test.asked
			if domain == "" {
				domain = "www.example.com"
			}
			got, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), "_dnsauth."+domain, []string{s.Address()})
			if err != nil || !reflect.DeepEqual(got.Misplaced, test.want) {
				t.Errorf("got %+v, %v; want %+v", got, err, test.want)
			}
			if n := s.Queries(dns.TypeTXT); n != test.queries {
				t.Errorf("%d queries, want %d", n, test.queries)
			}
		})
	}
}

// TestMisplacedCannotBeLookedFor has a server that fails for all other names:
// the right one has no record all the same.
func TestMisplacedCannotBeLookedFor(t *testing.T) {
	s := serve(t, dnstest.Zone("example.com")...)
	s.BehaveAlways(dnstest.Refuse(dns.RcodeServerFailure))
	s.Behave(proof, func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) { genuine(w, m) })
	got, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{s.Address()})
	checkRecords(t, got, err)
	if len(got.Misplaced) != 0 {
		t.Errorf("got %+v", got.Misplaced)
	}
}

// closed is a port that nobody listens on.
func closed(t *testing.T) string {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.LocalAddr().String()
}

func TestNextResolverHelps(t *testing.T) {
	s := serve(t, `_dnsauth.www.example.com. TXT "t0ken"`)
	sick := serve(t)
	sick.Behave(proof, dnstest.Refuse(dns.RcodeServerFailure))
	got, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{closed(t), sick.Address(), s.Address()})
	checkRecords(t, got, err, "t0ken")
}

// TestEveryServerIsToldOf has several resolvers that fail in different ways.
func TestEveryServerIsToldOf(t *testing.T) {
	sick, gone := serve(t), closed(t)
	sick.Behave(proof, dnstest.Refuse(dns.RcodeServerFailure))
	_, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{gone, sick.Address()})
	checkFailure(t, err, status.ReasonServerError, gone+": ", "connection refused; "+sick.Address()+": refused with SERVFAIL")
	_, err = dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{gone})
	checkFailure(t, err, status.ReasonConnect, "connection refused")
	_, err = dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{sick.Address(), sick.Address(), gone})
	if n := strings.Count(err.Error(), "SERVFAIL"); n != 1 {
		t.Errorf("got %q, which says the same %d times", err, n)
	}
	for n, want := range map[int]string{4: "refused", 6: "refused; and 2 more"} {
		var all []string
		for range n {
			all = append(all, closed(t))
		}
		if _, err = dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, all); !strings.HasSuffix(err.Error(), want) || strings.Count(err.Error(), "connection refused") != 4 {
			t.Errorf("of %d got %q, want it to end with %q", n, err, want)
		}
	}
}

func TestNoResolver(t *testing.T) {
	for name, system := range map[string]func() ([]string, error){
		"there is no resolver to ask": func() ([]string, error) { return nil, nil },
		"no such file":                func() ([]string, error) { return nil, errors.New("no such file") },
	} {
		_, err := dnsclient.New(dnsclient.Options{System: system}).TXT(t.Context(), proof, nil)
		checkFailure(t, err, status.ReasonDNS, name)
	}
}

// TestConnectionsAreClosed makes look-ups that succeed, fail, and are repeated
// over TCP.
func TestConnectionsAreClosed(t *testing.T) {
	s := serve(t, proof+`. TXT "t0ken"`)
	client := dnsclient.New(dnsclient.Options{Try: 50 * time.Millisecond})
	open := func() int {
		files, err := os.ReadDir("/dev/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(files)
	}
	before := open()
	for _, behave := range []dnstest.Behaviour{nil, dnstest.Refuse(dns.RcodeRefused), dnstest.Silent, dnstest.Truncate, dnstest.TruncateAlways} {
		s.Behave(proof, behave)
		for range 10 {
			_, _ = client.TXT(t.Context(), proof, []string{s.Address()})
		}
	}
	s.Close() // and with it the other ends
	if after := open(); after > before {
		t.Errorf("%d files are open, before it were %d", after, before)
	}
}

func TestCallerHangsUp(t *testing.T) {
	s := serve(t)
	ctx, hangUp := context.WithCancel(t.Context())
	s.Behave(proof, func(dns.ResponseWriter, *dns.Msg, dns.HandlerFunc) { hangUp() })
	next := serve(t)
	_, err := dnsclient.New(dnsclient.Options{Try: time.Hour}).TXT(ctx, proof, []string{s.Address(), next.Address()})
	checkFailure(t, err, status.ReasonTimeout, s.Address())
	if strings.Contains(err.Error(), next.Address()) {
		t.Errorf("got %q, which names a server that was not asked", err)
	}
	if n := s.Queries(dns.TypeTXT); n != 1 {
		t.Errorf("%d queries for a caller who is gone", n)
	}
}
