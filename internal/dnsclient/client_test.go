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

// TestMisplaced has the record under names that consoles and people make of the
// right one by mistake, which are looked at only if the right one has none.
func TestMisplaced(t *testing.T) {
	for name, test := range map[string]struct {
		records []string
		asked   string // the domain; "" is www.example.com
		zone    string // "" is example.com
		want    string // the name that has "t0ken"; "" is none
		queries int
	}{
		"the zone appended twice":     {[]string{`_dnsauth.www.example.com.example.com. TXT "t0ken"`}, "", "", "_dnsauth.www.example.com.example.com", 8},
		"without the first label":     {[]string{`www.example.com. TXT "t0ken"`}, "", "", "www.example.com", 8},
		"directly under the zone":     {[]string{`_dnsauth.example.com. TXT "t0ken"`}, "", "", "_dnsauth.example.com", 8},
		"the host part doubled":       {[]string{`_dnsauth.www.example.example.com. TXT "t0ken"`}, "", "", "_dnsauth.www.example.example.com", 8},
		"the underscore lost":         {[]string{`dnsauth.www.example.com. TXT "t0ken"`}, "", "", "dnsauth.www.example.com", 8},
		"at the apex":                 {[]string{`example.com. TXT "t0ken"`}, "", "", "example.com", 8},
		"as the proof of the CDN":     {[]string{`verification.example.com. TXT "t0ken"`}, "", "", "verification.example.com", 8},
		"an apex":                     {nil, "example.com", "", "", 7},
		"an apex, doubled":            {[]string{`_dnsauth.example.example.com. TXT "t0ken"`}, "example.com", "", "_dnsauth.example.example.com", 7},
		"an apex, as an ACME proof":   {[]string{`_acme-challenge.example.com. TXT "t0ken"`}, "example.com", "", "_acme-challenge.example.com", 7},
		"a suffix of two labels":      {[]string{`_dnsauth.www.example.example.co.uk. TXT "t0ken"`}, "www.example.co.uk", "example.co.uk", "_dnsauth.www.example.example.co.uk", 8},
		"a delegated name, doubled":   {[]string{`_dnsauth.www.www.example.com. TXT "t0ken"`}, "", "www.example.com", "_dnsauth.www.www.example.com", 7},
		"nowhere":                     {nil, "", "", "", 8},
		"in its place":                {[]string{`_dnsauth.www.example.com. TXT "t0ken"`, `_dnsauth.example.com. TXT "t0ken"`}, "", "", "", 1},
		"no zone known":               {[]string{`_dnsauth.www.example.net. CNAME a.example.`}, "www.example.net", "", "", 2},
		"a zone of its own":           {[]string{`www.example.com. TXT "t0ken"`}, "", "_dnsauth.www.example.com", "", 4},
		"only the root is known":      {[]string{`www.example.com. TXT "t0ken"`, ". SOA ns.example. host.example. 1 2 3 4 5"}, "", "example.net", "", 1},
		"too long a name for another": {nil, strings.Repeat(strings.Repeat("x", 59)+".", 3) + strings.Repeat("x", 50) + ".example.com", "", "", 6},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, append(dnstest.Zone(cmp.Or(test.zone, "example.com")), test.records...)...)
			got, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), "_dnsauth."+cmp.Or(test.asked, "www.example.com"), []string{s.Address()})
			var want []status.Found
			if test.want != "" {
				want = []status.Found{{Name: test.want, Values: []string{"t0ken"}}}
			}
			if err != nil || !reflect.DeepEqual(got.Misplaced, want) {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
			if n := s.Queries(dns.TypeTXT); n != test.queries {
				t.Errorf("%d queries, want %d", n, test.queries)
			}
		})
	}
}

// TestAliasInPlaceOfTXT has a CNAME record at the name of the TXT record.
func TestAliasInPlaceOfTXT(t *testing.T) {
	for name, test := range map[string]struct {
		records []string
		want    string
	}{
		"that leads to the bucket": {[]string{proof + ". CNAME examplebucket.oss-cn-hangzhou.aliyuncs.com."}, "examplebucket.oss-cn-hangzhou.aliyuncs.com"},
		"over another":             {[]string{proof + ". CNAME a.example.com.", "a.example.com. CNAME b.example."}, "a.example.com"},
		"to a TXT record":          {[]string{proof + ". CNAME a.example.com.", `a.example.com. TXT "t0ken"`}, ""},
		"none":                     {nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, append(dnstest.Zone("example.com"), test.records...)...)
			got, err := dnsclient.New(dnsclient.Options{}).TXT(t.Context(), proof, []string{s.Address()})
			if err != nil || got.Alias != test.want {
				t.Errorf("got %+v, %v; want %q", got, err, test.want)
			}
		})
	}
}

// TestAddress finds out whether a name without a CNAME record has an address.
func TestAddress(t *testing.T) {
	for name, test := range map[string]struct {
		records  []string
		want     status.Tristate
		messages int
	}{
		"IPv4":                      {[]string{"www.example.com. A 192.0.2.1"}, status.Yes, 2},
		"IPv6":                      {[]string{"www.example.com. AAAA 2001:db8::1"}, status.Yes, 3},
		"another record":            {[]string{`www.example.com. TXT "x"`}, status.No, 3},
		"a name below":              {[]string{"a.www.example.com. A 192.0.2.1"}, status.No, 3},
		"no such name":              {nil, status.No, 1},
		"a CNAME record":            {[]string{"www.example.com. CNAME a.example.com.", "a.example.com. A 192.0.2.1"}, status.Unknown, 2},
		"a CNAME record to nothing": {[]string{"www.example.com. CNAME a.example.com."}, status.No, 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, append(dnstest.Zone("example.com"), test.records...)...)
			got, err := dnsclient.New(dnsclient.Options{}).Follow(t.Context(), "www.example.com", nil, []string{s.Address()})
			if err != nil || len(got.Found) != 1 || got.Found[0].Address != test.want || len(s.Asked()) != test.messages {
				t.Errorf("got %+v, %v after %d messages; want %v after %d", got, err, len(s.Asked()), test.want, test.messages)
			}
		})
	}
}

// TestAddressCannotBeFound fails: it is not known that there is none.
func TestAddressCannotBeFound(t *testing.T) {
	s := serve(t, append(dnstest.Zone("example.com"), `www.example.com. TXT "x"`)...)
	s.BehaveAlways(func(w dns.ResponseWriter, m *dns.Msg, genuine dns.HandlerFunc) {
		if m.Question[0].Qtype == dns.TypeAAAA {
			dnstest.Refuse(dns.RcodeServerFailure)(w, m, genuine)
			return
		}
		genuine(w, m)
	})
	_, err := dnsclient.New(dnsclient.Options{}).Follow(t.Context(), "www.example.com", nil, []string{s.Address()})
	checkFailure(t, err, status.ReasonServerError, "CNAME of www.example.com", "SERVFAIL")
}

// TestTwoAliases has a name with two CNAME records, which contradict each other.
func TestTwoAliases(t *testing.T) {
	s := serve(t, "www.example.com. CNAME a.example.", "www.example.com. CNAME b.example.", "twice.example.com. CNAME a.example.", "twice.example.com. CNAME A.example.")
	client := dnsclient.New(dnsclient.Options{})
	_, err := client.Follow(t.Context(), "www.example.com", nil, []string{s.Address()})
	checkFailure(t, err, status.ReasonBadResponse, `"www.example.com" has several CNAME records`)
	got, err := client.Follow(t.Context(), "twice.example.com", nil, []string{s.Address()})
	checkRecords(t, got, err, "a.example")
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

// closed is a port that no server listens on.
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
