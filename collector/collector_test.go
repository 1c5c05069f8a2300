package collector_test

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/prometheus/common/expfmt"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/status"
)

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

// fakePoller returns what it is told to.
type fakePoller struct {
	results []status.Status
	errors  map[status.Reason]uint64
}

func (p *fakePoller) Poll(context.Context, []config.Target) []status.Status { return p.results }
func (p *fakePoller) Counts() (failures map[status.Reason]uint64, unlisted map[string]uint64) {
	return p.errors, map[string]uint64{"answered": 3, "failed": 2, "not_asked": 0}
}

func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	cfg, err := config.Parse("test.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// everyState is a target in each state that a scrape can find it in.
const everyState = `
accounts:
  main: {region: cn-hangzhou}
  other: {region: cn-shanghai}
targets:
  - {bucket: examplebucket, cname: token.example.com, account: main, labels: {team: web, tier: "1"}}
  - {bucket: examplebucket, cname: none.example.com, account: main}
  - {bucket: examplebucket, cname: "*.past.example.com", account: main, labels: {team: "we \"quote\" \\ it"}}
  - {bucket: examplebucket, cname: fails.example.com, account: other, labels: {zone: a}}
  - {bucket: examplebucket, cname: unknown.example.com, account: other}
  - {bucket: examplebucket, cname: never.example.com, account: other}
`

func everyResult(t *testing.T) (*config.Config, []status.Status) {
	t.Helper()
	cfg := parse(t, everyState)
	ok := status.Attempt{Ended: now, Duration: 20 * time.Millisecond}
	failed := status.Attempt{Ended: now, Duration: 5 * time.Second, Reason: "timeout", Err: errors.New("no answer")}
	confirmed := now.Add(-time.Second)
	results := []status.Status{
		{Attempt: ok, Probes: 3, Facts: status.Facts{Confirmed: confirmed, Exists: true, Expires: now.Add(time.Hour)}},
		{Attempt: ok, Probes: 3, Facts: status.Facts{Confirmed: confirmed}},
		{Attempt: ok, Probes: 3, Facts: status.Facts{Confirmed: confirmed, Exists: true, Expires: now.Add(-time.Minute)}},
		{Attempt: failed, Probes: 4, Errors: 2, Facts: status.Facts{Confirmed: now.Add(-time.Hour), Exists: true, Expires: now.Add(2 * time.Hour)}},
		{Attempt: failed, Probes: 1, Errors: 1},
		{},
	}
	return cfg, results
}

// scrape gathers what is told of results, checked for consistency.
func scrape(t *testing.T, cfg *config.Config, results []status.Status) prometheus.Gatherer {
	t.Helper()
	c := collector.New(&fakePoller{results: results}, collector.Options{Now: func() time.Time { return now }})
	return prometheus.Gatherers{c.Scrape(t.Context(), cfg.Targets, cfg.LabelNames)}
}

func TestExposition(t *testing.T) {
	cfg, results := everyResult(t)
	golden, err := os.Open("testdata/every_state.prom")
	if err != nil {
		t.Fatal(err)
	}
	defer golden.Close()
	if err := testutil.GatherAndCompare(scrape(t, cfg, results), golden); err != nil {
		t.Error(err)
	}
}

func TestExpositionIsLintFree(t *testing.T) {
	cfg, results := everyResult(t)
	own := collector.NewRegistry(collector.NewAPI(), totals(cfg, nil))
	for name, g := range map[string]prometheus.Gatherer{"targets": scrape(t, cfg, results), "own": own} {
		problems, err := testutil.GatherAndLint(g)
		if err != nil {
			t.Error(err)
		}
		for _, p := range problems {
			t.Errorf("%s: %s: %s", name, p.Metric, p.Text)
		}
	}
}

// TestFamilies wants each family once, by a name that is announced, with the
// unit that the name ends in.
func TestFamilies(t *testing.T) {
	told := map[string]int{}
	for _, every := range []func(*testing.T) (*config.Config, []status.Status){everyResult, everyChecked} {
		cfg, results := every(t)
		c := collector.New(&fakePoller{results: results}, collector.Options{Now: func() time.Time { return now }})
		families, err := c.Scrape(t.Context(), cfg.Targets, cfg.LabelNames).Gather()
		if err != nil {
			t.Fatal(err)
		}
		once := map[string]bool{}
		for _, f := range families {
			if want := strings.HasSuffix(f.GetName(), "_seconds"); (f.GetUnit() == "seconds") != want || once[f.GetName()] {
				t.Errorf("%s: unit %q, seen before: %v", f.GetName(), f.GetUnit(), once[f.GetName()])
			}
			once[f.GetName()] = true
			told[f.GetName()]++
		}
	}
	if got, want := slices.Sorted(maps.Keys(told)), slices.Sorted(slices.Values(collector.Names())); !slices.Equal(got, want) {
		t.Errorf("told of %q, announced are %q", got, want)
	}
}

// TestLabelsAreSorted has labels of the target's own that sort before, between
// and after ours. Scrapers compare labels in their order.
func TestLabelsAreSorted(t *testing.T) {
	cfg := parse(t, `
accounts: {main: {region: cn-hangzhou}}
targets: [{bucket: examplebucket, cname: www.example.com, checks: {binding: true}, labels: {a: x, business: x, dept: x, quality: x, zone: x}}]
`)
	failure := status.Attempt{Ended: now, Reason: "timeout", Err: errors.New("no answer")}
	c := collector.New(&fakePoller{results: []status.Status{{
		Attempt: failure, Probes: 1, Errors: 1,
		Checks: map[status.Check]status.CheckStatus{status.CheckBinding: {Confirmed: now, Attempt: failure}},
	}}}, collector.Options{Now: func() time.Time { return now }})
	families, err := c.Scrape(t.Context(), cfg.Targets, cfg.LabelNames).Gather()
	if err != nil || len(families) < 5 {
		t.Fatalf("got %d families, %v", len(families), err)
	}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			var names []string
			for _, label := range metric.GetLabel() {
				names = append(names, label.GetName())
			}
			if !slices.IsSorted(names) || len(names) < 7 {
				t.Errorf("%s: labels %v", family.GetName(), names)
			}
		}
	}
}

