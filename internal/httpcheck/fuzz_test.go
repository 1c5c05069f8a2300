package httpcheck_test

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"syscall"
	"testing"

	"oss_cname_exporter/internal/httpcheck"
	"oss_cname_exporter/internal/plain"
	"oss_cname_exporter/internal/status"
)

// FuzzReply has a server that answers a visit with any bytes: whatever comes of it is of the closed set, printable and short.
func FuzzReply(f *testing.F) {
	const head = "Server: AliyunOSS\r\nX-Oss-Request-Id: 5C1B138A109F4E405B2D\r\n\r\n"
	for _, seed := range []string{
		"", "HTTP/1.1 200 OK\r\n\r\nhello", "HTTP/1.1 403 Forbidden\r\n" + head + "<Error><Code>AccessDenied</Code><BucketName>examplebucket</BucketName></Error>",
		"HTTP/1.1 404 Not Found\r\n" + head + "<Error><Code>NoSuchBucket</Code><BucketName>www</BucketName></Error>",
		"HTTP/1.0 301 Moved\r\nLocation: http://x/\x1b\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\n\r\n", "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nServer: \u202e\r\n\r\n12345HTTP/1.1", "SSH-2.0-x\r\n",
		"HTTP/1.1 403 Forbidden\r\n" + head + "<Error><Code>A\nB</Code><Bucket>\u2028</Bucket><BucketName>x</BucketName></Error>",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, reply []byte) {
		client := httpcheck.New(httpcheck.Options{
			Addresses: func(context.Context, string, []string) ([]netip.Addr, error) {
				return []netip.Addr{netip.MustParseAddr("192.0.2.1")}, nil
			},
			Dial: func(_ context.Context, network, address string) (net.Conn, error) {
				if strings.HasSuffix(address, ":443") {
					return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ECONNREFUSED}
				}
				ours, theirs := net.Pipe()
				go func() {
					defer theirs.Close()
					if _, err := http.ReadRequest(bufio.NewReader(theirs)); err == nil {
						_, _ = theirs.Write(reply)
					}
				}()
				return ours, nil
			},
		})
		got, err := client.Visit(t.Context(), httpcheck.Target{Host: host, Bucket: bucket})
		texts := []string{got.Evidence, got.RedirectsTo}
		if err != nil {
			texts = append(texts, err.Error())
		} else if !slices.Contains(status.AllAnsweredBy(), got.AnsweredBy) {
			t.Errorf("answered by %q", got.AnsweredBy)
		}
		for _, text := range texts {
			if text != plain.Printable(text) || len([]rune(text)) > 1000 {
				t.Errorf("%d bytes of %q", len(text), text)
			}
		}
	})
}
