package region_test

import (
	"slices"
	"testing"
	"time"

	"oss_cname_exporter/internal/region"
	"oss_cname_exporter/internal/vendor"
)

func TestParseHost(t *testing.T) {
	for name, want := range map[string]region.Host{
		"oss-cn-hangzhou.aliyuncs.com":                                     {Region: "cn-hangzhou"},
		"oss-cn-hangzhou-internal.aliyuncs.com":                            {Region: "cn-hangzhou"},
		"cn-hangzhou.oss.aliyuncs.com":                                     {Region: "cn-hangzhou"},
		"b.oss-cn-hangzhou.aliyuncs.com":                                   {Bucket: "b", Region: "cn-hangzhou"},
		"B.OSS-CN-Hangzhou.aliyuncs.com.":                                  {Bucket: "b", Region: "cn-hangzhou"},
		"b.oss-cn-hangzhou-internal.aliyuncs.com":                          {Bucket: "b", Region: "cn-hangzhou"},
		"b.cn-hangzhou.oss.aliyuncs.com":                                   {Bucket: "b", Region: "cn-hangzhou"},
		"b.s3.oss-cn-hangzhou.aliyuncs.com":                                {Bucket: "b", Region: "cn-hangzhou"},
		"b.oss-accelerate.aliyuncs.com":                                    {Bucket: "b"},
		"b.oss-accelerate-overseas.aliyuncs.com":                           {Bucket: "b"},
		"oss-accelerate.aliyuncs.com":                                      {},
		"b.oss-cn-hzfinance.aliyuncs.com":                                  {Bucket: "b", Region: "cn-hangzhou-finance"},
		"b.oss-cn-szfinance-internal.aliyuncs.com":                         {Bucket: "b", Region: "cn-shenzhen-finance-1"},
		"b.oss-cn-shanghai-finance-1-pub.aliyuncs.com":                     {Bucket: "b", Region: "cn-shanghai-finance-1"},
		"b.oss-xx-new-1.aliyuncs.com":                                      {Bucket: "b", Region: "xx-new-1", Vague: true},
		"ap-01-7d5e-ossalias.oss-cn-hangzhou.aliyuncs.com":                 {Bucket: "ap-01-7d5e-ossalias", Region: "cn-hangzhou", Vague: true},
		"fc-01-7d5e-opapalias.oss-cn-hangzhou.aliyuncs.com":                {Bucket: "fc-01-7d5e-opapalias", Region: "cn-hangzhou", Vague: true},
		"b.oss-website-cn-hangzhou.aliyuncs.com":                           {Bucket: "b", Region: "website-cn-hangzhou", Vague: true},
		"b.oss-cn-hangzhou-a.aliyuncs.com":                                 {Bucket: "b", Region: "cn-hangzhou-a", Vague: true},
		"b.oss-internal.aliyuncs.com":                                      {Bucket: "b", Region: "internal", Vague: true},
		"b.oss.aliyuncs.com":                                               {Bucket: "b", Vague: true},
		"b.vpc100-oss-cn-hangzhou.aliyuncs.com":                            {Bucket: "b", Vague: true},
		"ap-1.oss-cn-hangzhou.oss-accesspoint.aliyuncs.com":                {Bucket: "ap-1", Vague: true},
		"b.xx-new-1.taihangcda.cn":                                         {Bucket: "b", Region: "xx-new-1", Vague: true},
		"b.cn-hangzhou.taihangcda.cn":                                      {Bucket: "b", Region: "cn-hangzhou"},
		"b.ap-southeast-1.thepacificxxs.com":                               {Bucket: "b", Region: "ap-southeast-1"},
		"b.cn-hangzhou.oss.example.net":                                    {Bucket: "b", Region: "cn-hangzhou"},
		"p-1234567890123456-cn-hangzhou-ab-apsr.cn-hangzhou.taihangcda.cn": {Bucket: "p-1234567890123456-cn-hangzhou-ab-apsr", Region: "cn-hangzhou"},
	} {
		if got, ok := region.ParseHost(name, ".oss.example.net"); !ok || got != want {
			t.Errorf("%s: got %+v, %v; want %+v", name, got, ok, want)
		}
	}
}

// TestNamesThatAreNotRead has names that are no endpoint of OSS, and unknown ones.
func TestNamesThatAreNotRead(t *testing.T) {
	for _, name := range []string{
		"", ".", "aliyuncs.com", ".aliyuncs.com", "example.com", "localhost", "sts.cn-hangzhou.aliyuncs.com", "oss.aliyuncs.com",
		"a.b.oss-cn-hangzhou.aliyuncs.com", "taihangcda.cn", "cn-hangzhou.taihangcda.cn", "a.b.cn-hangzhou.taihangcda.cn", "b..taihangcda.cn",
		"b.oss-cn-hangzhou.aliyuncs.com.example.com", "eviltaihangcda.cn", "b.cn-hangzhou.eviltaihangcda.cn",
		"www.example.com.w.kunluncan.com", "examplebucket.oss-cn-hangzhou.example.com",
	} {
		if got, ok := region.ParseHost(name); ok {
			t.Errorf("%q: got %+v", name, got)
		}
	}
}

