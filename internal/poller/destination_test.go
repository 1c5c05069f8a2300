package poller_test

import (
	"context"
	"testing"
	"testing/synctest"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/status"
)

// TestDestinations has the records of a domain lead to every name that OSS is
// known by, and to others.
func TestDestinations(t *testing.T) {
	const bucket = "examplebucket"
	finance := func(c *config.Config) {
		c.Targets[0].Account.Region, c.Targets[0].Account.Endpoint = "cn-hangzhou-finance", "https://oss-cn-hzfinance.aliyuncs.com"
	}
	for name, test := range map[string]struct {
		change func(*config.Config)
		names  []string
		want   status.Destination
		leads  string // "" is the last name
	}{
		"the public endpoint":        {nil, []string{bucket + ".oss-cn-hangzhou.aliyuncs.com"}, status.ToBucket, ""},
		"the internal endpoint":      {nil, []string{bucket + ".oss-cn-hangzhou-internal.aliyuncs.com"}, status.ToBucket, ""},
		"the dual-stack endpoint":    {nil, []string{bucket + ".cn-hangzhou.oss.aliyuncs.com"}, status.ToBucket, ""},
		"acceleration":               {nil, []string{bucket + ".oss-accelerate.aliyuncs.com"}, status.ToBucket, ""},
		"acceleration overseas":      {nil, []string{bucket + ".oss-accelerate-overseas.aliyuncs.com"}, status.ToBucket, ""},
		"what the console shows":     {nil, []string{bucket + ".cn-hangzhou.taihangcda.cn"}, status.ToBucket, ""},
		"what it shows abroad":       {func(c *config.Config) { c.Targets[0].Account.Region = "ap-southeast-1" }, []string{bucket + ".ap-southeast-1.thepacificxxs.com"}, status.ToBucket, ""},
		"over another name":          {nil, []string{"a.example", bucket + ".cn-hangzhou.taihangcda.cn"}, status.ToBucket, ""},
		"and further behind it":      {nil, []string{bucket + ".oss-cn-hangzhou.aliyuncs.com", "sc-01.oss.gds.example"}, status.ToBucket, bucket + ".oss-cn-hangzhou.aliyuncs.com"},
		"the finance cloud":          {finance, []string{bucket + ".oss-cn-hzfinance.aliyuncs.com"}, status.ToBucket, ""},
		"the finance cloud, inside":  {finance, []string{bucket + ".oss-cn-hzfinance-internal.aliyuncs.com"}, status.ToBucket, ""},
		"the finance cloud, old id":  {func(c *config.Config) { finance(c); c.Targets[0].Account.Region = "cn-hzfinance" }, []string{bucket + ".cn-hangzhou-finance.taihangcda.cn"}, status.ToBucket, ""},
		"the configured endpoint":    {func(c *config.Config) { c.Targets[0].Account.Endpoint = "http://oss.example.net:8080" }, []string{bucket + ".oss.example.net"}, status.ToBucket, ""},
		"a configured suffix":        {func(c *config.Config) { c.Targets[0].Checks.CNAMESuffixes = []string{"oss-cname.example"} }, []string{bucket + ".cn-hangzhou.oss-cname.example"}, status.ToBucket, ""},
		"another bucket":             {nil, []string{"other.oss-cn-hangzhou.aliyuncs.com"}, status.ToOther, ""},
		"another bucket, as shown":   {nil, []string{"other.cn-hangzhou.taihangcda.cn"}, status.ToOther, ""},
		"another bucket by a suffix": {func(c *config.Config) { c.Targets[0].Checks.CNAMESuffixes = []string{"oss-cname.example"} }, []string{"other.cn-hangzhou.oss-cname.example"}, status.ToOther, ""},
		"another region":             {nil, []string{bucket + ".oss-cn-beijing.aliyuncs.com"}, status.ToOther, ""},
		"an access point":            {nil, []string{"ap-01-9cd1e9ossalias-ossalias.oss-cn-hangzhou.aliyuncs.com"}, status.ToOSS, ""},
		"an endpoint itself":         {nil, []string{"oss-cn-hangzhou.aliyuncs.com"}, status.ToOSS, ""},
		"a CDN":                      {nil, []string{"www.example.com.w.kunluncan.com"}, status.Elsewhere, ""},
		"a suffix that is not known": {nil, []string{bucket + ".cn-hangzhou.oss-cname.example"}, status.Elsewhere, ""},
		"nowhere":                    {nil, nil, status.Nowhere, ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, w := newWorld()
				w.follow = func(context.Context) ([]string, error) { return test.names, nil }
				cfg := checked(1, all)
				if test.change != nil {
					test.change(cfg)
				}
				leads := test.leads
				if n := len(test.names); leads == "" && n > 0 {
					leads = test.names[n-1]
				}
				if r := poll(t.Context(), p, cfg)[0]; r.Destination != test.want || r.PointsToBucket != test.want.IsBucket() || r.LeadsTo != leads {
					t.Errorf("got %q, %v by %q; want %q by %q", r.Destination, r.PointsToBucket, r.LeadsTo, test.want, leads)
				}
			})
		})
	}
}