// TestNobodyWaited covers the scrape whose client hung up: the poller then has
// no results.
func TestNobodyWaited(t *testing.T) {
	cfg, _ := everyResult(t)
	if n, err := testutil.GatherAndCount(scrape(t, cfg, nil)); n != 0 || err != nil {
		t.Errorf("got %d series, error %v", n, err)
	}
}

type inForce struct {
	cfg *config.Config
	at  time.Time
	err error
}

func (c inForce) Config() *config.Config     { return c.cfg }
func (c inForce) Loaded() (time.Time, error) { return c.at, c.err }

func totals(cfg *config.Config, refused error) *collector.Totals {
	counted := map[status.Reason]uint64{}
	for _, r := range status.Reasons() {
		counted[r] = 0
	}
	counted["dns"] = 7
	return collector.NewTotals(inForce{cfg, now, refused}, &fakePoller{errors: counted}, nil, nil)
}

func TestTotals(t *testing.T) {
	cfg, _ := everyResult(t)
	golden, err := os.ReadFile("testdata/totals.prom")
	if err != nil {
		t.Fatal(err)
	}
	if err := testutil.CollectAndCompare(totals(cfg, nil), bytes.NewReader(golden)); err != nil {
		t.Error(err)
	}
	refused := strings.Replace(string(golden), "\noss_cname_exporter_config_last_reload_successful 1", "\noss_cname_exporter_config_last_reload_successful 0", 1)
	if err := testutil.CollectAndCompare(totals(cfg, errors.New("no")), strings.NewReader(refused)); err != nil {
		t.Errorf("after a refused reload: %v", err)
	}
	part := strings.NewReplacer("exporter_shard 0", "exporter_shard 2", "exporter_shards 1", "exporter_shards 3", "exporter_targets 6", "exporter_targets 4", "3.846214633e+09", "1.716846655e+09").Replace(string(golden))
	if err := testutil.CollectAndCompare(totals(cfg.Shard(config.Shard{Ordinal: 2, Total: 3}), nil), strings.NewReader(part)); err != nil {
		t.Errorf("of a shard: %v", err)
	}
}

