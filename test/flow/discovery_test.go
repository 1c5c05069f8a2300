package flow_test

import (
	"fmt"
	"strings"
	"testing"

	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// discovering is an exporter with one target, whose account has more.
const discovering = `probe: {` + patient + `}
accounts: {main: {region: cn-hangzhou, endpoint: "OSS", discover: true}}
targets: [{bucket: examplebucket, cname: www.example.com}]
`

// serveDiscovering has four domains bound, one of them configured and one in another region.
func serveDiscovering(t *testing.T) (*apptest.Server, *osstest.Server) {
	t.Helper()
	server, oss := serveProbed(t, discovering)
	oss.AddBucket(osstest.Bucket{Name: "other-bucket"})
	for _, d := range []domain.Name{
		{Bucket: "examplebucket", Base: "www.example.com"},
		{Bucket: "examplebucket", Base: "forgotten.example.com"},
		{Bucket: "other-bucket", Base: "example.org", Wildcard: true},
		{Bucket: "elsewhere", Base: "elsewhere.example.com"},
	} {
		oss.Bind(d, osstest.Binding{})
	}
	return server, oss
}

// await asks for a path again and again until the answer has this status and
// text.
func await(t *testing.T, server *apptest.Server, path string, status int, text string) string {
	t.Helper()
	for {
		if got, body := apptest.Get(t, server.URL+path); got == status && strings.Contains(body, text) {
			return body
		}
	}
}

// TestDiscoveryShowsWhatIsForgotten follows a domain that nobody configured from
// the list to its probe.
func TestDiscoveryShowsWhatIsForgotten(t *testing.T) {
	server, oss := serveDiscovering(t)
	page := await(t, server, "/", 200, "2 buckets")
	for _, want := range []string{"Bound, not configured", "forgotten.example.com", "*.example.org"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page\n%s", want, page)
		}
	}
	list := await(t, server, "/sd?configured=false", 200, "")
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
	usual, all := server.Fetch(t, "/sd"), server.Fetch(t, "/sd?configured=true&configured=false")
	if strings.Contains(usual, "forgotten") || strings.Count(all, `"targets"`) != 3 {
		t.Errorf("the usual list is\n%s\nand that of all\n%s", usual, all)
	}
	if body := server.Fetch(t, "/probe?target=other-bucket/*.example.org&account=main"); !strings.Contains(body, `oss_cname_token_exists{bucket="other-bucket",cname="*.example.org"} 0`) {
		t.Errorf("probed:\n%s", body)
	}
	if lists, names := oss.CallsOf("ListBuckets"), oss.CallsOf("ListCname"); lists != 1 || names != 2 {
		t.Errorf("%d ListBuckets and %d ListCname for all of that", lists, names)
	}
}

func TestScrapesDiscoverNothing(t *testing.T) {
	server, oss := serveDiscovering(t)
	for range 3 {
		server.Fetch(t, "/metrics")
		server.Fetch(t, "/sd")
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
			server, oss := serveDiscovering(t)
			oss.Behave(test.at, test.reply)
			await(t, server, "/", 200, test.visible)
			await(t, server, "/sd?configured=false", test.code, test.listed)
			oss.Behave(test.at)
			if body := await(t, server, "/metrics", 200, `oss_cname_token_probe_success{bucket="examplebucket",cname="www.example.com"} 1`); !strings.Contains(body, `probe_errors_total{reason="access_denied"} 0`) {
				t.Error("a look that fails counts among the targets' errors")
			}
		})
	}
}

// TestHangingDiscoveryCostsNoScrape has OSS never tell which buckets there are.
func TestHangingDiscoveryCostsNoScrape(t *testing.T) {
	server, oss := serveDiscovering(t)
	oss.Behave(domain.Name{}, osstest.Hang)
	server.Fetch(t, "/")
	for range 3 {
		if body := server.Fetch(t, "/metrics"); !strings.Contains(body, "\noss_cname_token_probe_success{"+fmt.Sprintf("bucket=%q,cname=%q} 1", "examplebucket", "www.example.com")) {
			t.Errorf("the scrape suffers:\n%s", body)
		}
	}
	if status, body := apptest.Get(t, server.URL+"/sd?configured=false"); status != 503 || !strings.Contains(body, "not looked at yet") {
		t.Errorf("got %d %q", status, body)
	}
}
