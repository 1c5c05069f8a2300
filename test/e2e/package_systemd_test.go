//go:build e2e && packages

package e2e_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// system is a systemd that runs as process 1 of its own namespaces. It shares
// the network with the test.
type system struct{ pid string }

// boot starts one, or says why none can run here. Where a systemd runs the
// machine already, that gives it control groups of its own.
func boot(t *testing.T) (system, error) {
	t.Helper()
	if os.Geteuid() != 0 {
		return system{}, errors.New("only root may")
	}
	args := []string{"unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--mount-proc", "--kill-child", "sh", "testdata/boot.sh"}
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		args = append([]string{"systemd-run", "--quiet", "--scope", "--property=Delegate=yes"}, args...)
	}
	cmd := exec.CommandContext(t.Context(), args[0], args[1:]...)
	out := &output{grown: make(chan struct{})}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		return system{}, err
	}
	t.Cleanup(func() {
		_ = cmd.Wait() // t.Context is done, so it is killed, and its namespaces with it
		removeGroups(t)
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

// removeGroups removes the control groups that the systemd left empty.
func removeGroups(t *testing.T) {
	t.Helper()
	for _, pattern := range []string{"*/system.slice/*", "*/*.slice", "*/init.scope", "*/*.mount"} {
		groups, err := filepath.Glob(filepath.Join("/sys/fs/cgroup", pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, group := range groups {
			_ = os.Remove(group) // one that is in use stays
		}
	}
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
	address := freeAddress(t)
	s.run(t, f.install+" "+f.file)
	s.run(t, fmt.Sprintf(`echo OPTIONS=--demo >/etc/default/oss-cname-exporter
		mkdir -p /etc/systemd/system/oss-cname-exporter.socket.d
		printf '[Socket]\nListenStream=\nListenStream=%%s\n' %s >/etc/systemd/system/oss-cname-exporter.socket.d/port.conf
		systemctl daemon-reload
		systemctl enable --quiet --now oss-cname-exporter.socket oss-cname-exporter.service`, address))
	if status := s.show(t, "StatusText"); !regexp.MustCompile(`^watching \d+ domains of 1 accounts$`).MatchString(status) {
		t.Errorf("started, and the status is %q", status)
	}
	prom := startPrometheus(t, firing(t, deployedRules(t), "oss_cname", address, nil))
	prom.holds(t, `ALERTS{alertname="OSSCnameTokenExpiresSoon", alertstate="firing", cname="hours.example.com"} == 1`)

	status := s.run(t, "cat /proc/$(systemctl show -P MainPID oss-cname-exporter.service)/status")
	for _, want := range []string{`Uid:\t[1-9]\d*`, `CapEff:\t0+\n`, `CapBnd:\t0+\n`, `NoNewPrivs:\t1`, `Seccomp:\t2`} {
		if !regexp.MustCompile(want).MatchString(status) {
			t.Errorf("the service has not %s:\n%s", want, status)
		}
	}
	s.checkReload(t, address)
	s.checkKeys(t, address)
	s.checkMistakes(t, f)
	s.checkTLS(t, address)
	s.checkWatchdog(t)
	s.run(t, f.remove+" oss-cname-exporter")
	if state, _, err := tryRun(t, "nsenter", s.command("systemctl", "is-active", "oss-cname-exporter.service", "oss-cname-exporter.socket")...); err == nil {
		t.Errorf("removed, and still %s", state)
	}
}

// show returns a property of the service.
func (s system) show(t *testing.T, property string) string {
	t.Helper()
	return s.run(t, "systemctl show -P "+property+" oss-cname-exporter.service")
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
		sed -i 's/region: .*/&\n    endpoint: http:\/\/127.0.0.1:1/' /etc/oss_cname_exporter/config.yaml # where nothing listens
		chown oss-cname-exporter /etc/oss_cname_exporter/config.yaml; chmod 0600 /etc/oss_cname_exporter/config.yaml
		systemctl restart oss-cname-exporter.service`)
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
func (s system) checkMistakes(t *testing.T, f family) {
	t.Helper()
	const named = "config.yaml:2: "
	s.run(t, `cp -a /etc/oss_cname_exporter/config.yaml /tmp/right.yaml; sed -i '1a intervall: 1m' /etc/oss_cname_exporter/config.yaml`)
	pid := s.show(t, "MainPID")
	kept := func(what string) {
		if now := s.show(t, "MainPID"); now != pid || s.show(t, "ActiveState") != "active" {
			t.Errorf("%s: process %s, before %s", what, now, pid)
		}
	}
	t.Logf("reload says:\n%s", s.refuses(t, "systemctl reload oss-cname-exporter.service"))
	kept("reload")
	said := s.run(t, f.upgrade+" "+f.file+" 2>&1")
	t.Logf("upgrade says:\n%s", said)
	if !strings.Contains(said, named) || !strings.Contains(said, "goes on running") {
		t.Error("the upgrade does not name the line")
	}
	kept("upgrade")

	t.Logf("restart says:\n%s", s.refuses(t, "timeout 20 systemctl restart oss-cname-exporter.service"))
	if state, status, exit := s.show(t, "ActiveState"), s.show(t, "StatusText"), s.show(t, "ExecMainStatus"); state != "failed" || !strings.Contains(status, named) || exit != "78" {
		t.Errorf("restarted: %s, %q, exit status %s", state, status, exit)
	} else {
		t.Logf("status says %s: %s", state, status)
	}
	s.run(t, `cp -a /tmp/right.yaml /etc/oss_cname_exporter/config.yaml; systemctl reset-failed oss-cname-exporter.service; systemctl restart oss-cname-exporter.socket oss-cname-exporter.service`)
}

// checkTLS gives the service a certificate as the page says.
func (s system) checkTLS(t *testing.T, address string) {
	t.Helper()
	s.run(t, `cd /etc/oss_cname_exporter
		openssl req -x509 -newkey rsa:2048 -nodes -keyout web.key -out web.crt -days 1 -subj /CN=localhost 2>/dev/null
		printf 'tls_server_config: {cert_file: web.crt, key_file: web.key}\n' >web.yml
		chgrp oss-cname-exporter web.key; chmod 0640 web.key
		echo 'OPTIONS="--web.config.file=/etc/oss_cname_exporter/web.yml"' >/etc/default/oss-cname-exporter
		systemctl restart oss-cname-exporter.service`)
	if out := run(t, "curl", "--silent", "--fail", "--insecure", "https://"+address+"/-/healthy"); !strings.Contains(out, "healthy") {
		t.Error(out)
	}
	s.run(t, `echo OPTIONS= >/etc/default/oss-cname-exporter; systemctl restart oss-cname-exporter.service`)
}

// checkWatchdog has the process hang, and wants another.
func (s system) checkWatchdog(t *testing.T) {
	t.Helper()
	s.run(t, `mkdir -p /etc/systemd/system/oss-cname-exporter.service.d
		printf '[Service]\nWatchdogSec=2s\n' >/etc/systemd/system/oss-cname-exporter.service.d/watchdog.conf
		systemctl daemon-reload; systemctl restart oss-cname-exporter.service`)
	pid := s.show(t, "MainPID")
	s.run(t, "kill -STOP "+pid)
	eventually(t, patience, func(context.Context) error {
		if now := s.show(t, "MainPID"); now == pid || now == "0" || s.show(t, "ActiveState") != "active" {
			return fmt.Errorf("the process that hangs is still %s", now)
		}
		return nil
	})
}
