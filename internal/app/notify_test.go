//go:build unix

package app_test

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/app/apptest"
)

// manager is a service manager that listens to the states of a process.
type manager struct{ conn *net.UnixConn }

func newManager(t *testing.T) (m manager, env []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return manager{conn}, []string{"NOTIFY_SOCKET=" + path}
}

// told returns the next message that has this text; those of the watchdog are
// passed over.
func (m manager) told(t *testing.T, want string) string {
	t.Helper()
	for buffer := make([]byte, 4096); ; {
		n, err := m.conn.Read(buffer)
		if err != nil {
			t.Fatal(err)
		}
		text := string(buffer[:n])
		if text == "WATCHDOG=1" && want != text {
			continue
		}
		if !strings.Contains(text, want) {
			t.Fatalf("told %q, want %q", text, want)
		}
		return text
	}
}

func TestServiceManagerIsToldTheTruth(t *testing.T) {
	m, env := newManager(t)
	config := written(t, 2)
	p, stderr := start(t, append(env, "WATCHDOG_USEC=60000"), "--config.file="+config, "--web.listen-address=127.0.0.1:0")
	p.follow(stderr)
	m.told(t, "READY=1\nSTATUS=watching 2 domains of 1 accounts")
	if at := p.stderr.Wait(t, `msg="Listening on" address=(\S+)`); at == "" {
		t.Error("ready before it listens")
	}
	m.told(t, "WATCHDOG=1")
	m.told(t, "WATCHDOG=1")

	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		p.signal(t, syscall.SIGHUP)
		m.told(t, "RELOADING=1\nMONOTONIC_USEC=")
	}
	write("accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: abc, cname: a.example.com}]\n")
	m.told(t, "READY=1\nSTATUS=watching 1 domains of 1 accounts")
	write("accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: abc, cname: a.example.com}]\nintervall: 1m\n")
	m.told(t, "READY=1\nSTATUS=watching 1 domains")
	m.told(t, "STATUS=the configuration before stays in force: "+config+":3: ")

	p.signal(t, syscall.SIGTERM)
	m.told(t, "STOPPING=1")
	if err := p.cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// TestRefusedConfigurationIsNotStartedAgain wants the exit status for which a
// unit does not restart, and the fault where systemctl status shows it.
func TestRefusedConfigurationIsNotStartedAgain(t *testing.T) {
	m, env := newManager(t)
	config := written(t, 1)
	if err := os.WriteFile(config, []byte("accounts: {main: {region: cn-hangzhou}}\nintervall: 1m\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	p, stderr := start(t, env, "--config.file="+config, "--web.listen-address=127.0.0.1:0")
	p.follow(stderr)
	m.told(t, "STATUS="+config+":2: ")
	_ = p.cmd.Wait() // it fails
	if code := p.cmd.ProcessState.ExitCode(); code != 78 {
		t.Errorf("exit status %d", code)
	}
}

// runOnce runs the program to its end.
func runOnce(t *testing.T, args ...string) (said string, err error) {
	t.Helper()
	out := apptest.NewOutput()
	err = app.Run(t.Context(), args, os.Getenv, out, out)
	return out.String(), err
}

func TestHealth(t *testing.T) {
	config := written(t, 1)
	web := filepath.Join(t.TempDir(), "web.yml")
	if err := os.WriteFile(web, []byte("basic_auth_users: {prometheus: $2a$04$rJbSneVNpUhQXqRETZ5Ir.lW8Nlp0SH0G5.5C8ZDHOW9LpBQkmvE2}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name      string
		serve     []string
		ask       func(address string) []string
		unhealthy string // "" if it is healthy
	}{
		{name: "a listener", ask: func(at string) []string { return []string{"--web.listen-address=" + at} }},
		{name: "every address", ask: func(at string) []string {
			return []string{"--web.listen-address=" + strings.TrimPrefix(at, "127.0.0.1")}
		}},
		{
			name: "a prefix", serve: []string{"--web.external-url=https://www.example.com/oss"},
			ask: func(at string) []string {
				return []string{"--web.listen-address=" + at, "--web.external-url=https://www.example.com/oss"}
			},
		},
		{
			name: "a prefix that is forgotten", serve: []string{"--web.route-prefix=/oss"}, unhealthy: "404",
			ask: func(at string) []string { return []string{"--web.listen-address=" + at} },
		},
		{
			name: "a password", serve: []string{"--web.config.file=" + web},
			ask: func(at string) []string { return []string{"--web.listen-address=" + at} },
		},
		{name: "another port", unhealthy: "refused", ask: func(string) []string { return []string{"--web.listen-address=127.0.0.1:1"} }},
		{name: "a socket of systemd", unhealthy: "--web.health-listen-address", ask: func(string) []string { return []string{"--web.systemd-socket"} }},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := apptest.Start(t, nil, append(test.serve, "--config.file="+config, "--web.listen-address=127.0.0.1:0")...)
			said, err := runOnce(t, append(test.ask(p.Address(t)), "health")...)
			if test.unhealthy == "" && err != nil || test.unhealthy != "" && (err == nil || !strings.Contains(said, test.unhealthy)) {
				t.Errorf("%v, said %q, want %q", err, said, test.unhealthy)
			}
		})
	}
}

// TestHealthOfTheHealthListener asks where no prefix and no password is.
func TestHealthOfTheHealthListener(t *testing.T) {
	p := apptest.Start(t, nil, "--config.file="+written(t, 1), "--web.listen-address=127.0.0.1:0", "--web.health-listen-address=127.0.0.1:0", "--web.route-prefix=/oss")
	_, port, err := net.SplitHostPort(p.Stderr.Wait(t, `msg="health endpoints" address=(\S+)`))
	if err != nil {
		t.Fatal(err)
	}
	if said, err := runOnce(t, "--web.health-listen-address=127.0.0.1:"+port, "--web.route-prefix=/oss", "health"); err != nil {
		t.Errorf("%v: %s", err, said)
	}
}
