//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// TestPrometheusSharesTheWork runs deploy/prometheus/sharded.yml: two Prometheis find 2,000 targets by service discovery and probe
// them through two exporters. One exporter dies and comes back.
func TestPrometheusSharesTheWork(t *testing.T) {
	t.Parallel()
	const n = 2000
	cnames := make([]string, n)
	for i := range cnames {
		cnames[i] = fmt.Sprintf("d%d.example.com", i)
	}
	file := watching(t, "shard-bucket", cnames...)
	replicas := []exporter{startExporter(t, "--config.file="+file), startExporter(t, "--config.file="+file)}
	proms := []prometheus{startSharded(t, 0, replicas), startSharded(t, 1, replicas)}
	eventually(t, patience, func(ctx context.Context) error { return eachOnce(ctx, proms, n) })

	replicas[1].kill(t)
	eventually(t, patience, func(ctx context.Context) error { return health(ctx, proms, replicas[1], "down") })
	if err := health(t.Context(), proms, replicas[0], "up"); err != nil {
		t.Errorf("while the other exporter is gone: %v", err)
	}

	start(t, "oss_cname_exporter", "--config.file="+file, "--web.listen-address="+replicas[1].address).address(t)
	eventually(t, patience, func(ctx context.Context) error { return health(ctx, proms, replicas[1], "up") })
	eventually(t, patience, func(ctx context.Context) error { return eachOnce(ctx, proms, n) })
	for _, prom := range proms {
		unharmed(t, prom, replicas[0])
	}
}

// agentic is the bucket that has the wildcards.
const agentic = "assets-1234567890123456-cn-hangzhou-ab-apsr"

// watching starts an OSS with a bucket whose domains have a token, and writes the configuration to watch them. Of cnames the
// wildcards are those of agentic.
func watching(t *testing.T, bucket string, cnames ...string) (file string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	oss := osstest.New(osstest.Options{})
	t.Cleanup(oss.Close)
	oss.AddKey("shard-key", "shard-secret")
	var targets strings.Builder
	for _, cname := range cnames {
		name := domain.Name{Bucket: bucket}
		if name.Base, name.Wildcard = strings.CutPrefix(cname, "*."); name.Wildcard {
			name.Bucket = agentic
		}
		oss.AddBucket(osstest.Bucket{Name: name.Bucket})
		oss.SetToken(name, osstest.Token{})
		fmt.Fprintf(&targets, "- targets: [%q]\n", name)
	}
	write("targets.yml", targets.String())
	return write("config.yaml", fmt.Sprintf(`
accounts:
  main:
    region: cn-hangzhou
    endpoint: %q
    credentials: {type: static_files, access_key_id_file: %q, access_key_secret_file: %q}
target_files: [targets.yml]
`, oss.URL(), write("id", "shard-key"), write("secret", "shard-secret")))
}

// startSharded starts one Prometheus with the configuration that we show, in a hurry.
func startSharded(t *testing.T, number int, replicas []exporter) prometheus {
	t.Helper()
	text, err := os.ReadFile("../../deploy/prometheus/sharded.yml")
	if err != nil {
		t.Fatal(err)
	}
	config := string(text)
	replace := func(old, with string) {
		if !strings.Contains(config, old) {
			t.Fatalf("sharded.yml does not say %q", old)
		}
		config = strings.ReplaceAll(config, old, with)
	}
	replace(`keep, regex: "0"`, fmt.Sprintf(`keep, regex: "%d"`, number))
	replace("scrape_interval: 4m", "scrape_interval: 40s") // 50 probes a second, which a busy machine can do with the race detector
	replace("refresh_interval: 1m", "refresh_interval: 5s")
	for i, r := range replicas {
		replace(fmt.Sprintf("exporter-%d.exporter:19525", i), r.address)
	}
	// The hosts' names have the number in them; addresses do not, so each number is replaced by its own rule.
	byNumber := regexp.MustCompile(`(?m)^.*replacement: "exporter-\$1.*\n`)
	var rules string
	for i, r := range replicas {
		rules += fmt.Sprintf("      - {source_labels: [__tmp_exporter], regex: \"%d\", target_label: __address__, replacement: %q}\n", i, r.address)
	}
	replace(byNumber.FindString(config), rules)
	return startPrometheus(t, config)
}

