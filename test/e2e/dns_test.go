//go:build e2e

package e2e_test

import (
	"fmt"
	"net"
	"os/exec"
	"strings"
	"testing"

	simulation "oss_cname_exporter/internal/demo"
)

// TestDemoTakesPlainNsupdate publishes a record in the demo's DNS with nsupdate,
// which is told neither the zone nor its server, and reads it with dig.
func TestDemoTakesPlainNsupdate(t *testing.T) {
	t.Parallel()
	d := simulation.Start()
	t.Cleanup(d.Close)
	host, port, err := net.SplitHostPort(d.DNS.Address())
	if err != nil {
		t.Fatal(err)
	}
	run := func(stdin string, args ...string) (string, error) {
		cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
		cmd.Stdin = strings.NewReader(stdin)
		out, err := cmd.CombinedOutput()
		return strings.TrimSpace(string(out)), err
	}
	update := func(lines string) (string, error) {
		return run(fmt.Sprintf("server %s %s\n%ssend\n", host, port, lines), "nsupdate", "-v")
	}
	dig := func(args ...string) string {
		out, err := run("", append([]string{"dig", "@" + host, "-p", port, "+short"}, args...)...)
		if err != nil {
			t.Fatalf("dig %s: %v: %s", args, err, out)
		}
		return out
	}

	const name = "_dnsauth.yours.example.com"
	if out, err := update("update add " + name + " 60 TXT t0ken\n"); err != nil {
		t.Fatalf("nsupdate: %v: %s", err, out)
	}
	if got := dig(name, "TXT"); got != `"t0ken"` {
		t.Errorf("dig reads %q", got)
	}
	if out, err := update("prereq nxdomain " + name + "\nupdate add " + name + " 60 TXT other\n"); err == nil || !strings.Contains(out, "YXDOMAIN") {
		t.Errorf("an update whose prerequisite fails: %v: %s", err, out)
	}
	if out, err := update("prereq yxrrset " + name + " TXT t0ken\nupdate delete " + name + " TXT\nupdate add " + name + " 60 TXT other\n"); err != nil {
		t.Errorf("an update whose prerequisite holds: %v: %s", err, out)
	}
	if got := dig(name, "TXT"); got != `"other"` {
		t.Errorf("dig reads %q", got)
	}
	if got := dig("example.com", "NS"); got != "ns.example.com." {
		t.Errorf("dig reads the name servers %q", got)
	}
	if got := dig("example.com", "SOA"); !strings.HasPrefix(got, "ns.example.com. hostmaster.example.com. 3 ") {
		t.Errorf("dig reads the start of authority %q", got)
	}
	if out, err := update("update add www.example.net 60 TXT t0ken\n"); err == nil {
		t.Errorf("a zone that is not the demo's was updated: %s", out)
	}
}
