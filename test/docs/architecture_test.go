package docs_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const (
	module = "oss_cname_exporter"
	names  = "internal/domain" // what the exporter watches: every package may name it
)

// law says for each package which of the module's packages it may import, and
// which others it must not. A package that is not listed is a breach.
//
//	app -> web -> collector and discovery -> poller -> schedule, ossclient and dnsclient; config and status are leaves
var law = map[string]struct{ may, never []string }{
	"":                         {may: []string{"internal/app"}},
	"docs":                     {never: []string{sdk, "net/http", "github.com/"}},
	"internal/app":             {may: []string{"internal/lang", "collector", "internal/accounts", "internal/changelog", "internal/check", "internal/config", "internal/configfile", "internal/demo", "internal/discovery", "internal/dnsclient", "internal/httpcheck", "internal/judge", "internal/domain", "internal/poller", "internal/schedule", "internal/starter", "internal/web", "internal/web/ui", "ossclient"}, never: []string{sdk}},
	"internal/app/apptest":     {may: []string{"internal/app", "internal/demo", "internal/fake/osstest", "internal/web/webtest"}, never: []string{sdk}},
	"internal/accounts":        {may: []string{"internal/config", "internal/credentials", "internal/secret", "internal/status", "ossclient"}, never: []string{sdk, "github.com/prometheus/"}},
	"internal/credentials":     {may: []string{"internal/clock", "internal/secret"}, never: []string{sdk, dnslib, "github.com/prometheus/", "github.com/go-kit/", "log"}},
	"internal/demo":            {may: []string{"internal/config", "internal/fake/dnstest", "internal/fake/osstest", "internal/fake/sitetest", "internal/httpcheck", "ossclient"}, never: []string{sdk, "github.com/prometheus/"}},
	"internal/web":             {may: []string{"collector", "internal/changelog", "internal/config", "internal/judge", "internal/discovery", "internal/plain", "internal/report", "internal/status", "internal/trace", "internal/web/query", "internal/web/ui"}, never: []string{sdk, "html/template"}},
	"internal/web/query":       {may: []string{"internal/config"}, never: []string{"net/http", "github.com/"}},
	"internal/web/ui":          {may: []string{"internal/lang", "docs", "internal/changelog", "internal/config", "internal/judge", "internal/discovery", "internal/plain", "internal/report", "internal/status", "internal/web/query"}, never: []string{sdk, "github.com/prometheus/client_golang/"}},
	"internal/web/webtest":     {may: []string{"collector", "internal/changelog", "internal/config", "internal/judge", "internal/discovery", "internal/status", "internal/web"}, never: []string{sdk}},
	"collector":                {may: []string{"internal/changelog", "internal/config", "internal/judge", "internal/status"}, never: []string{sdk, "net/http", "github.com/go-kit/"}},
	"internal/changelog":       {may: []string{"internal/lang", "internal/config", "internal/plain", "internal/status"}, never: []string{sdk, dnslib, "net/http", "github.com/prometheus/"}},
	"internal/discovery":       {may: []string{"internal/lang", "internal/clock", "internal/config", "internal/poller", "internal/schedule", "internal/status", "ossclient"}, never: []string{sdk, dnslib, "net/http", "github.com/prometheus/"}},
	"internal/poller":          {may: []string{"internal/httpcheck", "internal/clock", "internal/config", "internal/dnsclient", "internal/region", "internal/schedule", "internal/secret", "internal/status", "internal/trace", "ossclient"}, never: []string{sdk, dnslib, "net/http", "github.com/prometheus/", "github.com/go-kit/", "log"}},
	"internal/report":          {may: []string{"internal/lang", "internal/changelog", "internal/config", "internal/judge", "internal/plain", "internal/region", "internal/status"}, never: []string{sdk, dnslib, "net/http", "github.com/", "log"}},
	"internal/judge":           {may: []string{"internal/lang", "internal/region", "internal/status"}, never: []string{"net/http", "github.com/", "golang.org/", "log"}}, // pure
	"internal/lang":            {may: []string{"internal/plain"}, never: []string{"net/http", "github.com/", "log"}},
	"internal/plain":           {never: []string{"net/http", "github.com/", "golang.org/"}},
	"internal/clock/clocktest": {never: []string{"net/http", "github.com/", "golang.org/", "log"}},
	"internal/clock":           {never: []string{"net/http", "github.com/", "golang.org/", "log"}},
	"internal/schedule":        {may: []string{"internal/clock"}, never: []string{"net/http", "github.com/", "log"}},                                  // the standard library and x/time only
	"internal/status":          {may: []string{"internal/lang", "internal/secret"}, never: []string{"net/http", "github.com/", "golang.org/", "log"}}, // pure
	"internal/secret":          {never: []string{"net/http", "github.com/", "golang.org/"}},
	"internal/trace":           {never: []string{sdk, dnslib, "net/http", "github.com/"}},
	"internal/dnsclient":       {may: []string{"internal/status", "internal/trace"}, never: []string{sdk, "net/http", "github.com/prometheus/", "github.com/go-kit/", "log"}},
	"ossclient":                {may: []string{"internal/lang", "internal/secret", "internal/status", "internal/trace", "internal/vendor"}, never: []string{dnslib, "github.com/prometheus/", "github.com/go-kit/", "log"}},
	"internal/vendor":          {may: []string{"internal/status"}, never: []string{sdk, dnslib, "net", "github.com/"}},
	"internal/region":          {may: []string{"internal/vendor"}, never: []string{sdk, "net/http", "github.com/prometheus/", "github.com/go-kit/"}},
	"internal/domain":          {never: []string{sdk, "net/http"}},
	"internal/httpcheck":       {may: []string{"internal/plain", "internal/status", "internal/trace"}, never: []string{sdk, dnslib, "github.com/", "log"}},
	"internal/check":           {may: []string{"internal/lang", "collector", "internal/config", "internal/judge", "internal/report", "internal/status"}, never: []string{sdk, dnslib, "net/http", "log"}},
	"internal/config":          {may: []string{"internal/judge", "internal/region", "internal/status", "internal/vendor"}, never: []string{sdk, "net/http", "github.com/go-kit/"}},
	"internal/configfile":      {may: []string{"internal/clock", "internal/config"}, never: []string{sdk, "net/http", "github.com/"}},
	"internal/fake/dnstest":    {never: []string{sdk, "net/http", "github.com/prometheus/", "github.com/go-kit/"}},
	"internal/fake/osstest":    {may: []string{"internal/region", "internal/vendor"}, never: []string{"github.com/prometheus/", "github.com/go-kit/"}},
	"internal/fake/sitetest":   {never: []string{sdk, dnslib, "github.com/"}},
	"internal/fake/ststest":    {never: []string{sdk, "github.com/prometheus/", "github.com/go-kit/"}},
	"internal/starter":         {may: []string{"internal/lang", "internal/config", "internal/status", "ossclient"}, never: []string{sdk, dnslib, "net/http", "github.com/", "log"}},
	"test/attack":              {never: []string{sdk}},
	"scripts/vendor":           {may: []string{"internal/vendor"}},
	"scripts/mutate":           {},
	"test/bench":               {never: []string{sdk}},
	"test/budget":              {},
	"test/budget/program":      {may: []string{"internal/app", "internal/demo", "internal/fake/osstest"}, never: []string{sdk}},
	"test/docs":                {never: []string{sdk}},
	"test/e2e":                 {never: []string{sdk}},
	"test/flow":                {never: []string{sdk}},
}

