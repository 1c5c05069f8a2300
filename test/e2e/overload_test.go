//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// TestEveryTargetHangs is the worst day: OSS accepts every question and answers none.
func TestEveryTargetHangs(t *testing.T) {
	oss := newCrowd(t, 1000)
	// the exporter under test has the race detector: it needs longer than another to write 1,000 targets
	exporter := startExporter(t, "--config.file="+oss.config(t), "--scrape.timeout-offset=2s")
	if body, _ := exporter.get(t, "/metrics", acceptText); bytes.Count(body, []byte("\noss_cname_token_exists{")) != 1000 {
		t.Fatalf("not every target is known before the storm:\n%.2000s", body)
	}
	oss.behave(osstest.Hang)
	prom := startPrometheus(t, fmt.Sprintf("global: {scrape_interval: 4s, scrape_timeout: 4s}\nscrape_configs:\n- job_name: crowd\n  static_configs: [{targets: [%q]}]\n", exporter.address))
	prom.holds(t,
		`count_over_time(up[5m]) >= 10`,
		`min_over_time(up[5m]) == 1`,
		`count(oss_cname_token_probe_success == 0) == 1000`,
		`count(oss_cname_token_probe_failure_reason{reason=~"timeout|not_probed"}) == 1000`,
		`count(count_over_time(oss_cname_token_exists[5m]) == on() group_left() count_over_time(up[5m])) == 1000`, // every scrape has every fact
		`count(min_over_time(oss_cname_token_exists[5m]) == 1) == 1000`,
		`count(changes(oss_cname_token_expiry_timestamp_seconds[5m]) == 0) == 1000`,
		`max_over_time(go_goroutines[5m]) <= 3 * 32 + 40`, // a call costs its own, and net/http's two for the connection
	)
}

// TestTwoPrometheisAskOnce has what high availability means: two servers of one configuration, which scrape at the same instant.
func TestTwoPrometheisAskOnce(t *testing.T) {
	oss := newCrowd(t, 100)
	oss.behave(osstest.Delay(200 * time.Millisecond))
	exporter := startExporter(t, "--config.file="+oss.config(t))
	pair := []prometheus{
		startPrometheus(t, everyTwoSeconds(exporter.address)),
		startPrometheus(t, everyTwoSeconds(exporter.address)),
	}
	for _, prom := range pair {
		prom.holds(t, `count_over_time(up[5m]) >= 5 and min_over_time(up[5m]) == 1`)
		// each of its scrapes sees one attempt more than its last, so that the other server's attempt was the same
		prom.holds(t, `count(max_over_time(oss_cname_token_probes_total[5m]) - min_over_time(oss_cname_token_probes_total[5m])
			== on() group_left() (count_over_time(up[5m]) - 1)) == 100`)
		prom.holds(t, `count(max_over_time(oss_cname_token_probe_errors_total[5m]) == 0) == 100`)
	}
	eventually(t, patience, func(ctx context.Context) error { return oss.agrees(ctx, pair[0]) })
}

// crowd is an OSS with a token for each of many domains.
type crowd struct {
	*osstest.Server
	domains []domain.Name
}

func newCrowd(t *testing.T, n int) crowd {
	t.Helper()
	c := crowd{Server: osstest.New(osstest.Options{})}
	t.Cleanup(c.Close)
	t.Setenv("OSS_ACCESS_KEY_ID", "e2e")
	t.Setenv("OSS_ACCESS_KEY_SECRET", "e2e-secret")
	c.AddKey("e2e", "e2e-secret")
	c.AddBucket(osstest.Bucket{Name: "crowd-bucket"})
	for i := range n {
		d := domain.Name{Bucket: "crowd-bucket", Base: fmt.Sprintf("d%d.example.com", i)}
		c.domains = append(c.domains, d)
		c.SetToken(d, osstest.Token{})
	}
	return c
}

// behave scripts the answers about every domain.
func (c crowd) behave(behaviours ...osstest.Behaviour) {
	for _, d := range c.domains {
		c.Behave(d, behaviours...)
	}
}

// config writes a configuration with every domain as a target.
func (c crowd) config(t *testing.T) (file string) {
	t.Helper()
	var text strings.Builder
	fmt.Fprintf(&text, "accounts:\n  main: {region: cn-hangzhou, endpoint: %q}\ntargets:\n", c.URL())
	for _, d := range c.domains {
		fmt.Fprintf(&text, "  - {bucket: %s, cname: %s}\n", d.Bucket, d.Cname())
	}
	file = filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// agrees compares the attempts that the exporter counts with the calls that arrived; between two scrapes they are equal.
func (c crowd) agrees(ctx context.Context, prom prometheus) error {
	samples, err := prom.query(ctx, "oss_cname_token_probes_total")
	if err != nil {
		return err
	}
	for _, s := range samples {
		d := domain.Name{Bucket: s.labels["bucket"], Base: s.labels["cname"]}
		if calls := c.CallsAbout(d); float64(calls) != s.value {
			return fmt.Errorf("%s: %d calls arrived for %v attempts", d.Cname(), calls, s.value)
		}
	}
	if len(samples) != len(c.domains) {
		return fmt.Errorf("%d targets, want %d", len(samples), len(c.domains))
	}
	return nil
}

// everyTwoSeconds writes the configuration of a Prometheus in a hurry. Without external labels, two of them on one
// machine scrape at the same instant: the offset in the interval is a hash of labels and host name.
func everyTwoSeconds(address string) string {
	return fmt.Sprintf("global: {scrape_interval: 2s, scrape_timeout: 2s}\nscrape_configs:\n- job_name: crowd\n  static_configs: [{targets: [%q]}]\n", address)
}
