//go:build attack

package attack_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"oss_cname_exporter/internal/fake/osstest"
)

// crowd has clients come one after the other, send text, and keep their connections for as long as the exporter does.
func crowd(clients int, text string) func(context.Context, *arena) {
	return func(ctx context.Context, a *arena) {
		var conns []net.Conn
		for range clients {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", a.address)
			if err != nil {
				continue // the exporter, or the kernel before it, may refuse a crowd
			}
			_, _ = io.WriteString(conn, text) // fails if the connection is closed by then
			conns = append(conns, conn)
		}
		<-ctx.Done()
		for _, conn := range conns {
			conn.Close()
		}
	}
}

// waitingProbes has clients probe strangers that hang, each over a connection of its own, and counts the 503 that they get.
func waitingProbes(clients int, refused *atomic.Int64) func(context.Context, *arena) {
	return func(ctx context.Context, a *arena) {
		var waiting sync.WaitGroup
		for i := range clients {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", a.address)
			if err != nil {
				continue
			}
			context.AfterFunc(ctx, func() { conn.Close() })
			waiting.Go(func() {
				fmt.Fprintf(conn, "GET /probe?target=hostile/%s&account=other HTTP/1.1\r\nHost: x\r\nX-Prometheus-Scrape-Timeout-Seconds: 9\r\n\r\n", hostileName(i%200).Base)
				if line, _ := bufio.NewReader(conn).ReadString('\n'); strings.Contains(line, " 503 ") {
					refused.Add(1)
				}
			})
		}
		waiting.Wait()
	}
}

// TestConnections has clients take connections instead of requests.
func TestConnections(t *testing.T) {
	half := "GET /metrics HTTP/1.1\r\nHost: x\r\nCookie: "
	var refused atomic.Int64
	attacks := []attack{
		{name: "3,580 connections that send 60 kB of a header", during: crowd(3580, half+strings.Repeat("x", 60<<10)), scrapes: 20, peakMB: 100},
		{name: "3,580 connections that send 15 kB of a header", during: crowd(3580, half+strings.Repeat("x", 15<<10)), scrapes: 20, peakMB: 100},
		{name: "5,000 connections that send nothing", during: crowd(5000, ""), scrapes: 20, peakMB: 100},
		{name: "5,000 connections that wait for a second request", during: crowd(5000, "GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n"), scrapes: 20, peakMB: 100},
		{name: "5,000 connections that begin TLS", during: crowd(5000, "\x16\x03\x01"), scrapes: 20, peakMB: 100},
		{name: "a file limit of 64, and 80 idle clients", files: 64, during: crowd(80, ""), scrapes: 10},
		{name: "a file limit of 64, and 80 clients that send half a header", files: 64, during: crowd(80, half), scrapes: 10},
		{name: "a file limit of 64, and 80 clients that do not read", files: 64, during: crowd(80, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"), scrapes: 10},
		{name: "6,000 probes that wait for strangers that hang", accounts: one("other"), targets: func(*arena) []string { return hostileTargets("other", 1) },
			before: func(a *arena) {
				for i := range 200 {
					a.hostile.Behave(hostileName(i), osstest.Hang)
				}
			},
			during: waitingProbes(6000, &refused), scrapes: 5, peakMB: 100,
			after: func(a *arena) {
				if refused.Load() == 0 {
					a.Error("no probe was answered with 503")
				}
			}},
	}
	for _, at := range attacks {
		t.Run(at.name, func(t *testing.T) { play(t, at) })
	}
}

// TestRequests has 200 clients at a time send the same odd request, or the begin of one, and keep the connection.
func TestRequests(t *testing.T) {
	get := func(path, header string) string { return "GET " + path + " HTTP/1.1\r\nHost: x\r\n" + header + "\r\n" }
	probe := get("/probe?target=healthy/d0.example.com", "")
	for name, text := range map[string]string{
		"a body that never comes":               "POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n",
		"a body of a terabyte":                  "POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 1099511627776\r\n\r\n" + strings.Repeat("x", 8192),
		"a chunk that never ends":               "POST /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n" + strings.Repeat("x", 8192),
		"a body with a GET":                     get("/metrics", "Content-Length: 100000\r\n"),
		"two lengths":                           get("/metrics", "Content-Length: 1\r\nContent-Length: 2\r\n") + "x",
		"a length and chunks":                   "POST /-/reload HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + probe,
		"a wait for 100 Continue":               "POST /-/reload HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n",
		"the preface of HTTP/2":                 "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + strings.Repeat("\x00\x00\x00\x04\x00\x00\x00\x00\x00", 100),
		"an upgrade to HTTP/2":                  get("/metrics", "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"),
		"an upgrade to a web socket":            get("/", "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n"),
		"CONNECT":                               "CONNECT oss-cn-hangzhou.aliyuncs.com:443 HTTP/1.1\r\nHost: oss-cn-hangzhou.aliyuncs.com:443\r\n\r\n",
		"a proxy's request":                     "GET http://oss-cn-hangzhou.aliyuncs.com/ HTTP/1.1\r\nHost: oss-cn-hangzhou.aliyuncs.com\r\n\r\n",
		"TRACE":                                 "TRACE / HTTP/1.1\r\nHost: x\r\nMax-Forwards: 0\r\n\r\n",
		"an unknown method":                     strings.Repeat("X", 1000) + " / HTTP/1.1\r\nHost: x\r\n\r\n",
		"HTTP/0.9":                              "GET /metrics\r\n",
		"HTTP/1.0 that is kept":                 "GET /metrics HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
		"no Host":                               "GET / HTTP/1.1\r\n\r\n",
		"a line of 15 kB":                       get("/"+strings.Repeat("a", 15<<10), ""),
		"a thousand headers":                    get("/metrics", strings.Repeat("X-A: b\r\n", 1000)),
		"a path that climbs":                    get("/runbooks/../../../etc/passwd", "") + get("/..%2f..%2fetc%2fpasswd", ""),
		"a thousand ranges":                     get("/", "Range: bytes=0-1"+strings.Repeat(",0-1", 1000)+"\r\n"),
		"a thousand encodings":                  get("/metrics", "Accept-Encoding: gzip"+strings.Repeat(", gzip;q=0.1", 1000)+"\r\n"),
		"a thousand formats":                    get("/metrics", "Accept: text/plain"+strings.Repeat(", text/plain;q=0.1", 600)+"\r\n"),
		"compressed metrics, and does not read": strings.Repeat(get("/metrics", "Accept-Encoding: gzip\r\n"), 20),
		"the JSON, and does not read":           strings.Repeat(get("/api/v1/domains?page_size=10000", ""), 20),
		"a domain's page, and does not read":    strings.Repeat(get("/domains/healthy/d0.example.com", ""), 20),
		"probes in a pipeline":                  strings.Repeat(probe, 20),
		"the debug page in a pipeline":          strings.Repeat(get("/probe?target=healthy/d0.example.com&debug=true", ""), 20),
		"HEAD in a pipeline":                    strings.Repeat("HEAD /metrics HTTP/1.1\r\nHost: x\r\n\r\n", 50),
		"health checks in a pipeline":           strings.Repeat(get("/-/healthy", ""), 50),
	} {
		t.Run(name, func(t *testing.T) {
			play(t, attack{name: "200 clients send " + name, during: crowd(200, text), scrapes: 5, peakMB: 100})
		})
	}
}