const (
	sdk    = "github.com/aliyun/"
	dnslib = "github.com/miekg/"
)

type listedPackage struct {
	ImportPath string
	Imports    []string
}

// list returns the module's packages with what their non-test files import.
func list(t *testing.T) []listedPackage {
	t.Helper()
	documents(t) // go test repeats an old result unless a test looked at the folders itself
	cmd := exec.CommandContext(t.Context(), "go", "list", "-tags=e2e", "-json=ImportPath,Imports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing packages: %v", err)
	}
	var packages []listedPackage
	for decoder := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listedPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatal(err)
		}
		packages = append(packages, p)
	}
}

func TestWhoImportsWhom(t *testing.T) {
	packages := list(t)
	if len(packages) < 7 {
		t.Fatalf("go list found only %d packages", len(packages))
	}
	for _, breach := range breaches(packages) {
		t.Error(breach)
	}
}

// breaches returns a line for every import that the law forbids.
func breaches(packages []listedPackage) []string {
	var found []string
	for _, p := range packages {
		name := strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/")
		rule, listed := law[name]
		if !listed {
			found = append(found, p.ImportPath+" has no place in the law")
			continue
		}
		for _, imported := range p.Imports {
			ours, isOurs := strings.CutPrefix(imported+"/", module+"/")
			ours = strings.TrimSuffix(ours, "/")
			if isOurs && ours != names && !slices.Contains(rule.may, ours) {
				found = append(found, p.ImportPath+" imports "+imported)
			}
			for _, never := range rule.never {
				if imported == never || strings.HasSuffix(never, "/") && strings.HasPrefix(imported, never) {
					found = append(found, p.ImportPath+" imports "+imported)
				}
			}
		}
	}
	return found
}

// TestLawHasTeeth breaks each kind of rule on purpose.
func TestLawHasTeeth(t *testing.T) {
	for _, test := range []struct{ from, imported string }{
		{"internal/config", "oss_cname_exporter/internal/poller"},
		{"internal/config", "oss_cname_exporter/internal/configfile"},
		{"internal/web", "oss_cname_exporter/ossclient"},
		{"collector", "oss_cname_exporter/ossclient"},
		{"collector", "oss_cname_exporter/internal/fake/osstest"},
		{"ossclient", "oss_cname_exporter/internal/poller"},
		{"internal/poller", "net/http"},
		{"internal/web", "oss_cname_exporter/internal/poller"},
		{"internal/web/ui", "oss_cname_exporter/internal/web"},
		{"internal/web/ui", "oss_cname_exporter/collector"},
		{"internal/status", "oss_cname_exporter/internal/config"},
		{"internal/schedule", "oss_cname_exporter/internal/status"},
		{"internal/schedule", "github.com/prometheus/client_golang/prometheus"},
		{"internal/poller", "github.com/miekg/dns"},
		{"collector", "oss_cname_exporter/internal/dnsclient"},
		{"collector", "oss_cname_exporter/internal/discovery"},
		{"collector", "github.com/go-kit/log"},
		{"internal/changelog", "oss_cname_exporter/collector"},
		{"internal/discovery", "oss_cname_exporter/internal/web"},
		{"internal/discovery", "net/http"},
		{"internal/dnsclient", "oss_cname_exporter/ossclient"},
		{"internal/credentials", "oss_cname_exporter/ossclient"},
		{"internal/poller", "log"},
		{"internal/poller", "github.com/prometheus/client_golang/prometheus"},
		{"internal/poller", "github.com/go-kit/log"},
		{"collector", "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"},
		{"internal/web", "oss_cname_exporter"},
		{"util", "strings"},
	} {
		p := listedPackage{ImportPath: module + "/" + test.from, Imports: []string{test.imported}}
		if len(breaches([]listedPackage{p})) == 0 {
			t.Errorf("%s may import %s", test.from, test.imported)
		}
	}
}
