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
