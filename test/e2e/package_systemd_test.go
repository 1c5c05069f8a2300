//go:build e2e && packages

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// system is a systemd that runs as process 1 of its own namespaces, in a control
// group of its own. It shares the network with the test.
type system struct{ pid string }

// boot starts one, or says why none can run here. Where a systemd runs the
// machine already, it is that one that gives it the control group.
func boot(t *testing.T) (system, error) {
	t.Helper()
	if os.Geteuid() != 0 {
		return system{}, errors.New("only root may")
	}
	group := fmt.Sprintf("%s-%d", strings.ReplaceAll(t.Name(), "/", "-"), os.Getpid())
	args := []string{"unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--mount-proc", "--kill-child", "sh", "testdata/boot.sh", group}
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		args = append([]string{"systemd-run", "--quiet", "--scope", "--property=Delegate=yes"}, args[:len(args)-1]...)
	}
	ctx, end := context.WithCancel(context.WithoutCancel(t.Context())) // it lives until a test that failed has asked it why
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	out := &output{grown: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		end()
		return system{}, err
	}
	t.Cleanup(func() {
		end() // it is killed, and its namespaces with it
		_ = cmd.Wait()
		removeGroup(t, group)
	})
	var s system
	eventually(t, patience, func(context.Context) error {
		children, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", cmd.Process.Pid, cmd.Process.Pid))
		if s.pid = strings.TrimSpace(string(children)); err != nil || s.pid == "" {
			text, _ := out.read()
			return fmt.Errorf("no process 1 yet: %w %s", err, text)
		}
		if state, said, err := tryRun(t, "nsenter", s.command("systemctl", "is-system-running")...); err != nil {
			text, _ := out.read()
			return fmt.Errorf("not running yet: %w %s%s%s", err, state, said, text)
		}
		return nil
	})
	return s, nil
}

// removeGroup removes the control group of a systemd that has ended, in each
// hierarchy. The kernel may still be ending the last processes in it.
func removeGroup(t *testing.T, group string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	script := `for top in /sys/fs/cgroup/*/"$0" /sys/fs/cgroup/"$0"; do [ ! -d "$top" ] || find "$top" -depth -type d -exec rmdir {} + || exit 1; done`
	for range 100 {
		if exec.CommandContext(ctx, "sh", "-c", script, group).Run() == nil {
			return
		}
	}
	t.Errorf("the control group %s is in use", group)
}

func (s system) command(args ...string) []string {
	return append([]string{"--target", s.pid, "--mount", "--pid", "--uts", "--ipc"}, args...)
}

func (s system) run(t *testing.T, script string) string {
	t.Helper()
	return strings.TrimSpace(run(t, "nsenter", s.command("bash", "-euc", script)...))
}

// family is a package manager under a systemd.
type family struct{ install, upgrade, remove, file string }

// checkSystemd installs a package under a systemd, and leads the service through
// its life: a scrape, a reload, mistakes in its configuration, keys, TLS, a
// process that hangs, an upgrade.
func checkSystemd(t *testing.T, f family) {
	s, err := boot(t)
	if err != nil {
		t.Logf("no systemd can run here: %v. The unit's command was started as the unit says.", err)
		return
	}
	t.Cleanup(func() {
		if t.Failed() {
			s.explain(t)
		}
	})
	address := freeAddress(t)
	s.run(t, f.install+" "+f.file)
	s.run(t, fmt.Sprintf(`echo OPTIONS=--demo >/etc/default/oss-cname-exporter # which brings its own configuration
		mkdir -p /etc/systemd/system/oss-cname-exporter.socket.d /etc/systemd/system/oss-cname-exporter.service.d
		printf '[Socket]\nListenStream=\nListenStream=%%s\n' %s >/etc/systemd/system/oss-cname-exporter.socket.d/port.conf
		printf '[Service]\nStandardOutput=append:%s\nStandardError=inherit\n' >/etc/systemd/system/oss-cname-exporter.service.d/log.conf
		{ printf '[Service]\nExecStart=\nExecReload=\n'; sed -n '/check/d; s, --config.file=[^ ]*,,; /^Exec/p' /usr/lib/systemd/system/oss-cname-exporter.service; } >/etc/systemd/system/oss-cname-exporter.service.d/demo.conf
		systemctl daemon-reload
		systemctl enable --quiet --now oss-cname-exporter.socket oss-cname-exporter.service`, address, serviceLog))
	if status := s.show(t)["StatusText"]; !regexp.MustCompile(`^watching \d+ domains of 1 accounts$`).MatchString(status) {
		t.Errorf("started, and the status is %q", status)
	}
	prom := startPrometheus(t, firing(t, deployedRules(t), "oss_cname", address, nil))
	prom.holds(t, `ALERTS{alertname="OSSCnameTokenExpiresSoon", alertstate="firing", cname="hours.example.com"} == 1`)
	prom.process.signal(t, syscall.SIGTERM) // a scrape starts a service that failed, and each check below counts the starts
	prom.process.wait(t)

	status := s.run(t, "cat /proc/"+s.show(t)["MainPID"]+"/status")
	for _, want := range []string{`Uid:\t[1-9]\d*`, `CapEff:\t0+\n`, `CapBnd:\t0+\n`, `NoNewPrivs:\t1`, `Seccomp:\t2`} {
		if !regexp.MustCompile(want).MatchString(status) {
			t.Errorf("the service has not %s:\n%s", want, status)
		}
	}
	s.checkReload(t, address)
	s.checkKeys(t, address)
	s.checkMistakes(t, f, address)
	s.checkTLS(t, address)
	s.checkWatchdog(t)
	s.run(t, f.remove+" oss-cname-exporter")
	if state, _, err := tryRun(t, "nsenter", s.command("systemctl", "is-active", "oss-cname-exporter.service", "oss-cname-exporter.socket")...); err == nil {
		t.Errorf("removed, and still %s", state)
	}
}

