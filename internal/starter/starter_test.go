package starter_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/starter"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// account answers for its buckets, two a page.
type account struct {
	buckets []string
	bound   map[string][]ossclient.Binding
	fails   map[string]status.Reason // by bucket; "" is ListBuckets
}

func (a account) ListBuckets(_ context.Context, _ *config.Account, marker string) (ossclient.Buckets, error) {
	if reason := a.fails[""]; reason != "" {
		return ossclient.Buckets{}, failure(reason)
	}
	for i, name := range a.buckets {
		if name > marker {
			page := ossclient.Buckets{Names: a.buckets[i:min(i+2, len(a.buckets))]}
			if i+2 < len(a.buckets) {
				page.Next = a.buckets[i+1]
			}
			return page, nil
		}
	}
	return ossclient.Buckets{}, nil
}

func (a account) ListCname(_ context.Context, _ *config.Account, bucket string) ([]ossclient.Binding, error) {
	if reason := a.fails[bucket]; reason != "" {
		return nil, failure(reason)
	}
	return a.bound[bucket], nil
}

func failure(reason status.Reason) error {
	return &ossclient.Error{Operation: "ListCname", Reason: reason, Err: errors.New("AccessDenied:\nrefused # by a policy")}
}

func bound(bucket string, bases ...string) (bindings []ossclient.Binding) {
	for _, base := range bases {
		base, wildcard := strings.CutPrefix(base, "*.")
		bindings = append(bindings, ossclient.Binding{Name: domain.Name{Bucket: bucket, Base: base, Wildcard: wildcard}})
	}
	return bindings
}

func write(t *testing.T, a account, opts starter.Options) (text, summary string, err error) {
	t.Helper()
	opts.Account = &config.Account{Name: "main", Region: "cn-hangzhou"}
	var b strings.Builder
	summary, err = starter.Write(t.Context(), a, opts, &b)
	return b.String(), summary, err
}

