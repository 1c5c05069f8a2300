package docs_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// oldestSystemd is that of RHEL 8 and Alibaba Cloud Linux 3.
const oldestSystemd = 239

// since says in which systemd a directive of the units first was. An older one
// leaves out a directive that it does not know, with a word in its journal: that
// may be hardening, and nothing else.
var since = map[string]int{
	"Description": 0, "Documentation": 0, "Wants": 0, "Requires": 0, "After": 0, "WantedBy": 0, "ListenStream": 0,
	"StartLimitIntervalSec": 230, "StartLimitBurst": 0, "Type": 0, "WatchdogSec": 0, "User": 0, "Group": 0, "EnvironmentFile": 0,
	"ExecStart": 0, "ExecReload": 0, "Restart": 0, "RestartSec": 0, "RestartPreventExitStatus": 0, "TimeoutStopSec": 188, "UMask": 0,
	"LimitNOFILE": 0, "MemoryHigh": 231, "MemoryMax": 231, "TasksMax": 227,
	"ProtectSystem": 214, "ProtectHome": 214, "PrivateTmp": 0, "PrivateDevices": 209, "PrivateUsers": 232, "ProtectControlGroups": 232,
	"ProtectKernelModules": 232, "ProtectKernelTunables": 232, "NoNewPrivileges": 187, "CapabilityBoundingSet": 0, "AmbientCapabilities": 229,
	"RestrictAddressFamilies": 211, "RestrictNamespaces": 233, "RestrictRealtime": 231, "LockPersonality": 235, "MemoryDenyWriteExecute": 231,
	"RemoveIPC": 232, "KeyringMode": 235, "SystemCallArchitectures": 209, "SystemCallFilter": 187, "SystemCallErrorNumber": 209,
	"RestrictSUIDSGID": 242, "ProtectHostname": 242, "ProtectKernelLogs": 244, "ProtectClock": 245, "ProtectProc": 247,
}

// TestUnitsSuitOldSystemds wants nothing but hardening to be newer than the
// oldest systemd, and no type of service or name that it does not know. The page
// says what an older one leaves out.
func TestUnitsSuitOldSystemds(t *testing.T) {
	page := read(t, "docs/install/packages.md")
	hardening := regexp.MustCompile(`^(Protect|Restrict)`)
	for _, name := range []string{"oss-cname-exporter.service", "oss-cname-exporter.socket"} {
		text := read(t, "deploy/systemd/"+name)
		for _, line := range regexp.MustCompile(`(?m)^(\w+)=(.*)$`).FindAllStringSubmatch(text, -1) {
			version, known := since[line[1]]
			if !known || version > oldestSystemd && !hardening.MatchString(line[1]) {
				t.Errorf("%s: %s needs systemd %d", name, line[1], version)
			}
			if version > oldestSystemd && !regexp.MustCompile(fmt.Sprintf("before %d [^,.]*`%s`", version, line[1])).MatchString(page) {
				t.Errorf("docs/install/packages.md does not say that %s is left out before %d", line[1], version)
			}
			if line[1] == "Type" && line[2] != "notify" || line[1] == "RestartPreventExitStatus" && strings.Trim(line[2], "0123456789 ") != "" {
				t.Errorf("%s: %s is too new", name, line[0])
			}
		}
	}
}