// TestExemplarIsTheRequestID has answers whose ids are those of OSS, or any text: a
// text is no exemplar, and costs no sample.
func TestExemplarIsTheRequestID(t *testing.T) {
	for id, want := range map[string]string{
		"5C1B5E9D9F4D2E3A00FF0123": "5C1B5E9D9F4D2E3A00FF0123",
		"":                         "", strings.Repeat("A", 23): "", strings.Repeat("A", 25): "", strings.Repeat("a", 24): "", "<script>": "", "5C1B\xff": "", "STS.NxEXAMPLEEXAMPLE0123": "",
	} {
		api := collector.NewAPI()
		api.APIRequest("main", "GetCnameToken", id, 30*time.Millisecond)
		registry := collector.NewRegistryWithoutProcess(api)
		families, err := registry.Gather()
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, f := range families {
			for _, bucket := range f.GetMetric()[0].GetHistogram().GetBucket() {
				for _, label := range bucket.GetExemplar().GetLabel() {
					got = append(got, label.GetName()+"="+label.GetValue())
				}
			}
		}
		if want != "" {
			want = "request_id=" + want
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%q: exemplars %q, want %q", id, got, want)
		}
	}
}

// TestOwnCountersSayWhenTheyBegan looks at each counter and histogram of the
// exporter itself.
func TestOwnCountersSayWhenTheyBegan(t *testing.T) {
	began := time.Now()
	api, refused := collector.NewAPI(), collector.NewRefused()
	api.APIRequest("main", "GetCnameToken", "", time.Second)
	families, err := collector.NewRegistryWithoutProcess(api, refused, collector.NewConnections("evicted"), totals(&config.Config{}, nil)).Gather()
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, f := range families {
		for _, m := range f.GetMetric() {
			at := m.GetCounter().GetCreatedTimestamp()
			if m.GetHistogram() != nil {
				at = m.GetHistogram().GetCreatedTimestamp()
			} else if m.GetCounter() == nil {
				continue
			}
			if seen++; at == nil || at.AsTime().Before(began) {
				t.Errorf("%s began at %v", f.GetName(), at)
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d series", seen)
	}
}

func TestAPI(t *testing.T) {
	api := collector.NewAPI()
	if n := testutil.CollectAndCount(api); n != 0 {
		t.Errorf("%d series before any call, want none: unknown is absence", n)
	}
	api.APIRequest("main", "GetCnameToken", "5C1B5E9D9F4D2E3A", 30*time.Millisecond)
	api.Call("main", "GetCnameToken")
	const calls = `
# HELP oss_cname_exporter_calls_total Requests to OSS by operation, to STS and to the services of credentials (STS), and messages to DNS servers (DNS), by account. DNS has no account.
# TYPE oss_cname_exporter_calls_total counter
oss_cname_exporter_calls_total{account="main",operation="GetCnameToken"} 2
`
	if err := testutil.CollectAndCompare(api, strings.NewReader(calls), "oss_cname_exporter_calls_total"); err != nil {
		t.Error(err)
	}
	api.ClockSkew(-90 * time.Second)
	const skew = `
# HELP oss_cname_exporter_clock_skew_seconds This machine's clock minus the clock of OSS at its last answer; OSS refuses requests beyond 900 either way. Absent until OSS answered.
# TYPE oss_cname_exporter_clock_skew_seconds gauge
oss_cname_exporter_clock_skew_seconds -90
`
	if err := testutil.CollectAndCompare(api, strings.NewReader(skew), "oss_cname_exporter_clock_skew_seconds"); err != nil {
		t.Error(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(api)
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "oss_cname_exporter_api_request_duration_seconds" {
			continue
		}
		h := f.GetMetric()[0].GetHistogram()
		if h.GetSampleCount() != 1 || len(h.GetBucket()) == 0 || h.Schema == nil {
			t.Errorf("got %v, want one sample in a histogram both classic and native", h)
		}
		return
	}
	t.Error("no latency histogram")
}

// TestProblems has a problem begin and end, and its target removed.
func TestProblems(t *testing.T) {
	cfg, err := config.Parse("test.yaml", []byte("checks: {binding: true}\naccounts: {main: {region: cn-hangzhou}}\ntargets:\n"+
		"  - {bucket: examplebucket, cname: www.example.com, account: main, labels: {team: web}}\n  - {bucket: examplebucket, cname: two.example.com, account: main}\n"))
	if err != nil {
		t.Fatal(err)
	}
	at := now
	well := status.Status{Attempt: status.Attempt{Ended: now}, Facts: status.Facts{Confirmed: now}, Bound: status.Yes, Enabled: status.Yes}
	blocked := well
	blocked.Enabled = status.No
	p, memory := &fakePoller{}, judge.NewMemory()
	c := collector.New(p, collector.Options{Memory: memory, Now: func() time.Time { return at }})
	see := func(s *collector.Snapshot) string {
		t.Helper()
		var b strings.Builder
		if err := s.Encode(&b, expfmt.NewFormat(expfmt.TypeTextPlain), []string{"oss_cname_problem"}); err != nil {
			t.Fatal(err)
		}
		lines := slices.DeleteFunc(strings.Split(strings.TrimSpace(b.String()), "\n"), func(line string) bool { return line == "" || line[0] == '#' })
		return strings.Join(lines, "\n")
	}
	scrape := func(targets []config.Target, statuses ...status.Status) string {
		p.results = statuses
		return see(c.Scrape(t.Context(), targets, cfg.LabelNames))
	}
	const series = `oss_cname_problem{bucket="examplebucket",cname="www.example.com",problem="not_served",severity="critical",team="web"} `
	if got := scrape(cfg.Targets, blocked, well); got != series+"1" {
		t.Errorf("got %s", got)
	}
	if got := see(c.Known(cfg.Targets, []status.Status{blocked, well}, cfg.LabelNames)); got != series+"1" {
		t.Errorf("known: got %s", got)
	}
	if got := scrape(cfg.Targets, well, well); got != series+"0" {
		t.Errorf("it is over: got %s", got)
	}
	scrape(cfg.Targets, blocked, well)
	memory.Retain(at, func(name domain.Name) bool { return name == cfg.Targets[1].Name })
	if got := scrape(cfg.Targets[1:], well); got != series+"0" {
		t.Errorf("the target is removed: got %s", got)
	}
	if got := see(c.Scrape(t.Context(), cfg.Targets[1:], nil)); got != series+"0" {
		t.Errorf("no target has the label any more: got %s", got)
	}
	at = at.Add(time.Hour)
	if got := scrape(cfg.Targets[1:], well); got != "" {
		t.Errorf("an hour later: got %s", got)
	}
}

// TestJudgement has the problems that are about no single target.
func TestJudgement(t *testing.T) {
	cfg, err := config.Parse("test.yaml", []byte("accounts: {main: {region: cn-hangzhou}}\ntargets:\n"+
		"  - {bucket: examplebucket, cname: www.example.com, account: main}\n  - {bucket: examplebucket, cname: two.example.com, account: main}\n"))
	if err != nil {
		t.Fatal(err)
	}
	denied := status.Status{Attempt: status.Attempt{Ended: now, Reason: status.ReasonCredentials}}
	memory := judge.NewMemory()
	c := collector.New(&fakePoller{results: []status.Status{denied, denied}}, collector.Options{Memory: memory, Now: func() time.Time { return now }})
	c.Scrape(t.Context(), cfg.Targets, nil)
	if err := testutil.CollectAndCompare(collector.NewTotals(nil, nil, memory, func() time.Time { return now }), strings.NewReader(`
# HELP oss_cname_account_problem 1 for a failure that most domains of an account share now, 0 for one that ended within the last hour. Absent otherwise.
# TYPE oss_cname_account_problem gauge
oss_cname_account_problem{account="main",check="token",reason="credentials",region="cn-hangzhou",severity="warning"} 1
# HELP oss_cname_exporter_targets_asked Configured targets that a scrape or a probe asked about within the last ten minutes.
# TYPE oss_cname_exporter_targets_asked gauge
oss_cname_exporter_targets_asked 2
`)); err != nil {
		t.Error(err)
	}
	if err := testutil.CollectAndCompare(collector.NewExternalURL("https://www.example.com/oss"), strings.NewReader(`
# HELP oss_cname_exporter_external_url_info 1; its label is the URL of the exporter's pages, without a final slash. Absent unless --web.external-url is set.
# TYPE oss_cname_exporter_external_url_info gauge
oss_cname_exporter_external_url_info{url="https://www.example.com/oss"} 1
`)); err != nil {
		t.Error(err)
	}
}
