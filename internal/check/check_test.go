package check_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.uber.org/goleak"

	"oss_cname_exporter/collector"
	"oss_cname_exporter/internal/check"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/judge"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const twoTargets = `
checks: {binding: true}
accounts: {main: {region: cn-hangzhou}}
targets:
  - {bucket: examplebucket, cname: www.example.com, labels: {team: web}}
  - {bucket: examplebucket, cname: "*.example.org"}
`

// fakePoller answers by the domain's base.
type fakePoller struct {
	answers map[string]status.Status
	wait    time.Duration // how long a poll takes
	began   time.Time
}

func (p *fakePoller) Poll(ctx context.Context, targets []config.Target) []status.Status {
	p.began = time.Now()
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return nil
	}
	return p.peek(targets)
}

func (p *fakePoller) peek(targets []config.Target) []status.Status {
	statuses := make([]status.Status, len(targets))
	for i := range targets {
		statuses[i] = p.answers[targets[i].Base]
	}
	return statuses
}

func (p *fakePoller) Errors() map[status.Reason]uint64 { return nil }

// exporter serves twoTargets. A domain without an answer is bound and well.
func exporter(t *testing.T, p *fakePoller) check.Exporter {
	t.Helper()
	cfg, err := config.Parse("test.yaml", []byte(twoTargets))
	if err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{"www.example.com", "example.org", "other.example.com"} {
		if _, has := p.answers[base]; !has {
			p.answers[base] = well()
		}
	}
	memory := judge.NewMemory()
	return check.Exporter{Config: cfg, Scrape: collector.New(p, collector.Options{Memory: memory}).Scrape, Peek: p.peek, Memory: memory}
}

func well() status.Status {
	now := time.Now()
	ok := status.Attempt{Ended: now, Duration: time.Millisecond}
	return status.Status{
		Facts: status.Facts{Confirmed: now}, Attempt: ok, Probes: 1, Bound: status.Yes, Enabled: status.Yes,
		Checks: map[status.Check]status.CheckStatus{status.CheckBinding: {Confirmed: now, Attempt: ok}},
	}
}

func with(change func(*status.Status)) *fakePoller {
	s := well()
	change(&s)
	return &fakePoller{answers: map[string]status.Status{"www.example.com": s}}
}

func disabled(s *status.Status) { s.Enabled = status.No }

func pending(left time.Duration) func(*status.Status) {
	return func(s *status.Status) {
		s.Bound, s.Token, s.Facts.Exists, s.Facts.Expires = status.No, "t0ken", true, time.Now().Add(left)
	}
}

func fails(s *status.Status) {
	s.Attempt.Reason, s.Attempt.Err = status.ReasonCredentials, errors.New("wrong key \x1b[31m")
}

func TestExitStatus(t *testing.T) {
	for name, test := range map[string]struct {
		change  func(*status.Status)
		domains []string
		want    int
		summary string
	}{
		"all well":   {func(*status.Status) {}, nil, 0, "OK: 2 ok, of 2 domains"},
		"a day left": {pending(20 * time.Hour), nil, 1, "WARNING: www.example.com: the token expires in 19 h 59 min, and the domain is not bound (token_warning: 24h); 1 ok"},
		"hours left": {pending(2 * time.Hour), nil, 2, "CRITICAL: www.example.com: the token expires in 1 h 59 min, and the domain is not bound (token_critical: 6h); 1 ok"},
		"not served": {disabled, nil, 2, "CRITICAL: www.example.com: OSS does not serve the domain: its visitors get errors; 1 ok"},
		"no key":     {fails, nil, 2, "CRITICAL: www.example.com: credentials: wrong key "},
		"a check failed": {func(s *status.Status) {
			s.Checks[status.CheckBinding] = status.CheckStatus{Attempt: status.Attempt{Ended: time.Now(), Reason: "timeout"}}
		}, nil, 2, "CRITICAL: www.example.com: "},
		"the other one":       {disabled, []string{"examplebucket/*.example.org"}, 0, "OK: 1 ok, of 1 domain"},
		"named twice":         {disabled, []string{"examplebucket/www.example.com", "examplebucket/WWW.example.com."}, 2, "CRITICAL: www.example.com: OSS does not serve the domain: its visitors get errors"},
		"a domain alone":      {disabled, []string{"www.example.com"}, 2, "CRITICAL: www.example.com: OSS does not serve the domain: its visitors get errors"},
		"all of a bucket":     {disabled, []string{"examplebucket/*"}, 2, "CRITICAL: www.example.com: OSS does not serve the domain: its visitors get errors; 1 ok"},
		"too little is known": {func(s *status.Status) { s.Bound = status.Unknown }, nil, 3, "UNKNOWN: www.example.com: too little is known; next: nothing if the domain is bound, else create a token; checks.binding would tell which; 1 ok"},
		"one not configured":  {disabled, []string{"examplebucket/other.example.com"}, 0, "OK: 1 ok, of 1 domain"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, format := range check.Formats() {
				var out bytes.Buffer
				got, err := check.Run(t.Context(), exporter(t, with(test.change)), check.Options{Domains: test.domains, Format: format}, &out)
				first, _, _ := strings.Cut(out.String(), "\n")
				if err != nil || got != test.want || format != "junit" && !strings.Contains(first, test.summary) {
					t.Errorf("%s: got %d, %v, want %d:\n%s", format, got, err, test.want, &out)
				}
				if strings.Contains(out.String(), "\x1b") {
					t.Errorf("%s: an escape sequence reaches the terminal: %q", format, &out)
				}
			}
		})
	}
}

func TestNothingIsConfigured(t *testing.T) {
	e := exporter(t, with(disabled))
	e.Config.Targets = nil
	var out bytes.Buffer
	if got, err := check.Run(t.Context(), e, check.Options{}, &out); err != nil || got != check.Warning || !strings.HasPrefix(out.String(), "WARNING: no domain is configured | critical=0;") {
		t.Errorf("got %d, %v, %q", got, err, &out)
	}
}

// socket makes a file that is not regular, which a test may lose.
func socket(t *testing.T, path string) {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
}

func TestRefused(t *testing.T) {
	dir := t.TempDir()
	special := filepath.Join(dir, "socket")
	socket(t, special)
	for name, test := range map[string]struct {
		opts check.Options
		want string
	}{
		"a misspelt domain":  {check.Options{Domains: []string{"www.exmple.com"}}, `"www.exmple.com": no configured target has this domain; did you mean "www.example.com"?`},
		"a strange domain":   {check.Options{Domains: []string{"www.example.net"}}, `"www.example.net": no configured target has this domain; write both as "examplebucket/www.example.com"`},
		"a misspelt bucket":  {check.Options{Domains: []string{"exmplebucket/*"}}, `"exmplebucket/*": no configured target has this bucket; did you mean "examplebucket"?`},
		"a bucket alone":     {check.Options{Domains: []string{"examplebucket"}}, `write bucket and domain, such as "examplebucket/www.example.com", or "examplebucket/*" for all`},
		"a misspelt account": {check.Options{Filter: config.Filter{Account: []string{"mian"}}}, `--account: "mian" is not configured; did you mean "main"?`},
		"another region":     {check.Options{Filter: config.Filter{Region: []string{"cn-beijing"}}}, `--region: "cn-beijing" is not configured; known: cn-hangzhou`},
		"a misspelt label":   {check.Options{Filter: config.Filter{Labels: map[string][]string{"taem": {"web"}}}}, `--label: no configured target has the label "taem"; did you mean "team"?`},
		"a misspelt value":   {check.Options{Filter: config.Filter{Labels: map[string][]string{"team": {"wbe"}}}}, `--label=team: "wbe" is not configured; known: web`},
		"nothing is chosen":  {check.Options{Domains: []string{"*.example.org"}, Filter: config.Filter{Labels: map[string][]string{"team": {"web"}}}}, "no configured target is chosen by the names and flags together"},
		"checks":             {check.Options{Checks: []string{"all", "dns"}}, "--checks: all and none stand alone"},
		"a bad bucket":       {check.Options{Domains: []string{"Bad/www.example.com"}}, `bucket names are lower case; write "bad"`},
		"escapes":            {check.Options{Domains: []string{"\x1b[31m"}}, `"\x1b[31m": `},
		"no such folder":     {check.Options{File: filepath.Join(dir, "none", "x.prom")}, "there is no folder"},
		"a folder":           {check.Options{File: dir}, "is no regular file"},
		"a socket":           {check.Options{File: special}, "is no regular file"},
	} {
		var out bytes.Buffer
		p := with(disabled)
		got, err := check.Run(t.Context(), exporter(t, p), test.opts, &out)
		if got != check.Refused || err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") || out.Len() > 0 || !p.began.IsZero() {
			t.Errorf("%s: got %d, %v, %q", name, got, err, &out)
		}
	}
}

// TestFileIsLookedAtAgain has another process replace the file during the scrape.
func TestFileIsLookedAtAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.prom")
	e := exporter(t, with(disabled))
	scrape := e.Scrape
	e.Scrape = func(ctx context.Context, targets []config.Target, labels []string) *collector.Snapshot {
		socket(t, path)
		return scrape(ctx, targets, labels)
	}
	var out bytes.Buffer
	if _, err := check.Run(t.Context(), e, check.Options{File: path}, &out); err == nil || !strings.Contains(err.Error(), "is no regular file") {
		t.Errorf("got %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().IsRegular() {
		t.Errorf("the socket was replaced: %v", err)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out bytes.Buffer
	if got, err := check.Run(ctx, exporter(t, with(disabled)), check.Options{}, &out); got != check.Critical || err == nil || out.Len() > 0 {
		t.Errorf("got %d, %v, %q", got, err, &out)
	}
}

func TestTable(t *testing.T) {
	var out bytes.Buffer
	if _, err := check.Run(t.Context(), exporter(t, with(pending(2*time.Hour+time.Minute/2))), check.Options{}, &out); err != nil {
		t.Fatal(err)
	}
	const want = `CRITICAL: www.example.com: the token expires in 2 h, and the domain is not bound (token_critical: 6h); 1 ok | critical=1;;0;0;2 warning=0;0;;0;2 unknown=0;;;0;2 ok=1;;;0;2

