package ui

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/lang"
)

// Links has the addresses of the monitoring around the exporter, each without a
// final slash; "" is not known.
type Links struct{ Prometheus, Grafana, Alertmanager string }

// dashboardUID is that of deploy/dashboard.json.
const dashboardUID = "oss-cname-tokens"

// link is a way out of the exporter's pages.
type link struct {
	Text lang.Text
	URL  string
}

// of returns the links about t.
func (l Links) of(t *config.Target) []link {
	links := []link{
		{lang.Textf("The bucket in the OSS console"), fmt.Sprintf("https://oss.console.aliyun.com/bucket/oss-%s/%s/overview", t.Account.Region, t.Bucket)},
		{lang.Textf("Its problems of the last week in Prometheus"), l.graph("oss_cname:problem" + selector(t))},
		{lang.Textf("The bucket in Grafana"), l.dashboard(t.Bucket)},
		{lang.Textf("Silence all alerts of the domain"), l.silence(selector(t))},
	}
	return slices.DeleteFunc(links, func(to link) bool { return to.URL == "" })
}

// dashboard returns the dashboard of a bucket over the last week in Grafana; "" if
// there is none.
func (l Links) dashboard(bucket string) string {
	if l.Grafana == "" {
		return ""
	}
	return l.Grafana + "/d/" + dashboardUID + "?from=now-7d&var-bucket=" + url.QueryEscape(bucket)
}

// graph returns the graph of a query over the last week in Prometheus; "" if
// there is none.
func (l Links) graph(query string) string {
	if l.Prometheus == "" {
		return ""
	}
	return l.Prometheus + "/graph?g0.tab=0&g0.range_input=1w&g0.expr=" + url.QueryEscape(query)
}

// silence returns the form for a new silence in Alertmanager; "" if there is none.
func (l Links) silence(matchers string) string {
	if l.Alertmanager == "" {
		return ""
	}
	return l.Alertmanager + "/#/silences/new?filter=" + url.QueryEscape(matchers)
}

// selector returns the labels of t as PromQL, and as matchers of Alertmanager.
// Each of more is written before them.
func selector(t *config.Target, more ...string) string {
	return "{" + strings.Join(append(more, "bucket="+strconv.Quote(t.Bucket), "cname="+strconv.Quote(t.Cname())), ",") + "}"
}
