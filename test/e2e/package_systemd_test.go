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

// boot starts one, or says why none can run here: a systemd that runs the
// machine already must not be given a rival for its control groups.
func boot(t *testing.T) (system, error) {
	t.Helper()
	if _, err := os.Stat("/run/systemd/system"); err == nil {
		return system{}, errors.New("the machine runs systemd itself")
	}
	if os.Geteuid() != 0 {
		return system{}, errors.New("only root may")
	}
	cmd := exec.CommandContext(t.Context(), "unshare", "--mount", "--pid", "--fork", "--uts", "--ipc", "--mount-proc", "--kill-child", "sh", "testdata/boot.sh")
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

// checkSystemd installs the package under a systemd, starts the service, has it
// scraped until an alert fires, reloads it, takes its key away, and removes it.
func checkSystemd(t *testing.T, deb string) {
	s, err := boot(t)
	if err != nil {
		t.Logf("no systemd can run here: %v. What is installed was started as its unit says.", err)
		return
	}
	address := freeAddress(t)
	s.run(t, "dpkg --install "+deb)
	s.run(t, fmt.Sprintf(`echo OPTIONS=--demo >/etc/default/oss-cname-exporter
		mkdir -p /etc/systemd/system/oss-cname-exporter.socket.d
		printf '[Socket]\nListenStream=\nListenStream=%%s\n' %s >/etc/systemd/system/oss-cname-exporter.socket.d/port.conf
		systemctl daemon-reload
		systemctl enable --quiet --now oss-cname-exporter.socket oss-cname-exporter.service`, address))
	prom := startPrometheus(t, firing(t, deployedRules(t), "oss_cname", address, nil))
	prom.holds(t, `ALERTS{alertname="OSSCnameTokenExpiresSoon", alertstate="firing", cname="hours.example.com"} == 1`)

	status := s.run(t, "cat /proc/$(systemctl show -P MainPID oss-cname-exporter.service)/status")
	for _, want := range []string{`Uid:\t6\d{4}`, `CapEff:\t0+\n`, `CapBnd:\t0+\n`, `NoNewPrivs:\t1`, `Seccomp:\t2`} {
		if !regexp.MustCompile(want).MatchString(status) {
			t.Errorf("the service has not %s:\n%s", want, status)
		}
	}
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
	s.checkKeys(t, address)
	s.run(t, "dpkg --remove oss-cname-exporter")
	if state, _, err := tryRun(t, "nsenter", s.command("systemctl", "is-active", "oss-cname-exporter.service", "oss-cname-exporter.socket")...); err == nil {
		t.Errorf("removed, and still %s", state)
	}
}

// checkKeys hands a key on to the service, then none, then no folder for it.
func (s system) checkKeys(t *testing.T, address string) {
	t.Helper()
	const missing = "oss_access_key_id"
	probe := func() string {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		body, _, err := get(ctx, "http://"+address+"/probe?target=examplebucket/www.example.com&debug=true", "")
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	s.run(t, `cd /etc/oss_cname_exporter/credentials
		echo LTAI5tEXAMPLE >access_key_id; echo secret >access_key_secret; chmod 0600 *
		echo OPTIONS= >/etc/default/oss-cname-exporter
		sed -i 's/region: .*/&\n    endpoint: http:\/\/127.0.0.1:1/' /etc/oss_cname_exporter/config.yaml # where nobody is
		systemctl restart oss-cname-exporter.service`)
	if said := probe(); strings.Contains(said, missing) {
		t.Errorf("with a key:\n%s", said)
	}
	s.run(t, "rm /etc/oss_cname_exporter/credentials/access_key_id; systemctl restart oss-cname-exporter.service")
	if said := probe(); !strings.Contains(said, missing) {
		t.Errorf("without a key nothing names %s:\n%s", missing, said)
	}
	s.run(t, "rm -r /etc/oss_cname_exporter/credentials")
	if _, said, err := tryRun(t, "nsenter", s.command("systemctl", "restart", "oss-cname-exporter.service")...); err == nil {
		t.Errorf("it starts without the folder of keys: %s", said)
	}
	if result := s.run(t, "systemctl show -P ExecMainStatus oss-cname-exporter.service"); result != "243" {
		t.Errorf("without the folder of keys the status is %s, want 243/CREDENTIALS", result)
	}
}
