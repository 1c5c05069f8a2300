//go:build e2e && packages

package e2e_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// maxExposure is what systemd-analyze may find, in tenths.
const maxExposure = "20"

// restarted is what a package tells systemctl where the service runs and its
// configuration is accepted.
const restarted = "daemon-reload\nis-active --quiet oss-cname-exporter.service\ntry-restart oss-cname-exporter.service"

// checkDebian installs the package, starts it, upgrades and removes it.
func checkDebian(t *testing.T, deb string) {
	m := newMachine(t)
	dpkg := func(args ...string) (said string) {
		out, errs, err := tryRun(t, "dpkg", append([]string{"--root=" + m.root, "--force-confdef", "--force-confold", "--force-depends"}, args...)...)
		if err != nil {
			t.Fatalf("dpkg %v: %v\n%s%s", args, err, out, errs)
		}
		return out + errs
	}
	dpkg("--install", deb)
	m.checkInstalled(t, "usr/share/zsh/vendor-completions")
	m.checkUnit(t)
	if told := m.told(t); told != restarted {
		t.Errorf("installing told systemctl %q", told)
	}
	t.Run("start", m.startUnit)

	m.write(t, configFile, byHand+file(t, m.root, configFile))
	dpkg("--install", newer(t, deb))
	if !strings.HasPrefix(file(t, m.root, configFile), byHand) || !m.has(configFile+".dpkg-dist") {
		t.Error("the upgrade lost the configuration, or hides the new one")
	}
	if told := m.told(t); !strings.HasSuffix(told, restarted) || strings.Contains(told, "disable") {
		t.Errorf("upgrading told systemctl %q", told)
	}
	m.refusesOldConfiguration(t, func() string { return dpkg("--install", newer(t, deb)) })

	dpkg("--remove", "oss-cname-exporter")
	if m.has(unitFile) || !m.has(configFile) {
		t.Error("removing kept the unit or lost the configuration")
	}
	if told := m.told(t); told != "disable --now oss-cname-exporter.socket oss-cname-exporter.service\ndaemon-reload" {
		t.Errorf("removing told systemctl %q", told)
	}
	dpkg("--purge", "oss-cname-exporter")
	if m.has(configFile) {
		t.Error("purging kept the configuration")
	}
}

// newer repacks a package as a later version whose configuration differs.
func newer(t *testing.T, deb string) string {
	t.Helper()
	dir := t.TempDir()
	tree, out := filepath.Join(dir, "tree"), filepath.Join(dir, "newer.deb")
	run(t, "dpkg-deb", "--raw-extract", deb, tree)
	run(t, "sed", "-i", "s/^Version: .*/Version: 0.1.1/", filepath.Join(tree, "DEBIAN/control"))
	run(t, "sh", "-c", "echo '# New in 0.1.1.' >>"+filepath.Join(tree, configFile))
	run(t, "dpkg-deb", "--build", "--root-owner-group", tree, out)
	return out
}

// checkRPM installs the package, upgrades and removes it.
func checkRPM(t *testing.T, rpm string) {
	m := newMachine(t)
	manage := func(args ...string) string {
		return run(t, "rpm", append([]string{"--root", m.root, "--dbpath", "/var/lib/rpm", "--nodeps"}, args...)...)
	}
	manage("--upgrade", rpm)
	m.checkInstalled(t, "usr/share/zsh/site-functions")
	m.checkUnit(t)
	if told := m.told(t); told != restarted {
		t.Errorf("installing told systemctl %q", told)
	}
	m.write(t, configFile, byHand+file(t, m.root, configFile))
	manage("--upgrade", "--force", rpm)
	if !strings.HasPrefix(file(t, m.root, configFile), byHand) {
		t.Error("the upgrade lost the configuration")
	}
	if told := m.told(t); !strings.Contains(told, "try-restart") || strings.Contains(told, "disable") {
		t.Errorf("upgrading told systemctl %q", told)
	}
	manage("--erase", "oss-cname-exporter")
	if m.has(unitFile) || !m.has(configFile+".rpmsave") {
		t.Error("removing kept the unit or lost the configuration")
	}
	if told := m.told(t); !strings.HasPrefix(told, "disable --now oss-cname-exporter.socket oss-cname-exporter.service") {
		t.Errorf("removing told systemctl %q", told)
	}
}

