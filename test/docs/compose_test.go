package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// compose is what deploy/compose/compose.yml says, as far as it refers to
// something.
type compose struct {
	Services map[string]struct {
		Build     string
		Image     string
		Command   []string
		Volumes   []string
		Ports     []string
		DependsOn []string `yaml:"depends_on"`
	}
	Volumes map[string]any
}

const composeDir = "deploy/compose"

// TestComposeIsWhole follows every reference of the composition: files that are
// mounted exist, what a configuration reads is mounted, services and their
// ports that others ask are there, and nothing listens beyond this machine.
func TestComposeIsWhole(t *testing.T) {
	var c compose
	decode(t, filepath.Join(composeDir, "compose.yml"), &c)
	mounted := map[string]string{} // the file of each path in a container
	listening := map[string]bool{}
	for name, service := range c.Services {
		for _, volume := range service.Volumes {
			from, rest, _ := strings.Cut(volume, ":")
			to, _, _ := strings.Cut(rest, ":")
			if !strings.HasPrefix(from, ".") {
				if _, named := c.Volumes[from]; !named {
					t.Errorf("%s mounts %s, which is no volume", name, from)
				}
				continue
			}
			if info, err := os.Stat(filepath.Join(root, composeDir, from)); err != nil || !info.Mode().IsRegular() {
				t.Errorf("%s mounts %s: %v", name, from, err)
			}
			mounted[to] = filepath.Join(composeDir, from)
		}
		for _, needed := range service.DependsOn {
			if _, there := c.Services[needed]; !there {
				t.Errorf("%s depends on %s, which is no service", name, needed)
			}
		}
		for _, port := range service.Ports {
			if !strings.HasPrefix(port, "127.0.0.1:") {
				t.Errorf("%s listens at %s for everybody", name, port)
			}
			listening[name+":"+port[strings.LastIndex(port, ":")+1:]] = true
		}
		if service.Build == "" && !regexp.MustCompile(`^docker\.io/\S+:v?\d+\.\d+\.\d+$`).MatchString(service.Image) {
			t.Errorf("the image of %s is %q, which is no version", name, service.Image)
		}
		for _, argument := range service.Command {
			if file, is := strings.CutPrefix(argument, "--config.file="); is && mounted[file] == "" {
				t.Errorf("%s reads %s, which is not mounted", name, file)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(root, composeDir, c.Services["exporter"].Build, "Dockerfile")); err != nil {
		t.Error(err)
	}
	for _, file := range []string{"prometheus.yml", "grafana/datasources.yml"} {
		for _, asked := range regexp.MustCompile(`\b([a-z]+:\d{4,5})\b`).FindAllString(read(t, filepath.Join(composeDir, file)), -1) {
			if !listening[asked] {
				t.Errorf("%s asks %s, where nothing listens", file, asked)
			}
		}
	}
	for path, file := range map[string]string{
		"/etc/prometheus/rules/rules.yml":        "deploy/rules.yml",
		"/etc/grafana/dashboards/oss-cname.json": "deploy/dashboard.json", "/etc/alertmanager/alertmanager.yml": "deploy/alertmanager.yml",
	} {
		if mounted[path] != file {
			t.Errorf("%s is %q, want %s", path, mounted[path], file)
		}
	}
	for _, shown := range []struct{ file, wants string }{
		{"prometheus.yml", "/etc/prometheus/rules/*.yml"}, {"grafana/dashboards.yml", "path: /etc/grafana/dashboards}"}, {"compose.yml", "_PATH: /etc/grafana/dashboards/oss-cname.json"},
	} {
		if !strings.Contains(read(t, filepath.Join(composeDir, shown.file)), shown.wants) {
			t.Errorf("%s does not have %q", shown.file, shown.wants)
		}
	}
}
