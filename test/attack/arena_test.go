//go:build attack

package attack_test

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

const (
	keyID     = "LTAIattack"
	keySecret = "s3cr3tOfTheAttackSuite"
	// scrapeTimeout is the time that the scraper grants, and patience the time that the suite grants a busy machine.
	scrapeTimeout = 9 * time.Second
	patience      = 2 * time.Minute
	healthyCount  = 20
)

var binary string // the exporter, built once

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "oss_cname_exporter-attack-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "oss_cname_exporter")
	if out, err := exec.Command("go", "build", "-o", binary, "oss_cname_exporter").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building the exporter: %v\n%s", err, out)
		return 1
	}
	code := m.Run()
	losses.print(os.Stdout)
	return code
}

// attack is one thing that goes wrong. A field that is nil or "" does nothing.
type attack struct {
	name     string
	probe    string                              // more of the section probe
	checks   string                              // the section checks
	accounts func(a *arena) string               // more accounts, a line each, indented by two
	targets  func(a *arena) []string             // more targets, each "bucket, cname, account" as YAML in braces
	before   func(a *arena)                      // before the exporter starts
	during   func(ctx context.Context, a *arena) // while it is scraped, until ctx ends
	after    func(a *arena)                      // after the last scrape
	scrapes  int                                 // 0 is 3
	lines    int                                 // how much may be logged; 0 is 200
	peakMB   float64                             // of memory; 0 is 200
	files    int                                 // how many the exporter may have open; 0 is as many as the suite
	listen   string                              // address of the exporter; "" is any port of 127.0.0.1
}

// arena is an exporter with healthy targets, and the servers of hostile ones.
type arena struct {
	*testing.T
	dir     string
	oss     *osstest.Server // of the healthy account
	hostile *osstest.Server // of the others, unless they have their own
	address string
	cmd     *exec.Cmd
	ended   chan struct{}
	log     *apptest.Output
	client  *http.Client
}

// newOSS starts a simulated OSS that knows the key.
func newOSS(t *testing.T) *osstest.Server {
	s := osstest.New(osstest.Options{})
	t.Cleanup(s.Close)
	s.AddKey(keyID, keySecret)
	s.AddBucket(osstest.Bucket{Name: "healthy"})
	s.AddBucket(osstest.Bucket{Name: "hostile"})
	return s
}

// hostileName is the i-th hostile target.
func hostileName(i int) domain.Name {
	return domain.Name{Bucket: "hostile", Base: fmt.Sprintf("h%d.example.com", i)}
}

// hostileTargets are n targets of an account.
func hostileTargets(account string, n int) []string {
	var targets []string
	for i := range n {
		targets = append(targets, fmt.Sprintf("{bucket: hostile, cname: %s, account: %s}", hostileName(i).Base, account))
	}
	return targets
}

// account is a line of the configuration.
func account(name, endpoint, more string) string {
	return fmt.Sprintf("  %s: {region: cn-hangzhou, endpoint: %q%s}\n", name, endpoint, more)
}

func (at attack) config(a *arena) string {
	var b strings.Builder
	probe := "timeout: 3s, concurrency: 32"
	if at.probe != "" {
		probe = at.probe
	}
	fmt.Fprintf(&b, "probe: {%s}\n", probe)
	if at.checks != "" {
		fmt.Fprintf(&b, "checks: %s\n", at.checks)
	}
	b.WriteString("accounts:\n" + account("healthy", a.oss.URL(), ""))
	if at.accounts != nil {
		b.WriteString(at.accounts(a))
	}
	b.WriteString("targets:\n")
	for i := range healthyCount {
		fmt.Fprintf(&b, "  - {bucket: healthy, cname: d%d.example.com, account: healthy, checks: {dns: false, binding: false}}\n", i)
	}
	if at.targets != nil {
		for _, target := range at.targets(a) {
			fmt.Fprintf(&b, "  - %s\n", target)
		}
	}
	return b.String()
}