// serviceLog is the file that the service writes to, where there is no journal.
const serviceLog = "/run/oss-cname-exporter.log"

// show returns the properties of the service at one moment.
func (s system) show(t *testing.T) map[string]string {
	t.Helper()
	properties := map[string]string{}
	for line := range strings.Lines(s.run(t, "systemctl show oss-cname-exporter.service")) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		properties[name] = value
	}
	return properties
}

// restart starts the service anew; the starts before do not count against its
// limit.
func (s system) restart(t *testing.T) {
	t.Helper()
	s.run(t, "systemctl reset-failed oss-cname-exporter.service; systemctl restart oss-cname-exporter.service")
}

// explain prints the state of the units and the log of the service.
func (s system) explain(t *testing.T) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	script := "systemctl status --no-pager --full oss-cname-exporter.socket oss-cname-exporter.service; systemctl list-jobs; cat " + serviceLog
	said, err := exec.CommandContext(ctx, "nsenter", s.command("sh", "-c", script)...).CombinedOutput()
	t.Logf("%v\n%s", err, said)
}

// refuses runs a script that must fail.
func (s system) refuses(t *testing.T, script string) (said string) {
	t.Helper()
	out, errs, err := tryRun(t, "nsenter", s.command("bash", "-euc", script)...)
	if err == nil {
		t.Errorf("%s: passes\n%s%s", script, out, errs)
	}
	return out + errs
}

