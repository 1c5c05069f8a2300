package region_test

import (
	"slices"
	"testing"

	"oss_cname_exporter/internal/region"
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
		"b.oss-xx-new-1.aliyuncs.com":                                      {Bucket: "b", Region: "xx-new-1"},
		"ap-01-7d5e-ossalias.oss-cn-hangzhou.aliyuncs.com":                 {Bucket: "ap-01-7d5e-ossalias", Alias: true, Region: "cn-hangzhou"},
		"fc-01-7d5e-opapalias.oss-cn-hangzhou.aliyuncs.com":                {Bucket: "fc-01-7d5e-opapalias", Alias: true, Region: "cn-hangzhou"},
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

// TestNamesThatAreNotRead has what is no endpoint of OSS, and what is none that is known.
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
	regions := region.All()
	if len(regions) < 30 || !slices.IsSortedFunc(regions, func(a, b region.Region) int { return slices.Compare([]byte(a.ID), []byte(b.ID)) }) {
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
