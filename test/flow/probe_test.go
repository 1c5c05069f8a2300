package flow_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/demo"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// patient is a probe's timeout that no busy machine reaches.
const patient = "timeout: 5m"

// serveProbed serves a configuration on a simulated OSS, whose URL stands in it
// as OSS.
func serveProbed(t *testing.T, text string) (*apptest.Server, *osstest.Server) {
	t.Helper()
	oss := apptest.NewOSS(t, osstest.Options{}, "examplebucket")
	oss.AddBucket(osstest.Bucket{Name: "elsewhere", Region: "cn-shanghai"})
	return apptest.Serve(t, strings.ReplaceAll(text, "OSS", oss.URL())), oss
}

const probed = `
probe: {` + patient + `}
accounts:
  main: {region: cn-hangzhou, endpoint: OSS}
  keyless: {region: cn-hangzhou, endpoint: OSS, credentials: {type: static_files, access_key_id_file: /nowhere/id, access_key_secret_file: /nowhere/secret}}
  refused: {region: cn-hangzhou, endpoint: "http://127.0.0.1:1"}
targets:
  - {bucket: examplebucket, cname: www.example.com, account: main, cache_ttl: 1h}
  - {bucket: examplebucket, cname: bound.example.com, account: main, checks: {binding: true}}
`

// TestDebugTellsWhatHappened reads what a person would at three in the morning.
func TestDebugTellsWhatHappened(t *testing.T) {
	server, oss := serveProbed(t, probed)
	www := domain.Name{Bucket: "examplebucket", Base: "www.example.com"}
	oss.SetToken(www, osstest.Token{Value: "the-token-itself", Expires: time.Now().Add(time.Hour)})
	oss.Bind(domain.Name{Bucket: "examplebucket", Base: "bound.example.com"}, osstest.Binding{})
	oss.Behave(domain.Name{Bucket: "examplebucket", Base: "broken.example.com"}, osstest.Fail(503, "InternalError", ""))
	server.Fetch(t, "/metrics") // now it is cached
	for query, want := range map[string][]string{
		"target=examplebucket/www.example.com": {
			"bucket      examplebucket\n", "cname       www.example.com\n", "endpoint    " + oss.URL() + "\n", "configured  yes\n",
			"GetCnameToken: GET " + oss.URL() + "/examplebucket/\\?\\S*comp=token", "GetCnameToken: first byte of the answer in ", "GetCnameToken: 200 \\(request id [0-9A-F]{24}\\)\n",
			"Token +expires, in 59 min, ", "\noss_cname_token_exists\\{bucket=\"examplebucket\",cname=\"www.example.com\"\\} 1\n",
		},
		"target=examplebucket/none.example.com&account=main": {
			"configured  no", "GetCnameToken: 404 CnameTokenNotFound .*EC 0018-00000301", "Token +none\n",
		},
		"target=elsewhere/www.example.com&account=main": {
			"403 AccessDenied .*the bucket answers at oss-cn-shanghai.aliyuncs.com: set its region", "EC 0003-00001403", "Token asked for +wrong_endpoint: ",
		},
		"target=examplebucket/broken.example.com&account=main": {
			"(?s)503 InternalError.*503 InternalError.*Token asked for +server_error: ", // each attempt is told
		},
		"target=examplebucket/www.example.com&account=keyless": {
			"no call was made", "Token asked for +credentials: .*/nowhere/id",
		},
		"target=examplebucket/www.example.com&account=refused": {
			"connect: connection refused in ", "Token asked for +connect: ",
		},
		"target=examplebucket/bound.example.com": {
			"ListCname: GET " + oss.URL() + "/examplebucket/\\?cname\n", "ListCname: first byte of the answer in ", "ListCname: 200 \\(request id [0-9A-F]{24}\\)\n",
			"GetCnameToken: 404 CnameTokenNotFound", "State +bound\n", "next +nothing, but renew the certificate in time\n",
		},
	} {
		body := server.Fetch(t, "/probe?debug=true&"+query)
		for _, pattern := range want {
			if !regexp.MustCompile(pattern).MatchString(body) {
				t.Errorf("%s: no %q in\n%s", query, pattern, body)
			}
		}
		for _, secret := range []string{demo.Getenv("OSS_ACCESS_KEY_SECRET"), "Signature", "Authorization"} {
			if strings.Contains(body, secret) {
				t.Errorf("%s: tells %q:\n%s", query, secret, body)
			}
		}
	}
	if n := oss.CallsAbout(www); n != 2 {
		t.Errorf("%d calls about the cached target, want one for the scrape and one for the page", n)
	}
}

// TestProbeAndMetricsAgree compares the two ways to ask about every target.
func TestProbeAndMetricsAgree(t *testing.T) {
	server, oss := serveProbed(t, `
probe: {`+patient+`, cache_ttl: 1h}
accounts:
  main: {region: cn-hangzhou, endpoint: OSS}
targets:
  - {bucket: examplebucket, cname: www.example.com, labels: {team: web}}
  - {bucket: examplebucket, cname: "*.example.com", labels: {team: web}}
  - {bucket: examplebucket, cname: none.example.com, labels: {team: web}}
`)
	oss.SetToken(domain.Name{Bucket: "examplebucket", Base: "www.example.com"}, osstest.Token{})
	oss.SetToken(domain.Name{Bucket: "examplebucket", Base: "example.com", Wildcard: true}, osstest.Token{})
	ofTargets := func(exposition string) (lines []string) {
		for line := range strings.Lines(exposition) {
			if strings.HasPrefix(line, "oss_cname_token_") && !strings.HasPrefix(line, "oss_cname_token_expires_in_seconds") {
				lines = append(lines, line)
			}
		}
		return lines
	}
	whole := ofTargets(server.Fetch(t, "/metrics"))
	var parts int
	for _, cname := range []string{"www.example.com", "*.example.com", "none.example.com"} {
		for _, line := range ofTargets(server.Fetch(t, "/probe?target=examplebucket/"+cname)) {
			parts++
			if !strings.Contains(strings.Join(whole, ""), line) {
				t.Errorf("/metrics has no %s", line)
			}
		}
	}
	if parts != len(whole) || parts == 0 {
		t.Errorf("%d series one by one, %d together", parts, len(whole))
	}
}