func (s system) checkReload(t *testing.T, address string) {
	t.Helper()
	loaded := func(ctx context.Context) (float64, error) {
		body, _, err := get(ctx, "http://"+address+"/metrics?collect[]=exporter", "")
		if err != nil {
			return 0, err
		}
		value := regexp.MustCompile(`(?m)^oss_cname_exporter_config_last_reload_success_timestamp_seconds (\S+)$`).FindSubmatch(body)
		return strconv.ParseFloat(string(value[1]), 64)
	}
	before, err := loaded(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.run(t, "systemctl reload oss-cname-exporter.service")
	eventually(t, patience, func(ctx context.Context) error {
		after, err := loaded(ctx)
		if err == nil && after <= before {
			err = fmt.Errorf("the configuration is as old as before: %v", after)
		}
		return err
	})
}

// checkKeys gives the service a key as the page says, and a configuration that
// others may not read; then it takes the key away.
func (s system) checkKeys(t *testing.T, address string) {
	t.Helper()
	const missing = "/etc/oss_cname_exporter/credentials/access_key_id"
	probe := func() string {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		body, _, err := get(ctx, "http://"+address+"/probe?target=examplebucket/www.example.com&debug=true", "")
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	s.run(t, `cd /tmp; echo LTAI5tEXAMPLE >access_key_id; echo secret >access_key_secret
		install -m 0640 -g oss-cname-exporter access_key_id access_key_secret /etc/oss_cname_exporter/credentials/
		rm access_key_id access_key_secret
		echo OPTIONS= >/etc/default/oss-cname-exporter
		rm /etc/systemd/system/oss-cname-exporter.service.d/demo.conf; systemctl daemon-reload
		sed -i 's/region: .*/&\n    endpoint: http:\/\/127.0.0.1:1/' /etc/oss_cname_exporter/config.yaml # where nothing listens
		chown oss-cname-exporter /etc/oss_cname_exporter/config.yaml; chmod 0600 /etc/oss_cname_exporter/config.yaml`)
	s.restart(t)
	if said := probe(); strings.Contains(said, missing) || !strings.Contains(said, "127.0.0.1:1") {
		t.Errorf("with a key:\n%s", said)
	}
	s.run(t, "rm "+missing) // keys are read anew for each call
	if said := probe(); !strings.Contains(said, missing) {
		t.Errorf("without a key nothing names %s:\n%s", missing, said)
	}
}

// checkMistakes makes a mistake in the configuration. Reload and upgrade keep
// the process; restart fails at once and names the line.
func (s system) checkMistakes(t *testing.T, f family, address string) {
	t.Helper()
	const named = "config.yaml:2: "
	s.run(t, `cp -a /etc/oss_cname_exporter/config.yaml /tmp/right.yaml; sed -i '1a intervall: 1m' /etc/oss_cname_exporter/config.yaml`)
	pid := s.show(t)["MainPID"]
	kept := func(what string) {
		if now := s.show(t); now["MainPID"] != pid || now["ActiveState"] != "active" {
			t.Errorf("%s: process %s is %s, before %s", what, now["MainPID"], now["ActiveState"], pid)
		}
	}
	t.Logf("reload says:\n%s", s.refuses(t, "systemctl reload oss-cname-exporter.service"))
	if logged := s.run(t, "cat "+serviceLog); !strings.Contains(logged, named) {
		t.Errorf("the log does not name the line after a reload:\n%s", logged)
	}
	kept("reload")
	said := s.run(t, f.upgrade+" "+f.file+" 2>&1")
	t.Logf("upgrade says:\n%s", said)
	if !strings.Contains(said, named) || !strings.Contains(said, "goes on running") {
		t.Error("the upgrade does not name the line")
	}
	kept("upgrade")

	t.Logf("restart says:\n%s", s.refuses(t, "timeout 60 systemctl restart oss-cname-exporter.service"))
	s.checkFailed(t, "restarted", named)
	s.checkScrapesOfFailed(t, address, named)
	s.run(t, `cp -a /tmp/right.yaml /etc/oss_cname_exporter/config.yaml
		systemctl reset-failed oss-cname-exporter.socket oss-cname-exporter.service
		systemctl start oss-cname-exporter.socket oss-cname-exporter.service`)
}

func (s system) checkFailed(t *testing.T, when, named string) {
	t.Helper()
	now := s.show(t)
	if now["ActiveState"] != "failed" || !strings.Contains(now["StatusText"], named) || now["ExecMainStatus"] != "78" {
		t.Errorf("%s: %s, %q, exit status %s", when, now["ActiveState"], now["StatusText"], now["ExecMainStatus"])
	}
	t.Logf("%s, status says %s: %s", when, now["ActiveState"], now["StatusText"])
}

// checkScrapesOfFailed scrapes a service that failed: the socket starts it five
// times, and then both units have failed and the scrape is refused.
func (s system) checkScrapesOfFailed(t *testing.T, address, named string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if body, _, err := get(ctx, "http://"+address+"/metrics", ""); err == nil || ctx.Err() != nil {
		t.Errorf("a service that failed is scraped: %v\n%s", err, body)
	}
	eventually(t, patience, func(context.Context) error {
		if state := s.run(t, "systemctl show -P ActiveState oss-cname-exporter.socket"); state != "failed" {
			return fmt.Errorf("the socket is %s", state)
		}
		return nil
	})
	s.checkFailed(t, "scraped", named)
}

// checkTLS gives the service a certificate as the page says.
func (s system) checkTLS(t *testing.T, address string) {
	t.Helper()
	s.run(t, `cd /etc/oss_cname_exporter
		openssl req -x509 -newkey rsa:2048 -nodes -keyout web.key -out web.crt -days 1 -subj /CN=localhost 2>/dev/null
		printf 'tls_server_config: {cert_file: web.crt, key_file: web.key}\n' >web.yml
		chgrp oss-cname-exporter web.key; chmod 0640 web.key
		echo 'OPTIONS="--web.config.file=/etc/oss_cname_exporter/web.yml"' >/etc/default/oss-cname-exporter`)
	s.restart(t)
	if out := run(t, "curl", "--silent", "--fail", "--insecure", "https://"+address+"/-/healthy"); !strings.Contains(out, "healthy") {
		t.Error(out)
	}
	s.run(t, `echo OPTIONS= >/etc/default/oss-cname-exporter`)
	s.restart(t)
}

// checkWatchdog has the process hang, and wants another. The limit is far longer
// than a process waits on a busy machine.
func (s system) checkWatchdog(t *testing.T) {
	t.Helper()
	s.run(t, `printf '[Service]\nWatchdogSec=10s\n' >/etc/systemd/system/oss-cname-exporter.service.d/watchdog.conf; systemctl daemon-reload`)
	s.restart(t)
	pid := s.show(t)["MainPID"]
	s.run(t, "kill -STOP "+pid)
	eventually(t, patience, func(context.Context) error {
		if now := s.show(t); now["MainPID"] == pid || now["MainPID"] == "0" || now["ActiveState"] != "active" {
			return fmt.Errorf("the process that hangs is still %s, and the service is %s", now["MainPID"], now["ActiveState"])
		}
		return nil
	})
}
