package flow_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"math/big"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/status"
)

// endpoint is asked in the place of the simulated OSS.
type endpoint struct {
	url    string
	strike func() // makes it fail; nil is from the start
}

// endpointFaults lie in the way to OSS, or in which OSS is asked.
func endpointFaults(t *testing.T) []fault {
	t.Helper()
	resolveNothing(t)
	return []fault{
		{name: "refused", want: status.ReasonConnect, endpoint: elsewhere(func(oss *osstest.Server) { oss.Close() })},
		{name: "key-revoked", want: status.ReasonCredentials, endpoint: elsewhere(func(oss *osstest.Server) {
			oss.AddSTSKey(demo.Getenv("OSS_ACCESS_KEY_ID"), "another", "token", time.Time{})
		})},
		{name: "secret-changed", want: status.ReasonCredentials, endpoint: elsewhere(func(oss *osstest.Server) {
			oss.AddKey(demo.Getenv("OSS_ACCESS_KEY_ID"), "another")
		})},
		{name: "permission-withdrawn", want: status.ReasonAccessDenied, endpoint: elsewhere(func(oss *osstest.Server) {
			oss.AddBucket(osstest.Bucket{Name: faultyBucket, Forbidden: true})
		})},
		{name: "bucket-moved", want: status.ReasonWrongEndpoint, endpoint: elsewhere(func(oss *osstest.Server) {
			oss.AddBucket(osstest.Bucket{Name: faultyBucket, Region: "cn-shanghai"})
		})},
		{name: "clock-off", want: status.ReasonClockSkew, endpoint: clockOff},
		{name: "dns-no-such-name", want: status.ReasonDNS, fromTheStart: true, endpoint: at("http://oss.invalid")},
		{name: "dns-fails", want: status.ReasonDNS, fromTheStart: true, endpoint: at("http://oss.failing.invalid")},
		{name: "dns-silent", want: status.ReasonTimeout, fromTheStart: true, endpoint: at("http://oss.silent.invalid")},
		{name: "tls-to-a-plain-server", want: status.ReasonTLS, fromTheStart: true, endpoint: withoutTLS},
		{name: "tls-rubbish", want: status.ReasonTLS, fromTheStart: true, endpoint: socket(says("220 mail.example.com\r\n"))},
		{name: "tls-alert", want: status.ReasonTLS, fromTheStart: true, endpoint: handshake(&tls.Config{})},
		{name: "tls-too-old", want: status.ReasonTLS, fromTheStart: true, endpoint: certified(x509.Certificate{}, tls.VersionTLS11)},
		{name: "tls-downgraded", want: status.ReasonTLS, fromTheStart: true, endpoint: socket(says(serverHello))},
		{name: "tls-self-signed", want: status.ReasonTLS, fromTheStart: true, endpoint: certified(x509.Certificate{}, tls.VersionTLS13)},
		{name: "tls-expired", want: status.ReasonTLS, fromTheStart: true, endpoint: certified(x509.Certificate{NotAfter: time.Now().Add(-time.Hour)}, tls.VersionTLS13)},
		{name: "tls-wrong-name", want: status.ReasonTLS, fromTheStart: true, endpoint: certified(x509.Certificate{DNSNames: []string{"example.org"}}, tls.VersionTLS13)},
		{name: "tls-hangs", want: status.ReasonTimeout, fromTheStart: true, endpoint: socket(hangs)},
		{name: "tls-closes", want: status.ReasonConnect, fromTheStart: true, endpoint: socket(func(c net.Conn) { _, _ = c.Read(make([]byte, 1<<10)) })},
	}
}

func at(url string) func(*testing.T, *stage) endpoint {
	return func(*testing.T, *stage) endpoint { return endpoint{url: url} }
}

// elsewhere is another simulated OSS, to which strike happens.
func elsewhere(strike func(*osstest.Server)) func(*testing.T, *stage) endpoint {
	return func(t *testing.T, s *stage) endpoint {
		t.Helper()
		oss := s.newOSS(t, osstest.Options{})
		return endpoint{oss.URL(), func() { strike(oss) }}
	}
}