// checkUnit has systemd read the unit as it is installed, and judge how much
// harm the service could do.
func (m machine) checkUnit(t *testing.T) {
	t.Helper()
	units := t.TempDir()
	for _, name := range []string{"oss-cname-exporter.service", "oss-cname-exporter.socket"} {
		unit := strings.ReplaceAll(file(t, m.root, filepath.Dir(unitFile), name), "/usr/bin/oss_cname_exporter", filepath.Join(m.root, "usr/bin/oss_cname_exporter"))
		if err := os.WriteFile(filepath.Join(units, name), []byte(unit), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, "systemd-analyze", "verify", "--man=no", filepath.Join(units, "oss-cname-exporter.service"), filepath.Join(units, "oss-cname-exporter.socket"))
	exposure := run(t, "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold="+maxExposure, filepath.Join(m.root, unitFile))
	t.Log(regexp.MustCompile(`Overall exposure.*`).FindString(exposure))
}

// startUnit starts the command of the unit as systemd does for a socket, has it
// scraped until an alert fires, reloads and stops it as the unit says.
func (m machine) startUnit(t *testing.T) {
	command := regexp.MustCompile(`(?m)^ExecStart=/(.*)$`).FindStringSubmatch(file(t, m.root, unitFile))[1]
	command = regexp.MustCompile(`--config\.file=\S+ (.*)\$OPTIONS`).ReplaceAllString(command, "$1--demo") // which brings its own configuration
	address := freeAddress(t)
	p := start(t, "systemd-socket-activate", append([]string{"--listen=" + address}, strings.Fields(filepath.Join(m.root, command))...)...)
	p.said(t, regexp.MustCompile("Listening on"))
	prom := startPrometheus(t, firing(t, deployedRules(t), "oss_cname", address, nil))
	prom.holds(t, `ALERTS{alertname="OSSCnameTokenExpiresSoon", alertstate="firing", cname="hours.example.com"} == 1`)

	if !strings.Contains(file(t, m.root, unitFile), "\nExecReload=/bin/kill -HUP $MAINPID\n") {
		t.Error("the unit reloads in another way")
	}
	p.signal(t, syscall.SIGHUP)
	p.said(t, regexp.MustCompile(`msg="configuration loaded"`))
	p.signal(t, syscall.SIGTERM)
	p.wait(t)

	// A port that is taken is refused, and says which.
	taken := new(net.ListenConfig)
	listener, err := taken.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	_, said, err := tryRun(t, filepath.Join(m.root, "usr/bin/oss_cname_exporter"), "--demo", "--web.listen-address="+listener.Addr().String())
	if err == nil || !strings.Contains(said, fmt.Sprintf("listen tcp %s: bind: address already in use", listener.Addr())) {
		t.Errorf("a port that is taken: %v, said %s", err, said)
	}
}

// freeAddress returns one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// refusesOldConfiguration wants an upgrade to a version that does not know a key
// to name it with its line, and to leave the service alone.
func (m machine) refusesOldConfiguration(t *testing.T, upgrade func() string) {
	t.Helper()
	right := file(t, m.root, configFile)
	m.write(t, configFile, strings.Replace(right, "targets:", "interval: 1m\ntargets:", 1))
	said := upgrade()
	if told := m.told(t); strings.Contains(told, "restart") || !regexp.MustCompile(`config\.yaml:\d+: .*interval`).MatchString(said) {
		t.Errorf("a key that is not known: told systemctl %q, said %s", told, said)
	}
	m.write(t, configFile, right)
}
