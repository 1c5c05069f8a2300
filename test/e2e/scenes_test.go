//go:build e2e

package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// stage is an OSS, and the configuration of the exporters that ask it.
type stage struct {
	*osstest.Server
	dir string
}

var onStage = domain.Name{Bucket: "stage-bucket", Base: "www.example.com"}

func newStage(t *testing.T) stage {
	t.Helper()
	s := stage{osstest.New(osstest.Options{}), t.TempDir()}
	t.Cleanup(s.Close)
	s.AddKey("stage-key", "stage-secret")
	s.AddBucket(osstest.Bucket{Name: onStage.Bucket})
	s.write(t, "id", "stage-key")
	s.write(t, "secret", "stage-secret")
	return s
}

func (s stage) write(t *testing.T, name, text string) (file string) {
	t.Helper()
	file = filepath.Join(s.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// configure writes the configuration to watch targets, each one line of YAML.
func (s stage) configure(t *testing.T, targets ...string) (flag string) {
	t.Helper()
	text := fmt.Sprintf(`
checks: {binding: true}
accounts:
  main: {region: cn-hangzhou, endpoint: %q, credentials: {type: static_files, access_key_id_file: %q, access_key_secret_file: %q}}
targets:
`, s.URL(), filepath.Join(s.dir, "id"), filepath.Join(s.dir, "secret"))
	for _, target := range targets {
		text += "- " + target + "\n"
	}
	return "--config.file=" + s.write(t, "config.yaml", text)
}

const (
	watched = "{bucket: stage-bucket, cname: www.example.com, labels: {team: web}}"
	another = "{bucket: stage-bucket, cname: another.example.com}"
)

// scraped is the configuration of a Prometheus that scrapes these every second.
func scraped(job string, exporters ...exporter) string {
	var addresses []string
	for _, e := range exporters {
		addresses = append(addresses, fmt.Sprintf("%q", e.address))
	}
	return fmt.Sprintf("global: {scrape_interval: 1s, scrape_timeout: 1s}\nscrape_configs:\n- job_name: %s\n  static_configs: [{targets: [%s]}]\n", job, strings.Join(addresses, ", "))
}

// alerts is a query for alerts that fire.
func alerts(name, matchers string) string {
	return fmt.Sprintf(`ALERTS{alertname="OSSCname%s", alertstate="firing", %s}`, name, matchers)
}

// stays wants an expression to have held at each of the last seconds.
func (p prometheus) stays(t *testing.T, expr string, seconds int) {
	t.Helper()
	p.holds(t, fmt.Sprintf(`count_over_time((%s)[%ds:1s]) >= %d`, expr, seconds, seconds-1))
}

const expiring = `severity="critical", cname="www.example.com"`

// TestScenePair has one of two exporters cut off from OSS, a token used behind
// its back, and the other exporter die.
func TestScenePair(t *testing.T) {
	t.Parallel()
	cut, fine := newStage(t), newStage(t)
	for _, s := range []stage{cut, fine} {
		s.SetToken(onStage, osstest.Token{Expires: time.Now().Add(5 * time.Hour)})
	}
	blind, sighted := startExporter(t, cut.configure(t, watched)), startExporter(t, fine.configure(t, watched))
	prom, oncall := alerted(t, scraped("pair", blind, sighted))
	prom.holds(t, alerts("TokenExpiresSoon", expiring))

	cut.Behave(onStage, osstest.Fail(503, "ServiceUnavailable", ""))
	prom.holds(t, fmt.Sprintf(`oss_cname_token_probe_success{instance=%q} == 0`, blind.address))
	fine.DeleteToken(onStage)
	fine.Bind(onStage, osstest.Binding{})
	prom.holds(t, fmt.Sprintf(`absent(%s)`, alerts("TokenExpiresSoon", expiring)))

	sighted.kill(t)
	prom.holds(t, alerts("ExporterDown", fmt.Sprintf("instance=%q", sighted.address)))
	prom.stays(t, fmt.Sprintf(`absent(%s)`, alerts("TokenExpiresSoon", expiring)), 10)
	oncall.toldForeign(t)
}

// TestSceneRemoved takes a domain out of the configuration and then loses its
// exporter, and Prometheus too for a moment.
func TestSceneRemoved(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	for _, base := range []string{"www.example.com", "another.example.com"} {
		s.SetToken(domain.Name{Bucket: onStage.Bucket, Base: base}, osstest.Token{Expires: time.Now().Add(5 * time.Hour)})
	}
	e := startExporter(t, s.configure(t, watched, another))
	prom, oncall := alerted(t, scraped("removed", e))
	const stays = `severity="critical", cname="another.example.com"`
	prom.holds(t, alerts("TokenExpiresSoon", expiring))
	prom.holds(t, alerts("TokenExpiresSoon", stays))

	s.configure(t, another)
	e.signal(t, syscall.SIGHUP)
	prom.holds(t, fmt.Sprintf(`absent(%s)`, alerts("TokenExpiresSoon", expiring)))
	e.kill(t)
	prom.holds(t, alerts("ExporterDown", fmt.Sprintf("instance=%q", e.address)))
	prom.stays(t, alerts("TokenExpiresSoon", stays), 10)

	prom = prom.restarted(t)
	prom.holds(t, alerts("TokenExpiresSoon", stays))
	prom.holds(t, alerts("ExporterDown", fmt.Sprintf("instance=%q", e.address)))
	prom.stays(t, fmt.Sprintf(`absent(%s)`, alerts("TokenExpiresSoon", expiring)), 10)
	oncall.toldForeign(t)
}

// TestSceneShard starts one shard of two, and then the other.
func TestSceneShard(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	flag := s.configure(t, watched, another)
	first, second := startExporter(t, flag, "--shard=0", "--total-shards=2"), startExporter(t, flag, "--shard=0", "--total-shards=2")
	prom, _ := alerted(t, scraped("shards", first, second)) // both say that they are the first
	prom.holds(t, alerts("ExporterMissing", `job="shards", cause="shards"`))
	prom.stays(t, `absent(ALERTS{alertname=~"OSSCnameExporter.*", cause!="shards"})`, 10)
	second.signal(t, syscall.SIGTERM)
	second.wait(t)
	start(t, "oss_cname_exporter", flag, "--shard=1", "--total-shards=2", "--web.listen-address="+second.address)
	prom.holds(t, fmt.Sprintf(`absent(%s)`, alerts("ExporterMissing", `job="shards"`)))
}

// TestSceneProbes runs deploy/prometheus/http_sd.yml with a probe beside that
// is refused, and then loses the exporter.
func TestSceneProbes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.SetToken(onStage, osstest.Token{Expires: time.Now().Add(5 * time.Hour)})
	e := startExporter(t, s.configure(t, watched))
	config := "global: {scrape_interval: 2s}\n" + hurried(t, "../../deploy/prometheus/http_sd.yml", e.address) + fmt.Sprintf(`
  - job_name: oss_cname_refused
    metrics_path: /probe
    params: {target: [stage-bucket/www.example.com], account: [nobody]}
    static_configs: [{targets: [%q], labels: {instance: stage-bucket/www.example.com}}]
`, e.address)
	prom, oncall := alerted(t, config)
	prom.holds(t, alerts("TokenExpiresSoon", expiring))
	prom.holds(t, alerts("NotAsked", `job="oss_cname_refused", cause="refused"`))
	prom.stays(t, `absent(ALERTS{alertname=~"OSSCname(Exporter.*|NotAsked)", cause!="refused", alertstate="firing"})`, 10)

	e.kill(t)
	prom.holds(t, alerts("ExporterDown", `job="oss_cname_exporter"`))
	prom.stays(t, alerts("TokenExpiresSoon", expiring), 10)
	prom.stays(t, `absent(ALERTS{alertname="OSSCnameExporterMissing", alertstate="firing"})`, 10)
	oncall.toldForeign(t)
}

// TestSceneDyingToken has a token die: at every moment somebody is told.
func TestSceneDyingToken(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.SetToken(onStage, osstest.Token{Expires: time.Now().Add(time.Minute)})
	prom, oncall := alerted(t, scraped("dying", startExporter(t, s.configure(t, watched))))
	prom.holds(t, alerts("TokenExpiresSoon", expiring))
	prom.holds(t, alerts("TokenExpired", expiring))
	prom.stays(t, `count(ALERTS{alertname=~"OSSCname(TokenExpiresSoon|TokenExpired)", alertstate="firing", severity="critical"}) > 0`, 15)
	for _, n := range oncall.notifications() {
		for _, a := range n.Alerts {
			if a.Labels["alertname"] == "OSSCnameTokenExpired" && !strings.Contains(a.Annotations["summary"], "expired unused") {
				t.Errorf("the pager was told %q", a.Annotations["summary"])
			}
		}
	}
}

// TestSceneRelabelled has a domain unbound, and then its team changed.
func TestSceneRelabelled(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.Bind(onStage, osstest.Binding{})
	e := startExporter(t, s.configure(t, watched))
	prom, _ := alerted(t, scraped("teams", e))
	prom.holds(t, `oss_cname_bound == 1`)
	s.Unbind(onStage)
	prom.holds(t, alerts("DomainUnbound", `team="web"`))
	s.configure(t, strings.Replace(watched, "web", "media", 1))
	e.signal(t, syscall.SIGHUP)
	prom.holds(t, alerts("DomainUnbound", `team="media"`))
	prom.holds(t, fmt.Sprintf(`absent(%s)`, alerts("DomainUnbound", `team="web"`)))
}
