package accounts_test

import (
	"bufio"
	"cmp"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/accounts"
	"oss_cname_exporter/internal/demo"
)

// echoingProxy answers each request with its header and the user and password of
// another proxy, as answer words it.
func echoingProxy(t *testing.T, answer func(header string) string) (address string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var running sync.WaitGroup
	running.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			running.Go(func() {
				defer conn.Close()
				var header strings.Builder
				for r := bufio.NewReader(conn); ; {
					line, err := r.ReadString('\n')
					if err != nil || strings.TrimSpace(line) == "" {
						break
					}
					header.WriteString(strings.TrimSpace(line) + "; ")
				}
				header.WriteString("Proxy-Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("planteduser:plantedpassword")) + " planteduser plantedpassword; ")
				_, _ = io.WriteString(conn, answer(header.String()))
			})
		}
	})
	t.Cleanup(func() { listener.Close(); running.Wait() })
	return listener.Addr().String()
}

// TestProxyRepeatsItsPassword has a proxy that repeats the request, and the password of the environment's proxy, in a malformed answer and in one like OSS's.
func TestProxyRepeatsItsPassword(t *testing.T) {
	const proxy = "http://planteduser:plantedpassword@proxy.example.com:3128"
	oss := func(element string) func(string) string {
		return func(header string) string {
			_, header, _ = strings.Cut(header, "Proxy-Authorization")
			header, _, _ = strings.Cut(header, ";")
			body := "<Error><Code>AccessDenied</Code>" + fmt.Sprintf(element, header) + "</Error>"
			return fmt.Sprintf("HTTP/1.1 403 Forbidden\r\nX-Oss-Request-Id: 1\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
	}
	for name, test := range map[string]struct {
		answer          func(string) string
		want            string
		variable, proxy string // of the environment
	}{
		"malformed": {func(header string) string { return header + "\r\n\r\n" }, "through the proxy http://127.0.0.1:", "HTTPS_PROXY", proxy},
		"message":   {oss("<Message>%s</Message>"), "(secret)", "http_proxy", strings.TrimPrefix(proxy, "http://")},
		"endpoint":  {oss("<Endpoint>%s</Endpoint>"), "AccessDenied", "HTTP_PROXY", proxy},
	} {
		t.Run(name, func(t *testing.T) {
			address := echoingProxy(t, test.answer)
			env := map[string]string{"OSS_SESSION_TOKEN": "plantedtoken-0123456789", test.variable: test.proxy}
			clients := accounts.New(func(name string) string { return cmp.Or(env[name], demo.Getenv(name)) }, "exporter/1", collector.NewAPI())
			t.Cleanup(clients.Close)
			cfg := parse(t, "endpoint: http://oss-cn-hangzhou.aliyuncs.com, proxy_url: http://"+address)
			_, err := clients.GetCnameToken(t.Context(), cfg.Targets[0].Account, cfg.Targets[0].Name)
			basic := "cGxhbnRlZHVzZXI6cGxhbnRlZHBhc3N3b3Jk"
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "planted") || strings.Contains(err.Error(), basic[4:20]) {
				t.Errorf("got %v\nwant %s", err, test.want)
			}
			if name == "endpoint" && strings.Contains(err.Error(), "(secret)") {
				t.Errorf("an advice was made of what is hidden: %v", err)
			}
		})
	}
}
