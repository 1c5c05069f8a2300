package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/go-kit/log"
	"github.com/prometheus/client_golang/prometheus"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

// described returns the names of all metrics of ours.
func described(t *testing.T) []string {
	t.Helper()
	store, err := configfile.NewStore(func() (*config.Config, error) { return configfile.Load(filepath.Join(root, "config.example.yaml")) })
	if err != nil {
		t.Fatal(err)
	}
	exporter := app.NewExporter(t.Context(), store, os.Getenv, log.NewNopLogger())
	descs := make(chan *prometheus.Desc, 1000)
	exporter.Own.Describe(descs)
	collector.NewExternalURL("https://www.example.com").Describe(descs)
	close(descs)
	names := collector.Names()
	for d := range descs {
		name := regexp.MustCompile(`fqName: "(oss_cname_\w+)"`).FindStringSubmatch(d.String())
		if name != nil {
			names = append(names, name[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestReferenceHasEveryMetric holds docs/metrics.md to the metrics that are described: each has a row.
func TestReferenceHasEveryMetric(t *testing.T) {
	rows := strings.Join(regexp.MustCompile("(?m)^\\| `oss_cname_.*$").FindAllString(read(t, "docs/metrics.md"), -1), "\n")
	for _, name := range described(t) {
		if !strings.Contains(rows, "`"+name+"`") {
			t.Errorf("docs/metrics.md has no row for %s", name)
		}
	}
}

// TestDocsNameRealMetrics wants each metric that a document names to exist.
func TestDocsNameRealMetrics(t *testing.T) {
	known := described(t)
	for _, document := range documents(t) {
		for _, name := range regexp.MustCompile(`\boss_cname_[a-z_]+`).FindAllString(read(t, document), -1) {
			series := regexp.MustCompile(`_(bucket|count|sum)$`).ReplaceAllString(name, "") // of a histogram
			isOther := name == "oss_cname_exporter" || strings.HasSuffix(name, "_")         // the program; oss_cname_token_*
			if !isOther && !slices.Contains(known, name) && !slices.Contains(known, series) {
				t.Errorf("%s names %s, which nothing describes", document, name)
			}
		}
	}
}

func TestReferenceHasEveryReason(t *testing.T) {
	text := read(t, "docs/metrics.md")
	for _, reason := range status.Reasons() {
		row := regexp.MustCompile("(?m)^\\| `" + string(reason) + "` \\|.*\\| (.*) \\|$").FindStringSubmatch(text)
		if row == nil || strings.ReplaceAll(row[1], "`", "") != reason.Action().String() {
			t.Errorf("docs/metrics.md has no line for the reason %s with what to do: %q", reason, reason.Action())
		}
	}
}

// TestDocsExplainEveryState wants each state with what to do next.
func TestDocsExplainEveryState(t *testing.T) {
	text := read(t, "docs/states.md")
	for _, state := range status.States() {
		line := regexp.MustCompile(`(?m)^\| ` + "`" + string(state) + "`" + ` \| [^|]+ \| ` + regexp.QuoteMeta(judge.StateAction(state).String()) + ` \|$`)
		if !line.MatchString(text) {
			t.Errorf("docs/states.md has no line for the state %s with %q", state, judge.StateAction(state))
		}
	}
	for _, check := range status.Checks() {
		if !strings.Contains(text, "`"+string(check)+"`") {
			t.Errorf("docs/states.md does not name the check %s", check)
		}
	}
}

// TestDocsNameTheDemosDomains wants all of them in docs/demo.md, and none made
// up in the README's choice.
func TestDocsNameTheDemosDomains(t *testing.T) {
	text := read(t, "docs/demo.md")
	for _, d := range demo.Domains() {
		if !strings.Contains(text, "\n| "+d+" | ") {
			t.Errorf("docs/demo.md has no line for %s", d)
		}
	}
	for _, line := range regexp.MustCompile("(?m)^- `.*example.*").FindAllString(read(t, "README.md"), -1) {
		for _, named := range regexp.MustCompile("`([^`]+\\.example\\.com)`").FindAllStringSubmatch(line, -1) {
			if !slices.Contains(demo.Domains(), named[1]) {
				t.Errorf("README names %s, which the demo does not have", named[1])
			}
		}
	}
}

// TestDocsShowTheWalkthrough wants the commands that the demo prints, at the
// addresses of the documents.
func TestDocsShowTheWalkthrough(t *testing.T) {
	commands := demo.Walkthrough("http://127.0.0.1:40080", "127.0.0.1:40053")
	commands = strings.TrimPrefix(strings.ReplaceAll(commands, "\n  ", "\n"), "  ")
	if !strings.Contains(read(t, "docs/demo.md"), "```bash\n"+commands+"```\n") {
		t.Errorf("docs/demo.md does not have:\n%s", commands)
	}
}

func TestDocsShowTheFlags(t *testing.T) {
	t.Setenv("COLUMNS", "100")
	help := apptest.NewOutput()
	if err := app.Run(t.Context(), []string{"--help"}, os.Getenv, help, help); err != nil {
		t.Fatal(err)
	}
	flags := regexp.MustCompile(` +\n`).ReplaceAllString(strings.TrimSpace(help.String()), "\n")
	if !strings.Contains(read(t, "docs/flags.md"), "\n"+flags+"\n```\n") {
		t.Errorf("docs/flags.md does not show what --help prints:\n%s", flags)
	}
}

// TestReadmeConfigurationIsAccepted parses the example that is enough to start.
func TestReadmeConfigurationIsAccepted(t *testing.T) {
	var examples int
	for _, block := range regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllStringSubmatch(read(t, "README.md"), -1) {
		if !strings.Contains(block[1], "accounts:") {
			continue
		}
		examples++
		text := regexp.MustCompile(`(?m)^   `).ReplaceAllString(block[1], "")
		if _, err := config.Parse("README.md", []byte(text)); err != nil {
			t.Error(err)
		}
	}
	if examples == 0 {
		t.Error("README has no configuration")
	}
}

// TestArchitectureNamesEveryPackage compares the table of folders with the packages.
func TestArchitectureNamesEveryPackage(t *testing.T) {
	text := read(t, "docs/architecture.md")
	for _, p := range list(t) {
		room, isRoom := strings.CutPrefix(p.ImportPath, module+"/internal/")
		if room, _, _ = strings.Cut(room, "/"); isRoom && !strings.Contains(text, "`internal/"+room+"/`") {
			t.Errorf("docs/architecture.md does not name internal/%s", room)
		}
	}
	for _, named := range regexp.MustCompile("`(internal/[a-z/]+)/`").FindAllStringSubmatch(text, -1) {
		if _, err := os.Stat(filepath.Join(root, named[1])); err != nil {
			t.Errorf("docs/architecture.md names %s, which is not a folder", named[1])
		}
	}
}

// TestArchitectureWalksExist follows the walks: each `file.go:function` is a function of that file.
func TestArchitectureWalksExist(t *testing.T) {
	steps := regexp.MustCompile("`([a-z/_]+\\.go):(\\w+)`").FindAllStringSubmatch(read(t, "docs/architecture.md"), -1)
	if len(steps) < 20 {
		t.Errorf("%d steps, want three walks", len(steps))
	}
	for _, step := range steps {
		if !regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + step[2] + `\b`).MatchString(read(t, step[1])) {
			t.Errorf("docs/architecture.md names %s, which is no function of %s", step[2], step[1])
		}
	}
}

// TestContributingNamesFiles wants each file that it tells to change to be there.
func TestContributingNamesFiles(t *testing.T) {
	files := regexp.MustCompile("`([a-z]+/[a-zA-Z_/.-]+\\.[a-z]+|[a-z]+/[a-z/]+/)`").FindAllStringSubmatch(read(t, "docs/CONTRIBUTING.md"), -1)
	if len(files) < 15 {
		t.Errorf("%d files, want those of every row", len(files))
	}
	for _, file := range files {
		if strings.HasPrefix(file[1], "test/e2e/out/") {
			continue // made by make e2e
		}
		if _, err := os.Stat(filepath.Join(root, file[1])); err != nil {
			t.Errorf("docs/CONTRIBUTING.md names %s: %v", file[1], err)
		}
	}
}

// TestContributingNamesEveryTestRoom holds its table to the folders of test/.
func TestContributingNamesEveryTestRoom(t *testing.T) {
	entries, err := os.ReadDir(filepath.Join(root, "test"))
	if err != nil || len(entries) < 4 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
	text := read(t, "docs/CONTRIBUTING.md")
	for _, entry := range entries {
		if entry.IsDir() && !strings.Contains(text, "\n| `test/"+entry.Name()+"` | ") {
			t.Errorf("docs/CONTRIBUTING.md does not name test/%s", entry.Name())
		}
	}
}
