package vendor_test

import (
	"path"
	"slices"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/vendor"
)

// TestRowsHaveASource has each row say where it is from and when it was checked,
// and lists those that nothing was compared with for a year.
func TestRowsHaveASource(t *testing.T) {
	rows := vendor.Rows()
	if len(rows) < 80 {
		t.Fatalf("only %d rows", len(rows))
	}
	for _, name := range []string{"region cn-hangzhou", "suffix taihangcda.cn", "suffix taobao.com", "code NoSuchBucket", "code 0004-*", "status Blocked", "status Expired"} {
		if !slices.ContainsFunc(rows, func(r vendor.Row) bool { return strings.Join(strings.Fields(r.Name), " ") == name }) {
			t.Errorf("no row %q", name)
		}
	}
	var names []string
	for _, r := range rows {
		if _, err := time.Parse("2006-01", r.Checked); err != nil || r.Page == "" || slices.Contains(names, r.Name) && !strings.HasPrefix(r.Name, "status ") {
			t.Errorf("%q: page %q, checked %q, or it is there twice", r.Name, r.Page, r.Checked)
		}
		names = append(names, r.Name)
		if age := r.Age(time.Now()); age > 365*24*time.Hour {
			t.Logf("%s is %d days old: compare it with %s", r.Name, int(age.Hours()/24), r.Page)
		}
	}
}

func TestAge(t *testing.T) {
	now := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	for checked, want := range map[string]time.Duration{"2026-11": 30 * 24 * time.Hour, "2025-12": 365 * 24 * time.Hour, "": 1<<63 - 1} {
		if got := (vendor.Source{Checked: checked}).Age(now); got != want {
			t.Errorf("%q: got %v, want %v", checked, got, want)
		}
	}
}

// TestCodes holds the table to the rules that need no question to OSS.
func TestCodes(t *testing.T) {
	codes := vendor.Codes()
	for i, c := range codes {
		for _, pattern := range []string{c.Code, c.EC} {
			if _, err := path.Match(pattern, ""); err != nil {
				t.Errorf("%+v: %v", c, err)
			}
		}
		if c.Reason != "" && !slices.Contains(status.Reasons(), c.Reason) || c.Code == "" && c.EC == "" || c.Meaning == "" {
			t.Errorf("not a row: %+v", c)
		}
		example := func(pattern string) string {
			return strings.NewReplacer("*", "0", "[678]", "7").Replace(pattern)
		}
		if got := vendor.FindCode(example(c.Code), example(c.EC)); got != c {
			t.Errorf("row %d, %q %q, is hidden by %q %q", i, c.Code, c.EC, got.Code, got.EC)
		}
	}
	if got := vendor.FindCode("Unheard", "0099-00000001"); got != (vendor.Code{}) {
		t.Errorf("got %+v for a code that is not listed", got)
	}
}

// TestEveryThrottlingEC is throttling whatever code it comes with.
func TestEveryThrottlingEC(t *testing.T) {
	for _, code := range []string{"", "Unheard", "AccessDenied", "ActiveRequestLimitExceeded"} {
		if got := vendor.FindCode(code, "0004-00000304"); got.Reason != status.ReasonThrottled {
			t.Errorf("%q: got %q", code, got.Reason)
		}
	}
}

func TestRegions(t *testing.T) {
	regions := vendor.Regions()
	if len(regions) != 41 || !slices.IsSortedFunc(regions, func(a, b vendor.Region) int { return strings.Compare(a.ID, b.ID) }) {
		t.Fatalf("%d regions, or not sorted", len(regions))
	}
	var names []string
	for _, r := range regions {
		if r.Chinese == "" || r.English == "" || r.Public == "" && r.Internal == "" {
			t.Errorf("not whole: %+v", r)
		}
		if slices.Contains(names, r.Chinese) || slices.Contains(names, r.English) {
			t.Errorf("two regions have a name of %+v", r)
		}
		names = append(names, r.Chinese, r.English)
		for _, host := range []string{r.Public, r.Internal, r.DualStack} {
			if host != "" && !strings.HasSuffix(host, vendor.Domain) {
				t.Errorf("%s: %q", r.ID, host)
			}
		}
	}
}