func TestKnownRegions(t *testing.T) {
	regions := vendor.Regions()
	if len(regions) < 30 || !slices.IsSortedFunc(regions, func(a, b vendor.Region) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) }) {
		t.Fatalf("%d regions, or not sorted", len(regions))
	}
	for _, r := range regions {
		for _, host := range []string{r.Public, r.Internal, r.DualStack} {
			if got, ok := region.ParseHost(host); host != "" && (!ok || got.Region != r.ID || got.Bucket != "") {
				t.Errorf("%s: read as %+v, %v; want the endpoint of %s", host, got, ok, r.ID)
			}
		}
		if found, ok := region.Lookup(r.ID); !ok || found != r {
			t.Errorf("%s: looked up %+v, %v", r.ID, found, ok)
		}
	}
}

func TestPublicHost(t *testing.T) {
	for id, want := range map[string]string{
		"cn-hangzhou":         "oss-cn-hangzhou.aliyuncs.com",
		"cn-hangzhou-finance": "oss-cn-hzfinance.aliyuncs.com",
		"xx-new-1":            "oss-xx-new-1.aliyuncs.com",
	} {
		if got := region.PublicHost(id); got != want {
			t.Errorf("%s: got %s, want %s", id, got, want)
		}
	}
	if _, ok := region.Lookup("cn-hangzou"); ok {
		t.Error("a misspelling is known")
	}
}

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"华东1（杭州）": "cn-hangzhou", "华东1(杭州)": "cn-hangzhou", "华东1": "cn-hangzhou", "杭州": "cn-hangzhou",
		"China (Hangzhou)": "cn-hangzhou", "china(hangzhou)": "cn-hangzhou", "Hangzhou": "cn-hangzhou", "Singapore": "ap-southeast-1",
		"新加坡": "ap-southeast-1", "中国（香港）": "cn-hongkong", "US (Virginia)": "us-east-1", "Sydney": "ap-southeast-2",
		"China": "", "US": "", "": "", "中国": "cn-hongkong", "Malaysia": "", "马来西亚": "", "cn-hangzhou": "", "Atlantis": "",
	} {
		if got, ok := region.Named(name); got.ID != want || ok != (want != "") {
			t.Errorf("%q: got %q, %v; want %q", name, got.ID, ok, want)
		}
	}
}

func TestCalled(t *testing.T) {
	for id, want := range map[string]string{"cn-hangzhou": `"cn-hangzhou" (华东1（杭州）, China (Hangzhou))`, "cn-nowhere": `"cn-nowhere"`} {
		if got := region.Called(id); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestTargets(t *testing.T) {
	for id, want := range map[string][]string{
		"cn-hangzhou":         {"b.cn-hangzhou.taihangcda.cn", "b.oss-cn-hangzhou.aliyuncs.com"},
		"us-east-1":           {"b.us-east-1.thepacificxxs.com", "b.oss-us-east-1.aliyuncs.com"},
		"cn-hangzhou-finance": {"b.cn-hangzhou-finance.taihangcda.cn", "b.oss-cn-hzfinance.aliyuncs.com"},
		"xx-new-1":            {"b.oss-xx-new-1.aliyuncs.com"},
	} {
		if got := region.Targets(id, "b"); !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q", id, got, want)
		}
	}
	if _, err := time.Parse("2006-01", region.Checked()); err != nil {
		t.Error(err)
	}
}

// TestAppendedZones has targets that were entered without a dot at their end.
func TestAppendedZones(t *testing.T) {
	const host = "b.oss-cn-hangzhou.aliyuncs.com"
	for _, test := range []struct{ target, zone, want string }{
		{host + ".example.com", "www.example.com", host},
		{host + ".example.com", "example.com", host},
		{host + ".www.example.com", "www.example.com", host},
		{"b.cn-hangzhou.taihangcda.cn.example.com", "www.example.com", "b.cn-hangzhou.taihangcda.cn"},
		{"b.cn-hangzhou.cdn.example.net.example.com", "example.com", "b.cn-hangzhou.cdn.example.net"},
		{host, "www.example.com", ""},
		{host + ".example.org", "www.example.com", ""},
		{"www.example.com", "example.com", ""},
		{"", "", ""},
	} {
		if got, ok := region.Appended(test.target, test.zone, "cdn.example.net"); got != test.want || ok != (test.want != "") {
			t.Errorf("%s in %s: got %q, %v; want %q", test.target, test.zone, got, ok, test.want)
		}
	}
}