// eachOnce wants every token known to exactly one of the Prometheis.
func eachOnce(ctx context.Context, proms []prometheus, n int) error {
	known := map[string]int{}
	for i, prom := range proms {
		samples, err := prom.query(ctx, `oss_cname_token_exists == 1`)
		if err != nil {
			return err
		}
		if len(samples) < n/2-n/10 {
			return fmt.Errorf("Prometheus %d knows %d tokens, want about half of %d", i, len(samples), n)
		}
		for _, s := range samples {
			known[s.labels["bucket"]+"/"+s.labels["cname"]]++
			if s.labels["instance"] != s.labels["bucket"]+"/"+s.labels["cname"] {
				return fmt.Errorf("the instance is not the target: %v", s.labels)
			}
		}
	}
	for name, times := range known {
		if times != 1 {
			return fmt.Errorf("%s is known %d times", name, times)
		}
	}
	if len(known) != n {
		return fmt.Errorf("%d of %d tokens are known", len(known), n)
	}
	return nil
}

// through returns how the targets are that prom probes through an exporter, by their names.
func (p prometheus) through(ctx context.Context, via exporter) (map[string]string, error) {
	var data struct {
		ActiveTargets []struct {
			ScrapeURL, Health string
			Labels            map[string]string
		}
	}
	if err := p.get(ctx, "targets", url.Values{"state": {"active"}}, &data); err != nil {
		return nil, err
	}
	found := map[string]string{}
	for _, target := range data.ActiveTargets {
		if strings.HasPrefix(target.ScrapeURL, "http://"+via.address+"/probe?") {
			found[target.Labels["instance"]] = target.Health
		}
	}
	return found, nil
}

// health wants all targets that are probed through an exporter to be in one state.
func health(ctx context.Context, proms []prometheus, via exporter, want string) error {
	for i, prom := range proms {
		targets, err := prom.through(ctx, via)
		if err != nil {
			return err
		}
		if len(targets) < 100 {
			return fmt.Errorf("Prometheus %d probes only %d targets through %s", i, len(targets), via.address)
		}
		for name, got := range targets {
			if got != want {
				return fmt.Errorf("Prometheus %d: %s is %s, want %s", i, name, got, want)
			}
		}
	}
	return nil
}

// unharmed wants every target that is probed through an exporter to have been there at each scrape.
func unharmed(t *testing.T, prom prometheus, via exporter) {
	t.Helper()
	targets, err := prom.through(t.Context(), via)
	if err != nil {
		t.Fatal(err)
	}
	least, err := prom.query(t.Context(), `min_over_time(up[10m])`)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range least {
		if _, mine := targets[s.labels["instance"]]; mine && s.value != 1 {
			t.Errorf("%s was missed by a scrape", s.labels["instance"])
		}
	}
}

// TestStaticShards runs three exporters that are told their numbers, one of them as a StatefulSet's pod is.
func TestStaticShards(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`(?m)^oss_cname_token_probe_success\{bucket="[^"]*",cname="([^"]*)"`)
	times := map[string]int{}
	for _, shard := range []string{"0", "oss-cname-exporter-1", "2"} {
		exporter := startExporter(t, "--demo", "--total-shards=3", "--shard="+shard)
		text, _ := exporter.get(t, "/metrics", acceptText)
		for _, match := range line.FindAllSubmatch(text, -1) {
			times[string(match[1])]++
		}
	}
	for _, target := range demo {
		if times[target.cname] != 1 {
			t.Errorf("%s is in %d shards", target.cname, times[target.cname])
		}
	}
}
