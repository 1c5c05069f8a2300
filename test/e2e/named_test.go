//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"syscall"
	"testing"
	"time"

	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/status"
)

// TestNamed asks two servers of BIND, which share a port as the servers of a
// zone do, one by IPv4 and one by IPv6, and changes their records with nsupdate.
func TestNamed(t *testing.T) {
	t.Parallel()
	const proof = "_dnsauth.www.example.com"
	port := freePort(t)
	hosts := []string{"127.0.0.1", "::1"}
	startNamed(t, fmt.Sprintf("listen-on port %s { 127.0.0.1; }; listen-on-v6 { none; };", port))
	startNamed(t, fmt.Sprintf("listen-on { none; }; listen-on-v6 port %s { ::1; };", port))
	first := net.JoinHostPort(hosts[0], port)
	client := dnsclient.New(dnsclient.Options{
		System: func() ([]string, error) { return []string{first}, nil },
		IPv6:   func() bool { return true },
		Port:   port,
	})
	names := []string{fmt.Sprintf("ns1.example.com (127.0.0.1:%s)", port), fmt.Sprintf("ns2.example.com ([::1]:%s)", port)}
	update := func(host, name, value string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "nsupdate")
		cmd.Stdin = strings.NewReader(fmt.Sprintf("server %s %s\nupdate add %s 60 TXT %s\nsend\n", host, port, name, value))
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("nsupdate: %v: %s", err, out)
		}
	}
	expect := func(found ...status.Found) {
		t.Helper()
		got, err := client.TXT(t.Context(), proof, []string{dnsclient.Authoritative})
		if err != nil || !reflect.DeepEqual(got.Found, found) || len(got.Silent) > 0 {
			t.Errorf("got %+v, %v; want %+v", got, err, found)
		}
	}

	// named may not be up yet: until it is, look-ups fail.
	eventually(t, time.Minute, func(ctx context.Context) error {
		got, err := client.TXT(ctx, proof, []string{dnsclient.Authoritative})
		if err == nil && len(got.Silent) > 0 {
			err = fmt.Errorf("silent are %q", got.Silent)
		}
		return err
	})
	expect(status.Found{Servers: names})
	update(hosts[1], proof, "t0ken")
	expect(status.Found{Servers: names[:1]}, status.Found{Servers: names[1:], Values: []string{"t0ken"}})
	update(hosts[0], proof, "t0ken")
	expect(status.Found{Servers: names, Values: []string{"t0ken"}})

	long := strings.TrimSpace(strings.Repeat(strings.Repeat("x", 200)+" ", 8))
	update(hosts[0], "long.example.com", long)
	got, err := client.TXT(t.Context(), "long.example.com", []string{first})
	if want := []status.Found{{Servers: []string{first}, Values: []string{strings.Repeat("x", 512)}}}; err != nil || !reflect.DeepEqual(got.Found, want) {
		t.Errorf("an answer that is too long for UDP: got %+v, %v", got, err)
	}
	if _, err := client.TXT(t.Context(), "_dnsauth.example.org", []string{first}); err == nil ||
		!strings.Contains(err.Error(), "refused with REFUSED (extended error 18, Prohibited") {
		t.Errorf("a zone that may not be asked about: got %v", err)
	}
}

// freePort returns a port that was free a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	streams, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer streams.Close()
	_, port, err := net.SplitHostPort(streams.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// startNamed starts a server of the zone example.com, where Debian has it. listen
// says at which address.
func startNamed(t *testing.T, listen string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"named.conf": fmt.Sprintf(`
options {
	directory %q;
	%s
	pid-file none;
	lock-file none;
	session-keyfile none;
	notify no;
	recursion no;
	dnssec-validation no;
};
controls { };
zone "example.com" { type primary; file "example.com.zone"; allow-update { localhost; }; };
zone "example.org" { type primary; file "example.org.zone"; allow-query { none; }; };
`, dir, listen),
		"example.com.zone": `$TTL 60
@ IN SOA ns1.example.com. hostmaster.example.com. 1 3600 600 86400 60
@ IN NS ns1.example.com.
@ IN NS ns2.example.com.
ns1 IN A 127.0.0.1
ns2 IN AAAA ::1
`,
		"example.org.zone": `$TTL 60
@ IN SOA ns1.example.com. hostmaster.example.com. 1 3600 600 86400 60
@ IN NS ns1.example.com.
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var said bytes.Buffer
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "/usr/sbin/named", "-g", "-c", filepath.Join(dir, "named.conf"))
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("named, %s, said\n%s", listen, &said)
		}
	})
}
