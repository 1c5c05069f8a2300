package ui_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"oss_cname_exporter/internal/changelog"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

// apiSchema returns the schema that is committed.
func apiSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	schema, err := compiler.Compile("../../../docs/api.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// getJSON returns an answer that the schema accepts.
func getJSON(t *testing.T, f *webtest.Fixture, schema *jsonschema.Schema, path string) (code int, answer map[string]any) {
	t.Helper()
	resp, text := f.Get(t, path)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil || resp.Header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%s: got %s %s: %v\n%s", path, resp.Status, resp.Header.Get("Content-Type"), err, text)
	}
	answer, _ = value.(map[string]any)
	return resp.StatusCode, answer
}

// everything is a status that has all that can be known.
func everything() status.Status {
	return webtest.Checked(webtest.Failed(webtest.Token(time.Hour), "no right"), func(s *status.Status) {
		s.Token, s.DNSVerified, s.Bound, s.Enabled, s.BindingWord = "t0ken", status.No, status.No, status.Unknown, "Odd"
		s.Proof = status.Proof{Verdict: status.VerdictDisagree, Lacking: []string{"ns1"}, Having: []string{"ns2"}, Silent: []string{"ns3"}, Values: []string{"old"}, Name: "x"}
		s.Certificate, s.CertificateExpires = status.Certificate{ID: "1", Type: "CAS", Status: "Enabled"}, webtest.Now().Add(time.Hour)
		s.Destination, s.LeadsTo, s.Differences, s.PointsToBucket = status.ToOther, "x.example", "ns1: a; ns2: b", status.No
		s.Facts.Expired = webtest.Now()
	})
}

func TestAPI(t *testing.T) {
	schema := apiSchema(t)
	f := webtest.Serve(t, web.Options{}, everything(), status.Status{})
	f.History.Add(f.Config.Targets[0].Name, changelog.Change{At: webtest.Now(), Check: status.CheckTXT, Was: "a", Is: "b"})
	code, list := getJSON(t, f, schema, "/api/v1/domains")
	domains, _ := list["domains"].([]any)
	if code != http.StatusOK || len(domains) != 2 || list["summary"] != "CRITICAL: www.example.com: the token expires in 1 h, and the domain is not bound; the name servers disagree: ns1 do not have the token yet, ns2 do (token_critical: 6h); 1 unknown" {
		t.Errorf("got %d %v", code, list)
	}
	for _, path := range []string{"/api/v1/domains/examplebucket/www.example.com", "/api/v1/domains/examplebucket/*.example.org", "/api/v1/domains/examplebucket/%2A.example.org"} {
		if code, one := getJSON(t, f, schema, path); code != http.StatusOK || one["bucket"] != "examplebucket" {
			t.Errorf("%s: got %d %v", path, code, one)
		}
	}
	for query, want := range map[string][]string{
		"?severity=critical":                   {"www.example.com"},
		"?severity=critical&severity=unknown":  {"www.example.com", "*.example.org"},
		"?severity=&state=&q=&page=":           {"www.example.com", "*.example.org"},
		"?label=team%3Dweb":                    {"www.example.com"},
		"?label=team%3D":                       {"*.example.org"},
		"?q=ORG":                               {"*.example.org"},
		"?sort=-cname":                         {"www.example.com", "*.example.org"},
		"?sort=cname":                          {"*.example.org", "www.example.com"},
		"?sort=cname&per_page=1":               {"*.example.org"},
		"?sort=cname&per_page=1&page=2":        {"www.example.com"},
		"?per_page=1&page=3":                   nil,
		"?account=main&state=awaiting_dns&q=w": {"www.example.com"},
	} {
		code, list := getJSON(t, f, schema, "/api/v1/domains"+query)
		var got []string
		for _, d := range list["domains"].([]any) {
			got = append(got, d.(map[string]any)["cname"].(string))
		}
		if code != http.StatusOK || !slices.Equal(got, want) {
			t.Errorf("%s: got %d %q, want %q", query, code, got, want)
		}
	}
	if _, list := getJSON(t, f, schema, "/api/v1/domains?per_page=1&page=3"); list["matching"].(json.Number).String() != "2" || list["pages"].(json.Number).String() != "2" {
		t.Errorf("beyond the last page: got %v", list)
	}
}

func TestAPIBeforeTheFirstScrape(t *testing.T) {
	if _, list := getJSON(t, webtest.Serve(t, web.Options{}, status.Status{}, status.Status{}), apiSchema(t), "/api/v1/domains"); list["summary"] != "UNKNOWN: 2 unknown, of 2 domains" {
		t.Errorf("got %v", list["summary"])
	}
}