// clockOff is another simulated OSS, whose clock jumps.
func clockOff(t *testing.T, s *stage) endpoint {
	t.Helper()
	var off atomic.Int64
	oss := s.newOSS(t, osstest.Options{Now: func() time.Time { return time.Now().Add(time.Duration(off.Load())) }})
	return endpoint{oss.URL(), func() { off.Store(int64(16 * time.Minute)) }}
}

func withoutTLS(_ *testing.T, s *stage) endpoint {
	return endpoint{url: strings.Replace(s.oss.URL(), "http:", "https:", 1)}
}

// socket hands every connection to fault, and closes it afterwards, or when the
// test ends.
func socket(fault func(net.Conn)) func(*testing.T, *stage) endpoint {
	return func(t *testing.T, _ *stage) endpoint {
		t.Helper()
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		ending, end := context.WithCancel(context.Background())
		t.Cleanup(func() { listener.Close(); end() })
		go func() {
			for {
				c, err := listener.Accept()
				if err != nil {
					return
				}
				context.AfterFunc(ending, func() { c.Close() })
				go func() { defer c.Close(); fault(c) }()
			}
		}()
		return endpoint{url: "https://" + listener.Addr().String()}
	}
}

// says reads, says text, and waits for the other side to leave.
func says(text string) func(net.Conn) {
	return func(c net.Conn) {
		_, _ = c.Read(make([]byte, 4<<10))
		_, _ = io.WriteString(c, text)
		hangs(c)
	}
}

// serverHello chooses TLS 1.0, which was not on offer.
var serverHello = "\x16\x03\x01\x00\x2a" + "\x02\x00\x00\x26" + "\x03\x01" + strings.Repeat("r", 32) + "\x00" + "\xc0\x2f" + "\x00"

// handshake shakes hands as cfg says.
func handshake(cfg *tls.Config) func(*testing.T, *stage) endpoint {
	return socket(func(c net.Conn) { _ = tls.Server(c, cfg).HandshakeContext(context.Background()) })
}

// certified shakes hands with a certificate that it signed itself: for an hour
// and 127.0.0.1, unless template says otherwise.
func certified(template x509.Certificate, version uint16) func(*testing.T, *stage) endpoint {
	return func(t *testing.T, s *stage) endpoint {
		t.Helper()
		template.SerialNumber = big.NewInt(1)
		if template.DNSNames == nil {
			template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		}
		if template.NotAfter.IsZero() {
			template.NotAfter = time.Now().Add(time.Hour)
		}
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		der, err := x509.CreateCertificate(rand.Reader, &template, &template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		return handshake(&tls.Config{
			MinVersion:   tls.VersionTLS10,
			MaxVersion:   version,
			Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}},
		})(t, s)
	}
}

// resolveNothing makes the process ask a DNS server that answers every name
// with "no such name", or with a failure, or not at all, as the name says.
func resolveNothing(t *testing.T) {
	t.Helper()
	t.Setenv("NO_PROXY", "*") // a proxy would resolve the names itself
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		for message := make([]byte, 512); ; {
			n, from, err := server.ReadFrom(message)
			if err != nil {
				return
			}
			const noSuchName, failure = 3, 2
			code := byte(noSuchName)
			switch {
			case bytes.Contains(message[:n], []byte("silent")):
				continue
			case bytes.Contains(message[:n], []byte("failing")):
				code = failure
			}
			message[2] |= 0x80 // an answer
			message[3] = message[3]&0xf0 | 0x80 | code
			_, _ = server.WriteTo(message[:n], from)
		}
	}()
	ending, end := context.WithCancel(context.Background())
	dial := func(ctx context.Context) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "udp", server.LocalAddr().String())
		if err == nil {
			context.AfterFunc(ending, func() { c.Close() })
		}
		return c, err
	}
	dialNameserver.Store(&dial)
	t.Cleanup(func() {
		dialNameserver.Store(nil)
		end()
		server.Close()
	})
}

// dialNameserver reaches the only DNS server that this process asks; nil is
// that there is none.
var dialNameserver atomic.Pointer[func(context.Context) (net.Conn, error)]

// stayOnThisMachine returns a resolver that asks nobody but dialNameserver.
func stayOnThisMachine() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		if dial := dialNameserver.Load(); dial != nil {
			return (*dial)(ctx)
		}
		return nil, errors.New("the tests know no DNS server")
	}}
}
