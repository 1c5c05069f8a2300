//go:build attack

package attack_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"oss_cname_exporter/internal/fake/osstest"
)

// post asks the exporter with POST and pairs of header and value.
func (a *arena) post(path string, header ...string) (status int, body string) {
	req, _ := http.NewRequestWithContext(a.Context(), http.MethodPost, "http://"+a.address+path, http.NoBody)
	for i := 0; i < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
		} else {
			req.Header.Set(header[i], header[i+1])
		}
	}
	resp, err := a.client.Do(req)
	if err != nil {
		a.Errorf("POST %s: %v", path, err)
		return 0, ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// deaf has clients that send a request and read nothing of the answer.
func deaf(clients int, request string) func(context.Context, *arena) {
	return func(ctx context.Context, a *arena) {
		var conns []net.Conn
		for range clients {
			if conn := a.dial(); conn != nil {
				_ = conn.(*net.TCPConn).SetReadBuffer(4096)
				_, _ = io.WriteString(conn, request)
				conns = append(conns, conn)
			}
		}
		<-ctx.Done()
		for _, conn := range conns {
			conn.Close()
		}
	}
}

func manyTargets(n int) (func(*arena) string, func(*arena) []string, func(*arena)) {
	return one("other"), func(*arena) []string { return hostileTargets("other", n) }, func(a *arena) {
		for i := range n {
			a.hostile.SetToken(hostileName(i), osstest.Token{})
		}
	}
}

// TestClients has clients that ask for much, read nothing, hang up or send nonsense.
func TestClients(t *testing.T) {
	metrics := "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n"
	thousand, thousandTargets, thousandTokens := manyTargets(1000)
	attacks := []attack{
		{name: "200 clients that do not read, 1,000 targets", accounts: thousand, targets: thousandTargets, before: thousandTokens, during: deaf(200, metrics), scrapes: 5, peakMB: 200},
		{name: "100 clients that do not read the page", accounts: thousand, targets: thousandTargets, before: thousandTokens, during: deaf(100, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"), peakMB: 200},
		{name: "100 clients that do not read /sd", accounts: thousand, targets: thousandTargets, before: thousandTokens, during: deaf(100, "GET /sd HTTP/1.1\r\nHost: x\r\n\r\n"), peakMB: 200},
		{name: "requests in a pipeline", during: deaf(20, strings.Repeat(metrics, 50))},
		{name: "headers that never end", during: func(ctx context.Context, a *arena) {
			deaf(50, "GET /metrics HTTP/1.1\r\n")(ctx, a)
		}},
		{name: "a megabyte of headers", during: func(ctx context.Context, a *arena) {
			for ctx.Err() == nil {
				a.get("/metrics", "Cookie", strings.Repeat("x", 1<<20))
			}
		}},
		{name: "bytes that are no HTTP", during: func(ctx context.Context, a *arena) {
			for range 50 {
				if conn := a.dial(); conn != nil {
					_, _ = io.WriteString(conn, "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"+strings.Repeat("\xff", 200))
					conn.Close()
				}
			}
			<-ctx.Done()
		}},
		{name: "clients that reset in the middle of an answer", accounts: thousand, targets: thousandTargets, before: thousandTokens, during: func(ctx context.Context, a *arena) {
			for ctx.Err() == nil {
				if conn := a.dial(); conn != nil {
					_, _ = io.WriteString(conn, metrics)
					_, _ = io.ReadFull(conn, make([]byte, 1000))
					_ = conn.(*net.TCPConn).SetLinger(0)
					conn.Close()
				}
			}
		}},
		{name: "clients that hang up at once", during: func(ctx context.Context, a *arena) {
			for ctx.Err() == nil {
				if conn := a.dial(); conn != nil {
					_, _ = io.WriteString(conn, metrics)
					conn.Close()
				}
			}
		}},
		{name: "probes that name hosts, keys and nonsense", during: func(ctx context.Context, a *arena) {
			for ctx.Err() == nil {
				for _, query := range []string{
					"target=x", "target=healthy/a.example.com&endpoint=http://127.0.0.1:1", "bucket=%ff&cname=a.example.com", "target=healthy/127.0.0.1",
					"target=healthy/" + strings.Repeat("a.", 200) + "b", "target=healthy/a.example.com&account=nobody", "target=healthy/a.example.com&region=evil", "a=b&a=c",
				} {
					if status, body := a.get("/probe?" + query); status != 400 || strings.Count(body, "\n") > 1 {
						a.Errorf("%s: %d %s", query, status, body)
					}
				}
			}
		}},
		{name: "another site's page, and a name that is led here", after: func(a *arena) {
			for _, header := range [][]string{{"Sec-Fetch-Site", "cross-site"}, {"Origin", "http://evil.example"}, {"Host", "evil.example"}} {
				if status, _ := a.post("/-/reload", header...); status != 403 {
					a.Errorf("%v: %d", header, status)
				}
			}
			for _, path := range []string{"/", "/metrics", "/probe", "/sd", "/-/healthy", "/-/ready", "/nowhere", "/%ff"} {
				req, _ := http.NewRequestWithContext(a.Context(), http.MethodGet, "http://"+a.address+path, http.NoBody)
				resp, err := a.client.Do(req)
				if err != nil {
					a.Error(err)
					continue
				}
				resp.Body.Close()
				if resp.Header.Get("X-Content-Type-Options") != "nosniff" {
					a.Errorf("%s without nosniff", path)
				}
			}
		}},
	}
	for _, at := range attacks {
		t.Run(at.name, func(t *testing.T) { play(t, at) })
	}
}

// TestTenThousandTargets is the largest: clients that do not read beside a
// scraper of 10,000 targets.
func TestTenThousandTargets(t *testing.T) {
	accounts, targets, tokens := manyTargets(10_000)
	alone := attack{name: "10,000 targets, one scraper", accounts: accounts, targets: targets, before: tokens, peakMB: 400}
	t.Run(alone.name, func(t *testing.T) { play(t, alone) })
	beside := attack{name: "10,000 targets, 200 clients that do not read", accounts: accounts, targets: targets, before: tokens, peakMB: 400, scrapes: 5,
		during: deaf(200, "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")}
	t.Run(beside.name, func(t *testing.T) { play(t, beside) })
}

// TestReloads has reloads that come too often, and reloads of broken files.
func TestReloads(t *testing.T) {
	attacks := []attack{
		{name: "a storm of SIGHUP", during: func(ctx context.Context, a *arena) {
			for ctx.Err() == nil {
				_ = a.cmd.Process.Signal(hangup)
			}
		}, lines: 5000},
		{name: "a storm of reloads over HTTP", during: func(ctx context.Context, a *arena) {
			for ctx.Err() == nil {
				a.post("/-/reload")
			}
		}, lines: 20_000},
		{name: "a file that is half written", during: func(ctx context.Context, a *arena) {
			whole := a.read("config.yaml")
			for ctx.Err() == nil {
				a.write("config.yaml", whole[:len(whole)/2]+"{") // wherever the cut is
				a.post("/-/reload")
				a.write("config.yaml", whole)
				a.post("/-/reload")
			}
		}, lines: 20_000, scrapes: 5},
		{name: "a file that loses targets and gets them back", after: func(a *arena) {
			whole := a.read("config.yaml")
			lines := strings.Split(whole, "\n")
			a.write("config.yaml", strings.Join(lines[:len(lines)/2], "\n"))
			a.post("/-/reload")
			a.write("config.yaml", whole)
			a.post("/-/reload")
			if n := a.scrape(); n != healthyCount {
				a.Errorf("afterwards %d healthy targets are answered", n)
			}
		}},
		{name: "a configuration that is a pipe for a moment", after: func(a *arena) {
			whole := a.read("config.yaml")
			a.pipe("config.yaml")
			if status, _ := a.post("/-/reload"); status != 500 {
				a.Errorf("reload of a pipe: %d", status)
			}
			a.remove("config.yaml")
			a.write("config.yaml", whole)
			if status, body := a.post("/-/reload"); status != 200 {
				a.Errorf("afterwards: %d %s", status, body)
			}
		}},
	}
	for _, at := range attacks {
		t.Run(at.name, func(t *testing.T) { play(t, at) })
	}
}

// TestKeys has sources of keys that hang, flood and lie.
func TestKeys(t *testing.T) {
	for name, credentials := range map[string]string{
		"a program that never ends":            "{type: process, command: sleep 1000}",
		"a program that floods":                "{type: process, command: yes}",
		"a program that leaves a child behind": "{type: process, command: 'sleep 1000 & echo done'}",
		"a program that prints no key":         "{type: process, command: echo " + keySecret + "}",
		"a program that fails":                 "{type: process, command: 'exit 3'}",
		"a key file that is a pipe":            "{type: static_files, access_key_id_file: pipe, access_key_secret_file: pipe}",
		"a key file that is a device":          "{type: static_files, access_key_id_file: /dev/zero, access_key_secret_file: /dev/zero}",
		"a key file that is missing":           "{type: static_files, access_key_id_file: nowhere, access_key_secret_file: nowhere}",
		"a role at an STS that is not there":   "{type: assume_role, role_arn: 'acs:ram::1234567890123456:role/x', sts_endpoint: 'https://127.0.0.1:1'}",
		"a profile that is not there":          "{type: profile, profile_file: nowhere.json}",
	} {
		t.Run(name, func(t *testing.T) {
			play(t, attack{
				name:     name,
				before:   func(a *arena) { a.pipe("pipe") },
				accounts: func(a *arena) string { return account("other", a.hostile.URL(), ", credentials: "+credentials) },
				targets:  func(*arena) []string { return hostileTargets("other", 30) },
			})
		})
	}
}