// TestAPIHasErrorsAsJSON has each refusal: one line that says what there is.
func TestAPIHasErrorsAsJSON(t *testing.T) {
	schema := apiSchema(t)
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour))
	for path, want := range map[string]struct {
		code int
		text string
	}{
		"/api/v1/domains?severity=loud":                         {400, `severity: unknown value "loud"; known: critical, warning, unknown, ok`},
		"/api/v1/domains?state=x":                               {400, `state: unknown value "x"; known: unknown, token_missing, awaiting_dns, token_expired, ready_to_bind, bound, disabled`},
		"/api/v1/domains?account=x":                             {400, `account: unknown value "x"; known: main`},
		"/api/v1/domains?label=x":                               {400, `label: "x": write name=value, such as team=web`},
		"/api/v1/domains?label=x%3Dy":                           {400, `label: "x": no target has that label; known: team`},
		"/api/v1/domains?sort=x":                                {400, `sort: unknown value "x"; known: urgency, cname, bucket, account, state, expires, asked, each with - in front for the other way round`},
		"/api/v1/domains?sort=cname&sort=state":                 {400, `sort: given 2 times; write it once`},
		"/api/v1/domains?page=0":                                {400, `page: "0": write a whole number from 1 to 1073741824`},
		"/api/v1/domains?per_page=10001":                        {400, `per_page: "10001": write a whole number from 1 to 10000`},
		"/api/v1/domains?q=" + strings.Repeat("x", 201):         {400, `q: too long; write at most 200 characters`},
		"/api/v1/domains?refresh=off":                           {400, `unknown parameter "refresh"; known: account, bucket, cname, label, page, per_page, q, region, severity, sort, state, team`},
		"/api/v1/domains?x=" + url.QueryEscape("<script>\x1b["): {400, `unknown parameter "x"`},
		"/api/v1/domains?severity=%1b%5b31m%0a":                 {400, `severity: unknown value "\x1b[31m\n"`},
		"/api/v1/domains?%zz":                                   {400, `reading query: invalid URL escape "%zz"`},
		"/api/v1/domains/examplebucket/x.example.com":           {404, `examplebucket/x.example.com is not configured; /api/v1/domains lists what is`},
		"/api/v1/domains/Bad/x.example.com":                     {400, `bucket names are lower case; write "bad"`},
		"/api/v1/domains/examplebucket/www.example.com?q=x":     {400, `unknown parameter "q"`},
		"/api/v1/domains/":                                      {404, `no such path; known: /api/v1/domains, /api/v1/domains/{bucket}/{cname}`},
		"/api/v2":                                               {404, `no such path`},
	} {
		code, answer := getJSON(t, f, schema, path)
		if text, _ := answer["error"].(string); code != want.code || !strings.Contains(text, want.text) || strings.Contains(text, "\n") {
			t.Errorf("%s: got %d %v, want %d %q", path, code, answer, want.code, want.text)
		}
	}
	if resp, text := f.Do(t, http.MethodPost, "/api/v1/domains"); resp.StatusCode != http.StatusMethodNotAllowed || resp.Header.Get("Allow") != "GET, HEAD" || !strings.Contains(text, `{"error":`) {
		t.Errorf("POST: got %s %s", resp.Status, text)
	}
}

// TestPageRefusesNonsense has the page refuse what the API does, in one line.
func TestPageRefusesNonsense(t *testing.T) {
	f := webtest.Serve(t, web.Options{}, webtest.Token(time.Hour))
	for query, want := range map[string]string{
		"severity=loud": "known: critical, warning, unknown, ok", "refresh=1": "known: off, 10, 30, 60, 300", "per_page=10": "unknown parameter", "<script>=1": "unknown parameter",
	} {
		if resp, text := f.Get(t, "/?"+query); resp.StatusCode != http.StatusBadRequest || strings.Count(text, "\n") != 1 || !strings.Contains(text, want) || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain") {
			t.Errorf("%s: got %s %q", query, resp.Status, text)
		}
	}
}

// TestSchemaHasTheClosedSets holds the schema's enumerations to the code.
func TestSchemaHasTheClosedSets(t *testing.T) {
	schema := apiSchema(t)
	f := webtest.Serve(t, web.Options{})
	for _, reason := range status.Reasons() {
		s := webtest.Token(time.Hour)
		s.Attempt.Reason = reason
		f.Statuses = append(f.Statuses[:0:0], s)
		getJSON(t, f, schema, "/api/v1/domains")
	}
	for _, verdict := range status.Verdicts() {
		f.Statuses[0].Proof.Verdict = verdict
		getJSON(t, f, schema, "/api/v1/domains")
	}
	for _, to := range status.Destinations() {
		f.Statuses[0] = webtest.Checked(f.Statuses[0], func(s *status.Status) { s.Destination = to })
		getJSON(t, f, schema, "/api/v1/domains")
	}
}
