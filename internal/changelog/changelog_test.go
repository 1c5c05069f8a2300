package changelog_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-kit/log"
	"github.com/go-kit/log/level"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

var now = time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC)

func parse(t testing.TB, text string) *config.Config {
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

// everyCheck is a target for each thing that checks can say of one, and one
// that wants none.
const everyCheck = `
checks: {binding: true, dns: true}
accounts: {main: {region: cn-hangzhou}}
targets:
  - {bucket: examplebucket, cname: bound.example.com}
  - {bucket: examplebucket, cname: ready.example.com}
  - {bucket: examplebucket, cname: denied.example.com}
  - {bucket: examplebucket, cname: plain.example.com, checks: {binding: false, dns: false}}
`

func everyChecked(t *testing.T) (*config.Config, []status.Status) {
	t.Helper()
	cfg := parse(t, everyCheck)
	ok := status.CheckStatus{Confirmed: now, Attempt: status.Attempt{Ended: now}}
	failing := func(since time.Time, reason status.Reason) status.CheckStatus {
		return status.CheckStatus{Confirmed: since, Attempt: status.Attempt{Ended: now, Reason: reason, Err: errors.New("no")}}
	}
	well := map[status.Check]status.CheckStatus{status.CheckBinding: ok, status.CheckTXT: ok, status.CheckCNAME: ok}
	none, token := status.Facts{Confirmed: now}, status.Facts{Confirmed: now, Exists: true, Expires: now.Add(time.Hour)}
	results := []status.Status{
		{Facts: none, Checks: well, Bound: status.Yes, Enabled: status.Yes, BindingWord: "Enabled", CertificateExpires: now.Add(48 * time.Hour), Destination: status.ToBucket, PointsToBucket: status.Yes},
		{Facts: token, Checks: well, Bound: status.No, DNSVerified: status.Yes, Destination: status.ToOther, PointsToBucket: status.No},
		{Facts: none, Checks: map[status.Check]status.CheckStatus{
			status.CheckBinding: failing(time.Time{}, "access_denied"),
			status.CheckTXT:     failing(now.Add(-time.Hour), "timeout"),
			status.CheckCNAME:   {},
		}},
		{Facts: none},
	}
	for i := range results {
		results[i].Attempt = status.Attempt{Ended: now}
	}
	return cfg, results
}

func TestChangesAreLoggedOnce(t *testing.T) {
	cfg, results := everyResult(t)
	var lines bytes.Buffer
	logger := level.NewFilter(log.NewLogfmtLogger(&lines), level.AllowInfo())
	l := changelog.New(changelog.Options{Logger: logger})
	const target = "account=main region=cn-hangzhou bucket=examplebucket cname=token.example.com"
	notProbed := status.Status{Facts: results[0].Facts, Attempt: status.Attempt{Ended: now, Reason: status.ReasonNotProbed, Err: errors.New("no turn")}}
	for i, test := range []struct {
		is   status.Status
		want string
	}{
		{results[0], ""}, // the first success is no news
		{results[0], ""},
		{results[3], "level=warn " + target + ` msg="probe failed" state=unknown reason=timeout err="no answer"`},
		{results[3], ""},
		{notProbed, `level=warn msg="the scrape ended before every target had its turn; raise the scrape timeout, probe.concurrency or cache_ttl" reason=not_probed not_probed=1 targets=1`},
		{results[3], `level=info msg="every target has its turn again" targets=1`},
		{results[0], "level=info " + target + ` msg="probe works again" state=unknown was=timeout`},
		{results[1], "level=info " + target + ` msg="state changed" state=unknown token=no was=unknown`},
		{results[1], ""},
	} {
		lines.Reset()
		l.Update(cfg.Targets[:1], []status.Status{test.is}, now)
		if got := strings.TrimSpace(lines.String()); got != test.want {
			t.Errorf("scrape %d: logged %q, want %q", i, got, test.want)
		}
	}
	l.Retain(&config.Config{})
	lines.Reset()
	l.Update(cfg.Targets[:1], []status.Status{results[3]}, now)
	if got, want := strings.TrimSpace(lines.String()), "level=warn "+target+` msg="probe failed" state=unknown reason=timeout err="no answer"`; got != want {
		t.Errorf("after it was forgotten: logged %q, want %q", got, want)
	}
}

// TestFailingCredentialsAreOneLine has two accounts whose credentials fail for
// several targets each, and work again.
func TestFailingCredentialsAreOneLine(t *testing.T) {
	cfg, results := everyResult(t)
	var lines bytes.Buffer
	l := changelog.New(changelog.Options{Logger: level.NewFilter(log.NewLogfmtLogger(&lines), level.AllowInfo())})
	scrape := func(attempt func(account string) status.Attempt) {
		for i := range results {
			results[i] = status.Status{
				Facts:   status.Facts{Confirmed: now, Exists: true, Expires: now.Add(time.Hour)},
				Attempt: attempt(cfg.Targets[i].Account.Name),
			}
		}
		l.Update(cfg.Targets, results, now)
	}
	works := func(string) status.Attempt { return status.Attempt{Ended: now} }
	scrape(works)
	scrape(func(account string) status.Attempt {
		return status.Attempt{Ended: now, Reason: "credentials", Err: errors.New("no key for " + account)}
	})
	scrape(works)
	want := `level=warn account=main region=cn-hangzhou targets=3 msg="probe failed" reason=credentials err="no key for main"
level=warn account=other region=cn-shanghai targets=3 msg="probe failed" reason=credentials err="no key for other"
level=info account=main region=cn-hangzhou targets=3 msg="probe works again" was=credentials
level=info account=other region=cn-shanghai targets=3 msg="probe works again" was=credentials
`
	if lines.String() != want {
		t.Errorf("logged\n%swant\n%s", &lines, want)
	}
}

func TestChangesOfChecksAreLoggedOnce(t *testing.T) {
	cfg, results := everyChecked(t)
	var lines bytes.Buffer
	logger := level.NewFilter(log.NewLogfmtLogger(&lines), level.AllowInfo())
	l := changelog.New(changelog.Options{Logger: logger})
	ok := status.Attempt{Ended: now}
	failed := status.Attempt{Ended: now, Reason: "access_denied", Err: errors.New("no right")}
	const check = "account=main region=cn-hangzhou bucket=examplebucket targets=2 check=binding"
	for i, test := range []struct {
		attempt status.Attempt
		want    string
	}{
		{ok, ""},
		{ok, ""},
		{failed, "level=warn " + check + ` msg="check failed" reason=access_denied err="no right"`},
		{failed, ""},
		{ok, "level=info " + check + ` msg="check works again" was=access_denied`},
		{status.Attempt{Ended: now, Reason: "credentials", Err: errors.New("no key")}, ""}, // said of the tokens already
		{ok, ""},
	} {
		lines.Reset()
		one := results[0]
		one.Checks = map[status.Check]status.CheckStatus{status.CheckBinding: {Attempt: test.attempt}}
		l.Update(cfg.Targets[:2], []status.Status{one, one}, now) // of one bucket
		if got := strings.TrimSpace(lines.String()); got != test.want {
			t.Errorf("scrape %d: logged %q, want %q", i, got, test.want)
		}
	}
}

// TestVerdictsAreLoggedOnce has the TXT record of two domains of a bucket change
// once an hour.
func TestVerdictsAreLoggedOnce(t *testing.T) {
	cfg, results := everyChecked(t)
	var lines bytes.Buffer
	l := changelog.New(changelog.Options{Logger: level.NewFilter(log.NewLogfmtLogger(&lines), level.AllowInfo())})
	whom := func(says string) string {
		const of = "level=info account=main region=cn-hangzhou bucket=examplebucket cname="
		return of + "bound.example.com" + says + "\n" + of + "ready.example.com" + says
	}
	for i, test := range []struct {
		proof status.Proof
		want  string
	}{
		{status.Proof{}, ""},
		{status.Proof{Verdict: status.VerdictMissing}, ""},
		{status.Proof{Verdict: status.VerdictQuoted, Values: []string{`"t0ken"`}},
			whom(` proof=quotes was=missing msg="the TXT record does not carry the token" why="the value of the TXT record is the token in quotation marks: enter it without them"`)},
		{status.Proof{Verdict: status.VerdictQuoted}, ""},
		{status.Proof{}, ""},
		{status.Proof{Verdict: status.VerdictValid}, whom(` proof=valid was=quotes msg="the TXT record carries the token"`)},
		{status.Proof{Verdict: status.VerdictMissing}, whom(` proof=missing was=valid msg="the TXT record does not carry the token" why="there is no TXT record of that name"`)},
	} {
		lines.Reset()
		one := results[0]
		one.Proof = test.proof
		l.Update(cfg.Targets[:2], []status.Status{one, one}, now.Add(time.Duration(i)*time.Hour))
		if got := strings.TrimSpace(lines.String()); got != test.want {
			t.Errorf("scrape %d: logged %q, want %q", i, got, test.want)
		}
	}
}

// TestChangesAreRemembered has the history told of what the log tells, domain by
// domain, and not of what a target begins with.
func TestChangesAreRemembered(t *testing.T) {
	cfg, results := everyChecked(t)
	history := changelog.NewHistory()
	l := changelog.New(changelog.Options{History: history})
	failed := results[0]
	failed.Attempt = status.Attempt{Ended: now, Reason: status.ReasonCredentials, Err: errors.New("no key")}
	for _, s := range []status.Status{results[0], results[0], failed, failed, results[0]} {
		l.Update(cfg.Targets[:2], []status.Status{s, s}, now)
	}
	want := []changelog.Change{{At: now, Was: "credentials", Is: "bound"}, {At: now, Was: "bound", Is: "credentials"}}
	for i := range 2 {
		if got := history.Of(cfg.Targets[i].Name); !slices.Equal(got, want) {
			t.Errorf("of target %d it remembers %+v", i, got)
		}
	}
}

// TestWordOfABindingIsLoggedOnce has OSS change its word for why it does not
// serve a domain, which it did not from the beginning.
func TestWordOfABindingIsLoggedOnce(t *testing.T) {
	cfg := parse(t, "accounts: {main: {region: cn-hangzhou}}\nchecks: {binding: true}\ntargets: [{bucket: examplebucket, cname: www.example.com}]\n")
	var logged bytes.Buffer
	l := changelog.New(changelog.Options{Logger: level.NewFilter(log.NewLogfmtLogger(&logged), level.AllowInfo())})
	for _, word := range []string{"Blocked", "Blocked", "Under Review", "Under Review"} {
		l.Update(cfg.Targets, []status.Status{{Facts: status.Facts{Confirmed: now}, Attempt: status.Attempt{Ended: now},
			Bound: status.Yes, Enabled: status.No, BindingWord: word}}, now)
	}
	lines := strings.Split(strings.TrimSpace(logged.String()), "\n")
	if len(lines) != 2 || !strings.Contains(lines[0], "level=warn") || !strings.Contains(lines[0], "cname=www.example.com msg=\"the domain is not served\" status=Blocked") ||
		!strings.Contains(lines[1], `status="Under Review"`) {
		t.Errorf("logged\n%s", logged.String())
	}
}
