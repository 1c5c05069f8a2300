package flow_test

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/domain"
)

func TestReloadChangesTheTargets(t *testing.T) {
	simulated := demo.Start()
	defer simulated.Close()
	path := filepath.Join(t.TempDir(), "config.yaml")
	write := func(cname string) {
		text := "accounts: {main: {region: cn-hangzhou, endpoint: \"" + simulated.OSS.URL() + "\"}}\n" +
			"targets: [{bucket: demo-bucket, cname: plenty.example.com}, {bucket: demo-bucket, cname: " + cname + "}]\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("hours.example.com")
	env := map[string]string{"OSS_ACCESS_KEY_ID": demo.Getenv("OSS_ACCESS_KEY_ID"), "OSS_ACCESS_KEY_SECRET": demo.Getenv("OSS_ACCESS_KEY_SECRET")}
	p := apptest.Start(t, env, "--config.file="+path, "--web.enable-lifecycle", "--web.listen-address=127.0.0.1:0")
	url := "http://" + p.Address(t)

	expect := func(probes, cname, successful string) {
		t.Helper()
		_, metrics := apptest.Get(t, url+"/metrics")
		for _, want := range []string{
			`oss_cname_token_probes_total{bucket="demo-bucket",cname="plenty.example.com"} ` + probes,
			`oss_cname_token_exists{bucket="demo-bucket",cname="` + cname + `"} 1`,
			`oss_cname_exporter_config_last_reload_successful ` + successful,
		} {
			if !strings.Contains(metrics, "\n"+want+"\n") {
				t.Errorf("no line %s", want)
			}
		}
		if n := strings.Count(metrics, "\noss_cname_token_exists{"); n != 2 {
			t.Errorf("%d targets, want 2", n)
		}
	}
	expect("1", "hours.example.com", "1")

	write("minutes.example.com")
	expect("2", "hours.example.com", "1") // not yet
	if status, body := apptest.Do(t, http.MethodPost, url+"/-/reload"); status != http.StatusOK {
		t.Errorf("reload: %d %s", status, body)
	}
	expect("3", "minutes.example.com", "1")

	write("https://nonsense")
	if status, body := apptest.Do(t, http.MethodPost, url+"/-/reload"); status != http.StatusInternalServerError || !strings.Contains(body, "has a scheme") {
		t.Errorf("bad reload: %d %s", status, body)
	}
	expect("4", "minutes.example.com", "0")

	write("slow.example.com")
	if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	p.Stderr.Wait(t, `(?s)configuration refused.*(configuration loaded)`)
	expect("5", "slow.example.com", "1")
}

// TestScrapeFinishesOnTheOldConfiguration reloads in the middle of a scrape.
func TestScrapeFinishesOnTheOldConfiguration(t *testing.T) {
	simulated := demo.Start()
	defer simulated.Close()
	arrived, release := make(chan struct{}), make(chan struct{})
	simulated.OSS.Behave(domain.Name{Bucket: "demo-bucket", Base: "slow.example.com"}, func(genuine http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			close(arrived)
			<-release
			genuine.ServeHTTP(w, r)
		})
	})
	path := filepath.Join(t.TempDir(), "config.yaml")
	write := func(region, cname string) {
		text := "accounts: {main: {region: cn-hangzhou, endpoint: \"" + simulated.OSS.URL() + "\"" + region + "}}\n" +
			"targets: [{bucket: demo-bucket, cname: " + cname + "}]\n"
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("", "slow.example.com")
	env := map[string]string{"OSS_ACCESS_KEY_ID": demo.Getenv("OSS_ACCESS_KEY_ID"), "OSS_ACCESS_KEY_SECRET": demo.Getenv("OSS_ACCESS_KEY_SECRET")}
	p := apptest.Start(t, env, "--config.file="+path, "--web.enable-lifecycle", "--web.listen-address=127.0.0.1:0")
	url := "http://" + p.Address(t)
	scraped := make(chan string, 1)
	go func() {
		_, body := apptest.Get(t, url+"/metrics")
		scraped <- body
	}()
	<-arrived
	write(", rate_limit: 7", "hours.example.com")
	if status, body := apptest.Do(t, http.MethodPost, url+"/-/reload"); status != http.StatusOK {
		t.Errorf("reload: %d %s", status, body)
	}
	if _, body := apptest.Get(t, url+"/metrics"); !strings.Contains(body, `cname="hours.example.com"} 1`) || strings.Contains(body, "slow.example.com") {
		t.Errorf("after the reload answered, the old configuration is in force:\n%s", body)
	}
	close(release)
	if body := <-scraped; !strings.Contains(body, `oss_cname_token_exists{bucket="demo-bucket",cname="slow.example.com"} 1`) || strings.Contains(body, "hours.example.com") {
		t.Errorf("the scrape that was under way did not finish on the old configuration:\n%s", body)
	}
}

func TestOpenFilesAreWarnedOf(t *testing.T) {
	dir := t.TempDir()
	simulated := demo.Start()
	defer simulated.Close()
	for name, mode := range map[string]os.FileMode{"id": 0o644, "secret": 0o644, "token": 0o640} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("x"), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
	path := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf("accounts: {shared: {region: cn-hangzhou, endpoint: %q, credentials: {type: static_files, access_key_id_file: %[2]s/id, "+
		"access_key_secret_file: %[2]s/secret, security_token_file: %[2]s/token}}}\ntargets: [{bucket: demo-bucket, cname: a.example.com}]\n", simulated.OSS.URL(), dir)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p := apptest.Start(t, nil, "--config.file="+path, "--web.listen-address=127.0.0.1:0")
	p.Address(t)
	want := "account=shared file=" + filepath.Join(dir, "secret") + " mode=-rw-r--r--"
	if logged := p.Stderr.String(); strings.Count(logged, "level=warn") != 1 || !strings.Contains(logged, want) {
		t.Errorf("want one warning with %q in\n%s", want, logged)
	}
}