// TestEndpoints has regions whose endpoints follow from their ids, and others.
func TestEndpoints(t *testing.T) {
	want := map[string][3]string{
		"cn-hangzhou":         {"oss-cn-hangzhou.aliyuncs.com", "oss-cn-hangzhou-internal.aliyuncs.com", "cn-hangzhou.oss.aliyuncs.com"},
		"cn-wuhan-lr":         {"oss-cn-wuhan-lr.aliyuncs.com", "oss-cn-wuhan-lr-internal.aliyuncs.com", ""},
		"cn-hangzhou-finance": {"oss-cn-hzfinance.aliyuncs.com", "oss-cn-hzfinance-internal.aliyuncs.com", ""},
		"cn-north-2-gov-1":    {"", "oss-cn-north-2-gov-1-internal.aliyuncs.com", ""},
		"rg-china-mainland":   {"oss-rg-china-mainland.aliyuncs.com", "", ""},
	}
	for _, r := range vendor.Regions() {
		if hosts, tested := want[r.ID]; tested && hosts != [3]string{r.Public, r.Internal, r.DualStack} {
			t.Errorf("%s: got %q, %q, %q; want %q", r.ID, r.Public, r.Internal, r.DualStack, hosts)
		}
	}
}

func TestCNAMETargets(t *testing.T) {
	want := map[string]string{
		"cn-hangzhou": "b.cn-hangzhou.taihangcda.cn", "cn-hongkong": "b.cn-hongkong.thepacificxxs.com",
		"ap-southeast-1": "b.ap-southeast-1.thepacificxxs.com", "cn-hangzhou-finance": "b.cn-hangzhou-finance.taihangcda.cn",
	}
	for _, r := range vendor.Regions() {
		if target, tested := want[r.ID]; tested && r.CNAMETarget("b") != target {
			t.Errorf("%s: got %s, want %s", r.ID, r.CNAMETarget("b"), target)
		}
	}
}

func TestLives(t *testing.T) {
	for _, r := range vendor.Regions() {
		want := map[string]vendor.Life{"ap-southeast-2": vendor.Closed, "ap-south-1": vendor.Closed, "cn-nanjing": vendor.Closing, "cn-fuzhou": vendor.Closing}[r.ID]
		if r.Life != want {
			t.Errorf("%s: got %d, want %d", r.ID, r.Life, want)
		}
	}
}

func TestReservedNames(t *testing.T) {
	for name, want := range map[string]bool{
		"aliyuncs.com": true, "x.aliyuncs.com": true, "a.b.taobao.com": true, "x.aliyun.com": true, "x.aliyun-inc.com": true, "x.taobaocdn.com": true,
		"evilaliyuncs.com": false, "aliyuncs.com.example.com": false, "www.example.com": false, "": false,
	} {
		if got := vendor.IsReserved(name); got != want {
			t.Errorf("%q: got %v", name, got)
		}
	}
}

// TestWords has the words that the rest of the program tells apart.
func TestWords(t *testing.T) {
	served := func(words []vendor.Word) (texts []string) {
		for _, w := range words {
			if w.Meaning == "" {
				t.Errorf("%q has no meaning", w.Word)
			}
			if w.Served {
				texts = append(texts, w.Word)
			}
		}
		return texts
	}
	if got := served(vendor.BindingWords()); !slices.Equal(got, []string{"Enabled"}) {
		t.Errorf("domains are served when %q", got)
	}
	if got := served(vendor.CertificateWords()); !slices.Equal(got, []string{"Enabled"}) {
		t.Errorf("certificates are served when %q", got)
	}
	for _, w := range vendor.BindingWords() {
		if got := status.NewBindingStatus(w.Word); string(got) != strings.ToLower(w.Word) {
			t.Errorf("%s is read as %q", w.Word, got)
		}
	}
}
