package accounts

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/ossclient"
)

// echoingProxy answers each request with its header, as answer words it.
func echoingProxy(t *testing.T, answer func(header string) string) *url.URL {
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
				_, _ = io.WriteString(conn, answer(header.String()))
			})
		}
	})
	t.Cleanup(func() { listener.Close(); running.Wait() })
	proxy, err := url.Parse("http://planteduser:plantedpassword@" + listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return proxy
}

// TestProxyRepeatsItsPassword has a proxy that repeats the request in a malformed answer, and in one like OSS's.
func TestProxyRepeatsItsPassword(t *testing.T) {
	oss := func(element string) func(string) string {
		return func(header string) string {
			_, header, _ = strings.Cut(header, "Proxy-Authorization")
			header, _, _ = strings.Cut(header, ";")
			body := "<Error><Code>AccessDenied</Code>" + fmt.Sprintf(element, header) + "</Error>"
			return fmt.Sprintf("HTTP/1.1 403 Forbidden\r\nX-Oss-Request-Id: 1\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		}
	}
	for name, test := range map[string]struct {
		answer func(string) string
		want   string
	}{
		"malformed": {func(header string) string { return header + "\r\n\r\n" }, "through the proxy http://127.0.0.1:"},
		"message":   {oss("<Message>%s</Message>"), "(secret)"},
		"endpoint":  {oss("<Endpoint>%s</Endpoint>"), "AccessDenied"},
	} {
		t.Run(name, func(t *testing.T) {
			proxy := echoingProxy(t, test.answer)
			r := &route{transport: &http.Transport{Proxy: http.ProxyURL(proxy), DisableKeepAlives: true}}
			env := map[string]string{"OSS_ACCESS_KEY_ID": "id", "OSS_ACCESS_KEY_SECRET": "secret", "OSS_SESSION_TOKEN": "plantedtoken-0123456789"}
			client, err := ossclient.New(ossclient.Options{
				Region: "cn-hangzhou", Endpoint: "http://oss-cn-hangzhou.aliyuncs.com", Transport: r, Attempts: 1,
				Credentials: credentials.FromEnvironment(func(name string) string { return env[name] }),
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = client.GetCnameToken(context.Background(), domain.Name{Bucket: "examplebucket", Base: "www.example.com"})
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
