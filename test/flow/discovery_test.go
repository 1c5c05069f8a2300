package flow_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// discovering is an exporter with one target, whose account has more.
const discovering = `accounts: {main: {region: cn-hangzhou, endpoint: "OSS", discover: true}}
targets: [{bucket: examplebucket, cname: www.example.com}]
`

// startDiscovering has four domains bound, one of them configured and one in another region.
func startDiscovering(t *testing.T) (url string, oss *osstest.Server) {
	t.Helper()
	url, oss = startProbed(t, discovering)
	oss.AddBucket(osstest.Bucket{Name: "other-bucket"})
	for _, d := range []domain.Name{
		{Bucket: "examplebucket", Base: "www.example.com"},
		{Bucket: "examplebucket", Base: "forgotten.example.com"},
		{Bucket: "other-bucket", Base: "example.org", Wildcard: true},
		{Bucket: "elsewhere", Base: "elsewhere.example.com"},
	} {
		oss.Bind(d, osstest.Binding{})
	}
	return url, oss
}

// status gets url, whatever the answer is.
func status(ctx context.Context, url string) (code int, body string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}

// once gets url again and again until the answer is code with text in it.
func once(t *testing.T, url string, code int, text string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var last string
	for {
		got, body, err := status(ctx, url)
		if err != nil {
			t.Fatalf("no %d with %q: %v; the last answer was\n%s", code, text, err, last)
		}
		if last = body; got == code && strings.Contains(body, text) {
			return body
		}
	}
}

// TestDiscoveryShowsWhatIsForgotten follows a domain that nobody configured from
// the list to its probe.
func TestDiscoveryShowsWhatIsForgotten(t *testing.T) {
	url, oss := startDiscovering(t)
	page := once(t, url+"/", 200, "2 buckets")
	for _, want := range []string{"Bound, not configured", "forgotten.example.com", "*.example.org"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page\n%s", want, page)
		}
	}
	list := once(t, url+"/sd?configured=false", 200, "")
	for text, n := range map[string]int{
		`"__meta_oss_cname_configured":"false"`:             2,
		`"targets":["examplebucket/forgotten.example.com"]`: 1,
		`"targets":["other-bucket/*.example.org"]`:          1,
		"www.example.com":                         0,
		"elsewhere":                               0,
		`"__meta_oss_cname_account":"main"`:       2,
		`"__meta_oss_cname_region":"cn-hangzhou"`: 2,
		`"__meta_oss_cname_wildcard":"true"`:      1,
	} {
		if strings.Count(list, text) != n && (n > 0 || strings.Contains(list, text)) {
			t.Errorf("%d of %q, want %d in\n%s", strings.Count(list, text), text, n, list)
		}
	}
	usual, all := fetch(t, url+"/sd"), fetch(t, url+"/sd?configured=true&configured=false")
	if strings.Contains(usual, "forgotten") || strings.Count(all, `"targets"`) != 3 {
		t.Errorf("the usual list is\n%s\nand that of all\n%s", usual, all)
	}
	if body := fetch(t, url+"/probe?target=other-bucket/*.example.org&account=main"); !strings.Contains(body, `oss_cname_token_exists{bucket="other-bucket",cname="*.example.org"} 0`) {
		t.Errorf("probed:\n%s", body)
	}
	if lists, names := oss.CallsOf("ListBuckets"), oss.CallsOf("ListCname"); lists != 1 || names != 2 {
		t.Errorf("%d ListBuckets and %d ListCname for all of that", lists, names)
	}
}

func TestScrapesDiscoverNothing(t *testing.T) {
	url, oss := startDiscovering(t)
	for range 3 {
		fetch(t, url+"/metrics")
		fetch(t, url+"/sd")
	}
	if n := oss.CallsOf("ListBuckets") + oss.CallsOf("ListCname"); n != 0 {
		t.Errorf("%d calls", n)
	}
}

// TestDiscoveryThatFails is seen on the page, gives http_sd no list that lacks
// something, and costs no scrape a sample.
func TestDiscoveryThatFails(t *testing.T) {
	denied := osstest.Fail(403, "AccessDenied", "0003-00000001")
	for name, test := range map[string]struct {
		at      domain.Name
		reply   osstest.Behaviour
		code    int
		listed  string
		visible string
	}{
		"RAM denies ListBuckets":         {domain.Name{}, denied, 503, `account "main": access_denied: ListBuckets: 403 AccessDenied`, "access_denied: ListBuckets: 403 AccessDenied"},
		"the list is rubbish":            {domain.Name{}, osstest.Reply(200, "<html/>"), 503, "bad_response", "bad_response: ListBuckets"},
		"RAM denies ListCname of one":    {domain.Name{Bucket: "other-bucket"}, denied, 200, "forgotten", "1 of 2 buckets could not be asked: access_denied: ListCname: 403"},
		"one bucket's list is rubbish":   {domain.Name{Bucket: "other-bucket"}, osstest.Reply(200, "<html/>"), 200, "forgotten", "1 of 2 buckets could not be asked: bad_response"},
		"OSS throttles ListCname midway": {domain.Name{Bucket: "examplebucket"}, osstest.Fail(503, "MetaOperationQpsLimitExceeded", ""), 503, "throttled", "2 of 2 buckets could not be asked: throttled"},
	} {
		t.Run(name, func(t *testing.T) {
			url, oss := startDiscovering(t)
			oss.Behave(test.at, test.reply)
			once(t, url+"/", 200, test.visible)
			once(t, url+"/sd?configured=false", test.code, test.listed)
			oss.Behave(test.at)
			if body := once(t, url+"/metrics", 200, `oss_cname_token_probe_success{bucket="examplebucket",cname="www.example.com"} 1`); !strings.Contains(body, `probe_errors_total{reason="access_denied"} 0`) {
				t.Error("a look that fails counts among the targets' errors")
			}
		})
	}
}

// TestHangingDiscoveryCostsNoScrape has OSS never tell which buckets there are.
func TestHangingDiscoveryCostsNoScrape(t *testing.T) {
	url, oss := startDiscovering(t)
	oss.Behave(domain.Name{}, osstest.Hang)
	fetch(t, url+"/")
	for range 3 {
		if body := fetch(t, url+"/metrics"); !strings.Contains(body, "\noss_cname_token_probe_success{"+fmt.Sprintf("bucket=%q,cname=%q} 1", "examplebucket", "www.example.com")) {
			t.Errorf("the scrape suffers:\n%s", body)
		}
	}
	if code, body, err := status(t.Context(), url+"/sd?configured=false"); err != nil || code != 503 || !strings.Contains(body, "not looked at yet") {
		t.Errorf("got %d %q, %v", code, body, err)
	}
}
