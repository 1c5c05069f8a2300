package config_test

import (
	"strings"
	"testing"

	"oss_cname_exporter/internal/configfile"
)

// TestWarnings has what is accepted and hardly meant, and beside each what is meant.
func TestWarnings(t *testing.T) {
	const hangzhou = "accounts: {main: {region: cn-hangzhou}}\n"
	for _, tt := range []struct{ name, text, want string }{
		{"slip", "accounts: {main: {region: cn-hangzou}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.region: "cn-hangzou" is no region that was known in 2026-11; did you mean "cn-hangzhou" (华东1（杭州）, China (Hangzhou))?`},
		{"unknown region", "accounts: {main: {region: moon-north-1}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.region: "moon-north-1" is no region that was known in 2026-11; see whether it is spelt right`},
		{"name of an endpoint", "accounts: {main: {region: cn-hzfinance}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.region: "cn-hzfinance" is the name of an endpoint; write the region id, "cn-hangzhou-finance" (华东1金融云, China East 1 Finance)`},
		{"endpoint of another region", "accounts: {main: {region: cn-hangzhou, endpoint: oss-cn-shanghai-internal.aliyuncs.com}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.region: the endpoint "https://oss-cn-shanghai-internal.aliyuncs.com" is of region "cn-shanghai", and requests are signed for "cn-hangzhou"; write the same region in both`},
		{"target's region", hangzhou + "targets:\n- {bucket: examplebucket, cname: a.example, region: cn-shangai}\n",
			`3: targets[0].region: "cn-shangai" is no region that was known in 2026-11; did you mean "cn-shanghai" (华东2（上海）, China (Shanghai))?`},
		{"target's endpoint", hangzhou + "targets:\n- {bucket: examplebucket, cname: a.example, endpoint: 'https://cn-beijing.oss.aliyuncs.com'}\n",
			`3: targets[0].endpoint: the endpoint "https://cn-beijing.oss.aliyuncs.com" is of region "cn-beijing", and requests are signed for "cn-hangzhou"; write the same region in both`},
		{"bucket's own host", hangzhou + "targets:\n- {bucket: examplebucket, cname: examplebucket.oss-cn-hangzhou.aliyuncs.com}\n",
			`3: targets[0]: "examplebucket.oss-cn-hangzhou.aliyuncs.com" is a host of OSS's own, which needs no token; write the domain that is to be bound to the bucket`},
		{"wildcard of a standard bucket", hangzhou + "targets:\n- {bucket: examplebucket, cname: '*.assets.example.com'}\n",
			`3: targets[0]: "examplebucket/*.assets.example.com": only an Agentic Bucket, whose name ends in "-ab-apsr", takes a wildcard domain`},
		{"wildcard of two labels", hangzhou + "targets:\n- {bucket: assets-1234567890123456-cn-hangzhou-ab-apsr, cname: '*.example.com'}\n",
			`3: targets[0]: "assets-1234567890123456-cn-hangzhou-ab-apsr/*.example.com": the domain of a wildcard needs three labels, such as "*.assets.example.com"`},

		{"no dual stack", "accounts: {main: {region: cn-nanjing, network: dual_stack}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.region: region "cn-nanjing" (华东5（南京-本地地域）, China (Nanjing - Local Region)) is being closed, as was known in 2026-11; move its buckets` + "\n" +
				`config.yaml:1: accounts.main.network: region "cn-nanjing" was not known in 2026-11 to have an endpoint on the network "dual_stack"; choose another network, or write the endpoint`},
		{"no inside", "accounts: {main: {region: rg-china-mainland, network: internal}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.network: region "rg-china-mainland" was not known in 2026-11 to have an endpoint on the network "internal"; choose another network, or write the endpoint`},
		{"no outside", "accounts: {main: {region: cn-north-2-gov-1}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.region: region "cn-north-2-gov-1" was not known in 2026-11 to have an endpoint on the network "public"; choose another network, or write the endpoint`},
		{"finance without its endpoint", "accounts: {main: {region: cn-hangzhou-finance}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.region: the endpoint of region "cn-hangzhou-finance" does not follow from its id; write "endpoint: https://oss-cn-hzfinance.aliyuncs.com"`},
		{"finance without its endpoint, inside", "accounts: {main: {region: cn-shenzhen-finance-1, network: internal}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.network: the endpoint of region "cn-shenzhen-finance-1" does not follow from its id; write "endpoint: https://oss-cn-szfinance-internal.aliyuncs.com"`},
		{"target's region has no dual stack", "accounts: {main: {region: cn-hangzhou, network: dual_stack}}\ntargets:\n- {bucket: examplebucket, cname: a.example, region: cn-fuzhou}\n",
			`3: targets[0].region: region "cn-fuzhou" (华东6（福州-本地地域）, China (Fuzhou - Local Region)) is being closed, as was known in 2026-11; move its buckets` + "\n" +
				`config.yaml:3: targets[0].region: region "cn-fuzhou" was not known in 2026-11 to have an endpoint on the network "dual_stack"; choose another network, or write the endpoint`},
		{"Agentic Bucket of another region", hangzhou + "targets:\n- {bucket: assets-1234567890123456-cn-beijing-ab-apsr, cname: '*.assets.example.com'}\n",
			`3: targets[0].bucket: "assets-1234567890123456-cn-beijing-ab-apsr" is a bucket of region "cn-beijing", and is asked for in "cn-hangzhou"; write its region`},
		{"Agentic Bucket not in full", hangzhou + "targets:\n- {bucket: assets-ab-apsr, cname: '*.assets.example.com'}\n",
			`3: targets[0].bucket: "assets-ab-apsr" is no full name of an Agentic Bucket; write {prefix}-{uid}-{region}-ab-apsr`},

		{"closed region", "accounts: {main: {region: ap-south-1}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.region: region "ap-south-1" (印度（孟买）, India (Mumbai)) is closed, as was known in 2026-11; write the region that the bucket has now`},
		{"unknown region near one of another part of the world", "accounts: {main: {region: ap-south-2}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.region: "ap-south-2" is no region that was known in 2026-11; see whether it is spelt right`},
		{"plain http", "accounts: {main: {region: cn-hangzhou, endpoint: 'http://oss-cn-hangzhou.aliyuncs.com'}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.endpoint: "http://oss-cn-hangzhou.aliyuncs.com" is plain http: the token of a temporary key, and every answer, can be read on the way; write https`},
		{"plain http of a target", hangzhou + "targets:\n- {bucket: examplebucket, cname: a.example, endpoint: 'http://oss-cn-hangzhou-internal.aliyuncs.com:80'}\n",
			`3: targets[0].endpoint: "http://oss-cn-hangzhou-internal.aliyuncs.com:80" is plain http: the token of a temporary key, and every answer, can be read on the way; write https`},
		{"domain as an endpoint", "accounts: {main: {region: cn-hangzhou, endpoint: 'https://www.example.com'}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n",
			`1: accounts.main.endpoint: "https://www.example.com" is no endpoint of OSS that is known, and the bucket's name is put before it; write use_cname: true for a domain that leads to one bucket`},
		{"reserved name", hangzhou + "targets:\n- {bucket: examplebucket, cname: shop.taobao.com}\n",
			`3: targets[0]: "shop.taobao.com": OSS binds no name of this domain, which is reserved; write a domain of your own`},

		{"domain that is used as it is", "accounts: {main: {region: cn-hangzhou, use_cname: true, endpoint: 'https://www.example.com'}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n", ""},
		{"this machine", "accounts: {main: {region: cn-hangzhou, endpoint: 'http://[::1]:1'}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n", ""},
		{"this machine by name", "accounts: {main: {region: cn-hangzhou, endpoint: 'http://localhost:1'}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n", ""},
		{"dual stack", "accounts: {main: {region: cn-hangzhou, network: dual_stack}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n", ""},
		{"finance", "accounts: {main: {region: cn-hangzhou-finance, endpoint: oss-cn-hzfinance.aliyuncs.com}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n", ""},
		{"acceleration", "accounts: {main: {region: cn-hangzhou, endpoint: oss-accelerate.aliyuncs.com}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n", ""},
		{"a host of one's own", "accounts: {main: {region: cn-hangzhou, endpoint: 'http://127.0.0.1:1'}}\ntargets: [{bucket: examplebucket, cname: a.example}]\n", ""},
		{"wildcard of an Agentic Bucket", hangzhou + "targets:\n- {bucket: assets-1234567890123456-cn-hangzhou-ab-apsr, cname: '*.assets.example.com'}\n", ""},
		{"all well", hangzhou + "targets:\n- {bucket: examplebucket, cname: a.example, region: cn-shanghai}\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			warnings := parse(t, tt.text).Warnings
			got := strings.TrimPrefix(warnings.Error(), "config.yaml:")
			if got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestExampleHasNoWarnings holds our own example to what we say of others' files.
func TestExampleHasNoWarnings(t *testing.T) {
	c, err := configfile.Load("../../config.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range c.Warnings {
		t.Error(w)
	}
}
