// Package sitetest plays the web servers behind domains on loopback: OSS as visitors meet it, and others. Host and SNI
// choose the Site, as they do on the Internet.
//
// A Server answers http and https. A Site is one domain. Its certificate is signed by the Server's authority, or by one
// that no client trusts.
package sitetest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Site is one domain as visitors meet it. The zero value is a server that is not OSS and answers 200.
type Site struct {
	OSS      bool   // answers with the headers of OSS
	Status   int    // HTTP status; 0 is 200
	Code     string // of the error document of OSS; "" is none
	Bucket   string // that the error document names; "" is none
	Location string // of a redirect
	// Certificate is the one that is served over https; the zero value is valid for the host, for 90 days.
	Certificate Certificate
}

// Certificate describes a certificate to make.
type Certificate struct {
	Name      string    // it is valid for; "" is the host
	Expires   time.Time // zero is in 90 days
	Untrusted bool      // signed by an authority that no client knows
	// Pair is served as it is, if it is not nil.
	Pair *tls.Certificate
}

// Server plays every Site. Make one with New.
type Server struct {
	site     func(host string) Site
	trusted  authority
	stranger authority
	plain    *listener
	secure   *listener
	closed   sync.WaitGroup

	mu           sync.Mutex // guards certificates
	certificates map[Certificate]*tls.Certificate
}

type listener struct {
	net.Listener
	server *http.Server
}

// New starts a Server; site returns the Site of a host. Like httptest.NewServer it panics if it cannot listen.
func New(site func(host string) Site) *Server {
	s := &Server{site: site, trusted: newAuthority("Example CA"), stranger: newAuthority("Stranger CA"), certificates: map[Certificate]*tls.Certificate{}}
	s.plain, s.secure = s.listen(nil), s.listen(&tls.Config{GetCertificate: s.certificate, NextProtos: []string{"h2", "http/1.1"}})
	return s
}

func (s *Server) listen(config *tls.Config) *listener {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic("sitetest: " + err.Error())
	}
	made := &listener{l, &http.Server{Handler: http.HandlerFunc(s.serve), TLSConfig: config, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}}
	s.closed.Go(func() {
		if config == nil {
			_ = made.server.Serve(l)
		} else {
			_ = made.server.ServeTLS(l, "", "")
		}
	})
	return made
}

// Close stops the Server.
func (s *Server) Close() {
	s.plain.server.Close()
	s.secure.server.Close()
	s.closed.Wait()
}

// Roots returns the authority that the Server's trusted certificates come from.
func (s *Server) Roots() *x509.CertPool { return s.trusted.roots }

// CA returns the same in PEM, for clients such as curl.
func (s *Server) CA() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.trusted.certificate.Raw})
}

// Issue returns a certificate for name that the Server's authority signs. It panics if the system has no random numbers.
func (s *Server) Issue(name string, expires time.Time) *tls.Certificate {
	issued, err := s.trusted.issue(name, expires)
	if err != nil {
		panic("sitetest: " + err.Error())
	}
	return issued
}

// Ports returns the ports of http and https.
func (s *Server) Ports() (plain, secure int) {
	return s.plain.Addr().(*net.TCPAddr).Port, s.secure.Addr().(*net.TCPAddr).Port
}

// Dial connects to the Server in place of port 80 or 443 of a loopback address, and refuses all other addresses.
func (s *Server) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	at, err := netip.ParseAddrPort(address)
	target, known := map[uint16]*listener{80: s.plain, 443: s.secure}[at.Port()]
	if err != nil || !known || !at.Addr().IsLoopback() || at.Addr() == Refusing() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
	}
	return new(net.Dialer).DialContext(ctx, network, target.Addr().String())
}

// Refusing is the loopback address at which Dial is refused.
func Refusing() netip.Addr { return netip.MustParseAddr("127.0.0.9") }

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	host, _, err := net.SplitHostPort(r.Host)
	if err != nil {
		host = r.Host
	}
	site := s.site(strings.ToLower(host))
	w.Header().Set("Server", "example")
	if site.OSS {
		w.Header().Set("Server", "AliyunOSS")
		w.Header().Set("X-Oss-Request-Id", "6215FE05DA0E27393F005F0E")
	}
	if site.Location != "" {
		w.Header().Set("Location", site.Location)
	}
	if site.Code != "" {
		w.Header().Set("Content-Type", "application/xml")
	}
	w.WriteHeader(max(site.Status, http.StatusOK))
	if site.Code != "" {
		fmt.Fprintf(w, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>%s</Code>\n  <RequestId>6215FE05DA0E27393F005F0E</RequestId>\n  <HostId>%s</HostId>\n  <BucketName>%s</BucketName>\n</Error>\n",
			site.Code, host, site.Bucket)
		return
	}
	fmt.Fprintln(w, "This is", host)
}

// certificate makes the certificate of the host that a client asks for, once.
func (s *Server) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	wanted := s.site(strings.ToLower(hello.ServerName)).Certificate
	if wanted.Pair != nil {
		return wanted.Pair, nil
	}
	if wanted.Name == "" {
		wanted.Name = hello.ServerName
	}
	if wanted.Expires.IsZero() {
		wanted.Expires = time.Now().Truncate(24*time.Hour).AddDate(0, 0, 90)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if made := s.certificates[wanted]; made != nil {
		return made, nil
	}
	signer := s.trusted
	if wanted.Untrusted {
		signer = s.stranger
	}
	made, err := signer.issue(wanted.Name, wanted.Expires)
	s.certificates[wanted] = made
	return made, err
}