// play runs one attack.
func play(t *testing.T, at attack) {
	t.Parallel()
	a := &arena{T: t, dir: t.TempDir(), oss: newOSS(t), hostile: newOSS(t), log: apptest.NewOutput(), ended: make(chan struct{})}
	a.client = &http.Client{Transport: &http.Transport{}}
	t.Cleanup(a.client.CloseIdleConnections)
	for i := range healthyCount {
		a.oss.SetToken(domain.Name{Bucket: "healthy", Base: fmt.Sprintf("d%d.example.com", i)}, osstest.Token{})
	}
	if at.before != nil {
		at.before(a)
	}
	a.write("config.yaml", at.config(a))
	a.start(at.files, cmp.Or(at.listen, "127.0.0.1:0"))
	ctx, cancel := context.WithCancel(t.Context())
	var pressure sync.WaitGroup
	if at.during != nil {
		pressure.Go(func() { at.during(ctx, a) })
	}
	scrapes := at.scrapes
	if scrapes == 0 {
		scrapes = 3
	}
	lost := 0
	for range scrapes {
		lost += healthyCount - a.scrape()
	}
	cancel()
	pressure.Wait()
	if at.after != nil {
		at.after(a)
	}
	a.judge(at, lost, scrapes)
}

func (a *arena) write(name, text string) string {
	a.Helper()
	path := filepath.Join(a.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		a.Fatal(err)
	}
	return path
}

// start runs the exporter until the test ends; files is how many it may have open.
func (a *arena) start(files int, listen string) {
	a.Helper()
	limit := ""
	if files > 0 {
		limit = fmt.Sprintf("ulimit -n %d; ", files)
	}
	a.cmd = exec.Command("sh", "-c", limit+`exec "$0" "$@"`, binary, "--config.file="+filepath.Join(a.dir, "config.yaml"), "--config.watch",
		"--web.listen-address="+listen, "--web.enable-lifecycle", "--scrape.timeout-offset=500ms")
	a.cmd.Env = []string{"OSS_ACCESS_KEY_ID=" + keyID, "OSS_ACCESS_KEY_SECRET=" + keySecret, "PATH=" + os.Getenv("PATH"), "GOMEMLIMIT=100MiB"}
	a.cmd.Stdout, a.cmd.Stderr = a.log, a.log
	if err := a.cmd.Start(); err != nil {
		a.Fatal(err)
	}
	go func() { defer close(a.ended); _ = a.cmd.Wait() }()
	a.Cleanup(func() {
		_ = a.cmd.Process.Signal(syscall.SIGTERM)
		<-a.ended
		if code := a.cmd.ProcessState.ExitCode(); code != 0 {
			a.Errorf("exit status %d", code)
		}
	})
	listening := regexp.MustCompile(`msg="Listening on" address=(\S+)`)
	for {
		if match := listening.FindStringSubmatch(a.log.String()); match != nil {
			a.address = match[1]
			return
		}
		select {
		case <-a.log.More():
		case <-a.ended:
			a.Fatalf("the exporter did not start:\n%s", a.log)
		}
	}
}

// signature is a whole signature, as requests carry it.
var signature = regexp.MustCompile(`Signature=[0-9a-f]{16}`)

var healthySample = regexp.MustCompile(`(?m)^oss_cname_token_probe_success\{bucket="healthy",[^}]*\} 1$`)

// scrape scrapes as Prometheus does and returns how many healthy targets were
// answered.
func (a *arena) scrape() int {
	a.Helper()
	_, body := a.get("/metrics", "X-Prometheus-Scrape-Timeout-Seconds", fmt.Sprint(scrapeTimeout.Seconds()))
	return len(healthySample.FindAllString(body, -1))
}

// get asks the exporter; "" is no answer.
func (a *arena) get(path string, header ...string) (status int, body string) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+a.address+path, http.NoBody)
	if err != nil {
		a.Error(err)
		return 0, ""
	}
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := a.client.Do(req)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text)
}

