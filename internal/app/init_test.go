package app_test

import (
	"bytes"
	"strings"
	"testing"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/config"
)

// TestInit writes the configuration of the demo's account, and holds it to the parser.
func TestInit(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if err := app.Run(t.Context(), []string{"init", "--demo"}, func(string) string { return "" }, &stdout, &stderr); err != nil {
		t.Fatal(err)
	}
	cfg, err := config.Parse("config.yaml", stdout.Bytes())
	if err != nil {
		t.Fatalf("the file is refused: %v\n%s", err, &stdout)
	}
	if len(cfg.Targets) == 0 || !cfg.Targets[0].Checks.Binding || !cfg.Targets[0].Checks.DNS {
		t.Errorf("got %d targets, %+v", len(cfg.Targets), cfg.Targets)
	}
	if !strings.Contains(stderr.String(), "domains in 1 bucket of cn-hangzhou") {
		t.Errorf("stderr: %s", &stderr)
	}
}

// TestInitInChinese takes the language of the terminal, and of the flag before it.
func TestInitInChinese(t *testing.T) {
	for flag, want := range map[string]string{"--bucket=demo-bucket": "检查配置", "--language=zh": "检查配置", "--language=en": "Check it with"} {
		var stdout, stderr bytes.Buffer
		getenv := func(name string) string { return map[string]string{"LANG": "zh_CN.UTF-8"}[name] }
		if err := app.Run(t.Context(), []string{"init", "--demo", flag}, getenv, &stdout, &stderr); err != nil || !strings.Contains(stdout.String(), want) {
			t.Errorf("%s: %v, got\n%s", flag, err, &stdout)
		}
	}
}

// TestWithoutFile has command lines that name a region in place of a file.
func TestWithoutFile(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"init without a region": {[]string{"init"}, "--region: missing"},
		"init without a key":    {[]string{"init", "--region=cn-hangzhou"}, "set OSS_ACCESS_KEY_ID"},
		"no domain":             {[]string{"check", "--region=cn-hangzhou"}, "name at least one domain"},
		"a bad bucket":          {[]string{"check", "--region=cn-hangzhou", "b/www.example.com"}, "not a bucket name"},
		"a bad domain":          {[]string{"check", "--region=cn-hangzhou", "examplebucket"}, "write bucket and domain"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if err := app.Run(t.Context(), test.args, func(string) string { return "" }, &stdout, &stderr); err == nil {
				t.Fatalf("no error; %s", &stdout)
			}
			if !strings.Contains(stderr.String(), test.says) {
				t.Errorf("got %q, want %q", &stderr, test.says)
			}
		})
	}
}