// TestChinese wants the comments and the summary in Chinese, and the same
// configuration.
func TestChinese(t *testing.T) {
	a := account{buckets: []string{"bucket-a", "bucket-b"}, fails: map[string]status.Reason{"bucket-b": status.ReasonAccessDenied}, bound: map[string][]ossclient.Binding{"bucket-a": bound("bucket-a", "www.example.com")}}
	english, _, err := write(t, a, starter.Options{})
	if err != nil {
		t.Fatal(err)
	}
	chinese, summary, err := write(t, a, starter.Options{Language: lang.Chinese})
	if err != nil || summary != "cn-hangzhou 的 2 个 Bucket 中有 1 个域名" {
		t.Errorf("got %q, %v", summary, err)
	}
	for _, want := range []string{"# 生成命令：oss_cname_exporter init\n", "# 2 个 Bucket 中有 1 个缺少 oss:ListCname 权限", "请添加等待域名所有权验证的域名："} {
		if !strings.Contains(chinese, want) {
			t.Errorf("the file does not say %q:\n%s", want, chinese)
		}
	}
	withoutComments := func(text string) string { return regexp.MustCompile(` *#.*`).ReplaceAllString(text, "") }
	if got, want := withoutComments(chinese), withoutComments(english); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestWritten holds each file that is written to the parser of configurations.
func TestWritten(t *testing.T) {
	agentic := "assets-1234567890123456-cn-hangzhou-ab-apsr"
	for name, test := range map[string]struct {
		account account
		buckets []string
		targets string // bucket/cname, separated by a blank
		summary string
		says    []string
	}{
		"all": {account{buckets: []string{agentic, "bucket-a", "bucket-b", "on"}, bound: map[string][]ossclient.Binding{
			"bucket-a": bound("bucket-a", "www.example.com", "a.example.com"), agentic: bound(agentic, "*.assets.example.com"),
		}}, nil, agentic + "/*.assets.example.com bucket-a/a.example.com bucket-a/www.example.com", "3 domains in 4 buckets of cn-hangzhou",
			[]string{"# bucket-b: no domain is bound"}},
		"nothing":            {account{}, nil, "", "0 domains in 0 buckets of cn-hangzhou", []string{"discover: true"}},
		"no oss:ListBuckets": {account{fails: map[string]status.Reason{"": status.ReasonAccessDenied}}, nil, "", "0 domains in 0 buckets of cn-hangzhou", []string{"# oss:ListBuckets is missing", "--bucket"}},
		"named buckets": {account{fails: map[string]status.Reason{"": status.ReasonAccessDenied}, bound: map[string][]ossclient.Binding{"bucket-a": bound("bucket-a", "www.example.com")}},
			[]string{"bucket-a"}, "bucket-a/www.example.com", "1 domain in 1 bucket of cn-hangzhou", nil},
		"no oss:ListCname for one": {account{buckets: []string{"bucket-a", "bucket-b"}, fails: map[string]status.Reason{"bucket-a": status.ReasonAccessDenied},
			bound: map[string][]ossclient.Binding{"bucket-b": bound("bucket-b", "www.example.com")}},
			nil, "bucket-b/www.example.com", "1 domain in 2 buckets of cn-hangzhou", []string{"oss:ListCname is missing for 1 of 2 buckets", "  # bucket-a: ", "AccessDenied: refused # by a policy\n"}},
		"an entry that cannot be read": {account{buckets: []string{"bucket-a"}, bound: map[string][]ossclient.Binding{"bucket-a": append(bound("bucket-a", "www.example.com"), ossclient.Binding{Err: errors.New("x")})}},
			nil, "bucket-a/www.example.com", "1 domain in 1 bucket of cn-hangzhou", []string{"could not be read"}},
	} {
		t.Run(name, func(t *testing.T) {
			text, summary, err := write(t, test.account, starter.Options{Buckets: test.buckets, Command: "oss_cname_exporter init\n--region=cn-hangzhou"})
			if err != nil {
				t.Fatal(err)
			}
			cfg, err := config.Parse("config.yaml", []byte(text))
			if err != nil {
				t.Fatalf("the file is refused: %v\n%s", err, text)
			}
			var targets []string
			for i := range cfg.Targets {
				targets = append(targets, cfg.Targets[i].String())
				if !cfg.Targets[i].Checks.Binding || !cfg.Targets[i].Checks.DNS {
					t.Errorf("%s has checks off", &cfg.Targets[i])
				}
			}
			if got := strings.Join(targets, " "); got != test.targets {
				t.Errorf("got targets %q, want %q", got, test.targets)
			}
			if summary != test.summary {
				t.Errorf("got %q, want %q", summary, test.summary)
			}
			for _, part := range append(test.says, "init --region=cn-hangzhou\n") {
				if !strings.Contains(text, part) {
					t.Errorf("the file does not say %q:\n%s", part, text)
				}
			}
		})
	}
}

// TestFailures has failures that leave nothing to write.
func TestFailures(t *testing.T) {
	for _, a := range []account{
		{fails: map[string]status.Reason{"": status.ReasonCredentials}},
		{buckets: []string{"bucket-a"}, fails: map[string]status.Reason{"bucket-a": status.ReasonTimeout}},
	} {
		if text, _, err := write(t, a, starter.Options{}); err == nil || text != "" {
			t.Errorf("got %q, %v", text, err)
		}
	}
}

// TestMaxBuckets has more buckets than are looked at.
func TestMaxBuckets(t *testing.T) {
	var a account
	for i := range 1005 {
		a.buckets = append(a.buckets, fmt.Sprintf("bucket-%04d", i))
	}
	text, summary, err := write(t, a, starter.Options{})
	if err != nil || !strings.HasPrefix(summary, "0 domains in 1000 buckets") || !strings.Contains(text, "more than 1000 buckets") {
		t.Errorf("got %q, %v", summary, err)
	}
}