SEVERITY  DOMAIN           BUCKET         STATE    TIME LEFT
critical  www.example.com  examplebucket  unknown  token expires in 2 h
          the token expires in 2 h, and the domain is not bound (token_critical: 6h)
          next: publish the token as the TXT record, and bind the domain before it expires
          _dnsauth.www.example.com.  TXT  "t0ken"
ok        *.example.org    examplebucket  bound    no certificate
checks.dns: not checked: it is unknown whether the TXT record is right, and where the CNAME record leads
checks.http: not checked: it is unknown who answers the visitors, and with which certificate
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", &out, want)
	}
	out.Reset()
	if _, err := check.Run(t.Context(), exporter(t, with(pending(2*time.Hour+time.Minute/2))), check.Options{Language: lang.Chinese}, &out); err != nil {
		t.Fatal(err)
	}
	const chinese = `CRITICAL: www.example.com：Token 将于 2 小时后失效，域名尚未绑定（token_critical: 6h）；1 ok | critical=1;;0;0;2 warning=0;0;;0;2 unknown=0;;;0;2 ok=1;;;0;2

级别      域名             BUCKET         状态     剩余时间
critical  www.example.com  examplebucket  unknown  Token：2 小时后失效
          Token 将于 2 小时后失效，域名尚未绑定（token_critical: 6h）
          下一步：将 Token 添加为 TXT 记录，并在失效前完成域名绑定
          _dnsauth.www.example.com.  TXT  "t0ken"
ok        *.example.org    examplebucket  bound    无证书
checks.dns: 未检查：无法得知 TXT 记录是否正确以及 CNAME 记录指向何处
checks.http: 未检查：无法得知由谁响应访客以及使用哪张证书
`
	if out.String() != chinese {
		t.Errorf("got\n%s\nwant\n%s", &out, chinese)
	}
	for _, opts := range []check.Options{{Color: true}, {HideTokens: true}} {
		out.Reset()
		if _, err := check.Run(t.Context(), exporter(t, with(pending(time.Hour))), opts, &out); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "\x1b[1;31mcritical\x1b[0m") != opts.Color || strings.Contains(out.String(), "t0ken") == opts.HideTokens {
			t.Errorf("%+v: got\n%s", opts, &out)
		}
	}
}