// dial opens a bare connection to the exporter.
func (a *arena) dial() net.Conn {
	conn, err := net.Dial("tcp", a.address)
	if err != nil {
		a.Error(err)
		return nil
	}
	return conn
}

// series returns the value of a series of the exporter itself.
func (a *arena) series(name string) float64 {
	_, body := a.get("/metrics?collect[]=exporter")
	match := regexp.MustCompile(`(?m)^` + name + ` (\S+)$`).FindStringSubmatch(body)
	if match == nil {
		a.Errorf("no series %s", name)
		return 0
	}
	v, _ := strconv.ParseFloat(match[1], 64)
	return v
}

// settled returns a series of the exporter itself once it is at most most, or falls no more: a server keeps a refused
// connection for half a second, so that the client reads why.
func (a *arena) settled(name string, most float64) float64 {
	least, reads := a.series(name), 0
	for again := time.NewTicker(50 * time.Millisecond); least > most && reads < 40; reads++ {
		<-again.C
		if next := a.series(name); next < least {
			least, reads = next, 0
		}
	}
	return least
}

// peakMB is the most memory that the exporter ever had resident.
func (a *arena) peakMB() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", a.cmd.Process.Pid))
	if err != nil {
		a.Errorf("the exporter is gone: %v\n%s", err, a.log)
		return 0
	}
	match := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	kB, _ := strconv.ParseFloat(string(match[1]), 64)
	return kB / 1024
}

// judge fails the test for samples that were lost, memory, goroutines, files and lines beyond the bounds, and secrets.
func (a *arena) judge(at attack, lost, scrapes int) {
	a.Helper()
	lines, peak := at.lines, at.peakMB
	if lines == 0 {
		lines = 200
	}
	if peak == 0 {
		peak = 200
	}
	const maxGoroutines, maxFiles = 500, 300
	goroutines, files := a.settled("go_goroutines", maxGoroutines), a.settled("process_open_fds", maxFiles)
	row := loss{at.name, lost, scrapes * healthyCount, a.peakMB(), goroutines, files, strings.Count(a.log.String(), "\n")}
	losses.add(row)
	if lost > 0 {
		a.Errorf("%d samples of healthy targets lost of %d", lost, row.of)
	}
	if row.peakMB > peak {
		a.Errorf("%.0f MB at most, want at most %.0f", row.peakMB, peak)
	}
	if goroutines > maxGoroutines || files > maxFiles {
		a.Errorf("%v goroutines and %v files afterwards", goroutines, files)
	}
	if row.lines > lines {
		a.Errorf("%d lines logged, want at most %d", row.lines, lines)
	}
	_, metrics := a.get("/metrics?collect[]=exporter")
	_, page := a.get("/")
	for where, text := range map[string]string{"log": a.log.String(), "metrics": metrics, "page": page} {
		if strings.Contains(text, keySecret) || strings.Contains(text, stolenToken) || signature.MatchString(text) {
			a.Errorf("the %s shows a secret", where)
		}
	}
	if a.Failed() {
		text := a.log.String()
		a.Logf("logged:\n%s", text[:min(len(text), 4000)])
	}
}

// loss is a row of the table that the suite prints.
type loss struct {
	name              string
	lost, of          int
	peakMB            float64
	goroutines, files float64
	lines             int
}

type table struct {
	mu   sync.Mutex
	rows []loss
}

var losses table

func (t *table) add(l loss) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows = append(t.rows, l)
}

func (t *table) print(w io.Writer) {
	lost, of := 0, 0
	fmt.Fprintf(w, "%-60s %8s %8s %10s %6s %6s\n", "attack", "lost", "peak MB", "goroutines", "files", "lines")
	for _, r := range t.rows {
		fmt.Fprintf(w, "%-60s %4d/%-3d %8.0f %10.0f %6.0f %6d\n", r.name, r.lost, r.of, r.peakMB, r.goroutines, r.files, r.lines)
		lost, of = lost+r.lost, of+r.of
	}
	fmt.Fprintf(w, "%d attacks: %d of %d samples lost\n", len(t.rows), lost, of)
}
