package accounts_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"oss_cname_exporter/internal/config"
)

// relay joins two connections until one of them ends.
func relay(a, b net.Conn) {
	defer a.Close()
	defer b.Close()
	go func() { _, _ = io.Copy(a, b); a.Close() }()
	_, _ = io.Copy(b, a)
}

// tunnels is a list of where a proxy was asked to connect to.
type tunnels struct {
	mu sync.Mutex
	to []string
}

func (t *tunnels) add(to string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.to = append(t.to, to)
}

func (t *tunnels) has(to string) bool { return strings.Contains(t.String(), to) }

func (t *tunnels) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return strings.Join(t.to, " ")
}

// connectProxy is an HTTP proxy that tunnels.
func connectProxy(t *testing.T) (url string, asked *tunnels) {
	t.Helper()
	asked = &tunnels{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.add(r.Host)
		upstream, err := net.Dial("tcp", r.Host)
		if r.Method != http.MethodConnect || err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		client, _, err := http.NewResponseController(w).Hijack() // a client sends nothing before the answer
		if err != nil {
			t.Error(err)
			return
		}
		_, _ = io.WriteString(client, "HTTP/1.1 200 Connection established\r\n\r\n")
		relay(client, upstream)
	}))
	t.Cleanup(server.Close)
	return server.URL, asked
}

// socksProxy is a SOCKS5 proxy without a password, for names and IPv4.
func socksProxy(t *testing.T) (address string, asked *tunnels) {
	t.Helper()
	asked = &tunnels{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	t.Cleanup(func() { listener.Close(); serving.Wait() })
	serving.Go(func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				if upstream := greet(client, asked); upstream != nil {
					relay(client, upstream)
				} else {
					client.Close()
				}
			})
		}
	})
	return listener.Addr().String(), asked
}

// greet speaks RFC 1928 and connects to where the client wants to go; nil if it cannot.
func greet(client net.Conn, asked *tunnels) net.Conn {
	head := make([]byte, 2)
	if _, err := io.ReadFull(client, head); err != nil || head[0] != 5 {
		return nil
	}
	_, _ = io.CopyN(io.Discard, client, int64(head[1]))
	_, _ = client.Write([]byte{5, 0})
	request := make([]byte, 4)
	if _, err := io.ReadFull(client, request); err != nil {
		return nil
	}
	host := make([]byte, 4)
	if request[3] == 3 { // a name
		_, _ = io.ReadFull(client, host[:1])
		host = make([]byte, host[0])
	}
	port := make([]byte, 2)
	_, _ = io.ReadFull(client, host)
	if _, err := io.ReadFull(client, port); err != nil {
		return nil
	}
	name := string(host)
	if request[3] == 1 {
		name = net.IP(host).String()
	}
	to := net.JoinHostPort(name, fmt.Sprint(binary.BigEndian.Uint16(port)))
	asked.add(to)
	upstream, err := net.Dial("tcp", to)
	if err != nil {
		return nil
	}
	_, _ = client.Write([]byte{5, 0, 0, 1, 0, 0, 0, 0, 0, 0})
	return upstream
}

// TestSTSAndOSSThroughTheProxy has the account's proxy and ca_file hold for both.
func TestSTSAndOSSThroughTheProxy(t *testing.T) {
	for _, scheme := range []string{"http", "socks5", "socks5h"} {
		t.Run(scheme, func(t *testing.T) {
			url, asked := connectProxy(t)
			if scheme != "http" {
				var address string
				address, asked = socksProxy(t)
				url = scheme + "://" + address
			}
			a := newAsked(t)
			front := httptest.NewTLSServer(a.oss)
			t.Cleanup(front.Close)
			sts, ca := a.sts(t)
			cfg := parse(t, fmt.Sprintf("endpoint: '%s', ca_file: %s, proxy_url: '%s', credentials: {type: assume_role, role_arn: '%s', sts_endpoint: '%s'}",
				front.URL, ca, url, readerRole, sts.URL))
			if err := a.ask(t, cfg); err != nil {
				t.Error(err)
			}
			for _, want := range []string{sts.URL, front.URL} {
				if !asked.has(strings.TrimPrefix(want, "https://")) {
					t.Errorf("%s was not asked through the proxy", want)
				}
			}
			a.clients.Retain(&config.Config{})
		})
	}
}