func TestJSON(t *testing.T) {
	schema, err := jsonschema.NewCompiler().Compile("../../docs/api.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if _, err := check.Run(t.Context(), exporter(t, with(fails)), check.Options{Format: "json"}, &out); err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(out.Bytes()))
	if err == nil {
		err = schema.Validate(value)
	}
	var doc struct{ Domains []struct{ Cname string } }
	if err != nil || json.Unmarshal(out.Bytes(), &doc) != nil || len(doc.Domains) != 2 || doc.Domains[0].Cname != "www.example.com" {
		t.Errorf("got %v\n%s", err, &out)
	}
}

// TestProm wants our series alone, each of a name that begins as ours do.
func TestProm(t *testing.T) {
	var out bytes.Buffer
	if _, err := check.Run(t.Context(), exporter(t, with(pending(time.Hour))), check.Options{Format: "prom"}, &out); err != nil {
		t.Fatal(err)
	}
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(&out)
	if err != nil || families["oss_cname_token_exists"] == nil || families["oss_cname_bound"] == nil {
		t.Errorf("got %v, %v", err, families)
	}
	for name := range families {
		if !strings.HasPrefix(name, "oss_cname_") || strings.HasPrefix(name, "oss_cname_exporter_") {
			t.Errorf("found %s", name)
		}
	}
}

// TestPromTellsASharedCause has one wrong key: the domains have no problem of
// their own.
func TestPromTellsASharedCause(t *testing.T) {
	p := with(fails)
	p.answers["example.org"] = p.answers["www.example.com"]
	var out bytes.Buffer
	if _, err := check.Run(t.Context(), exporter(t, p), check.Options{Format: "prom"}, &out); err != nil {
		t.Fatal(err)
	}
	const want = "oss_cname_account_problem{account=\"main\",check=\"token\",reason=\"credentials\",region=\"cn-hangzhou\",severity=\"warning\"} 1\n"
	if !strings.Contains(out.String(), want) || strings.Contains(out.String(), "oss_cname_problem") || strings.Contains(out.String(), "oss_cname_exporter_") {
		t.Errorf("got\n%s", &out)
	}
}

// TestFile replaces a file, also behind a symbolic link, readable for others, and
// leaves nothing else behind.
func TestFile(t *testing.T) {
	dir := t.TempDir()
	path, link := filepath.Join(dir, "oss.prom"), filepath.Join(dir, "link.prom")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("oss.prom", link); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{path, link, filepath.Join(dir, "new.prom")} {
		var out bytes.Buffer
		got, err := check.Run(t.Context(), exporter(t, with(disabled)), check.Options{Format: "prom", File: file, Color: true}, &out)
		if err != nil || got != check.Critical || out.String() != "CRITICAL: www.example.com: OSS does not serve the domain: its visitors get errors; 1 ok\n" {
			t.Errorf("%s: got %d, %v, %q", file, got, err, &out)
		}
		text, _ := os.ReadFile(file)
		info, _ := os.Stat(file)
		if !strings.HasPrefix(string(text), "# CRITICAL") || info.Mode().Perm() != 0o644 {
			t.Errorf("%s: got %v %.50q", file, info.Mode(), text)
		}
	}
	entries, _ := os.ReadDir(dir)
	if info, err := os.Lstat(link); len(entries) != 3 || err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("left behind: %v", entries)
	}
}

// TestProgress tells a terminal after a second, and wipes it away at the end.
func TestProgress(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		900 * time.Millisecond:  "",
		1100 * time.Millisecond: "\r1 of 2 domains asked about\r\x1b[K",
		1300 * time.Millisecond: "\r1 of 2 domains asked about\r1 of 2 domains asked about\r\x1b[K",
	} {
		synctest.Test(t, func(t *testing.T) {
			p := with(disabled)
			e := exporter(t, p)
			p.wait = wait
			p.answers["example.org"] = status.Status{}
			var out, terminal bytes.Buffer
			if _, err := check.Run(t.Context(), e, check.Options{Progress: &terminal}, &out); err != nil || terminal.String() != want {
				t.Errorf("%v: got %v, %q", wait, err, &terminal)
			}
		})
	}
}
