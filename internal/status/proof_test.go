package status_test

import (
	"reflect"
	"strings"
	"testing"

	"oss_cname_exporter/internal/status"
)

func TestProof(t *testing.T) {
	const token, previous = "be1d49d863dea9ffeff3df7d6455a0b1", "0000000063dea9ffeff3df7d64550000"
	one := func(values ...string) status.Records {
		return status.Records{Found: []status.Found{{Servers: []string{"ns1"}, Values: values}}}
	}
	for name, test := range map[string]struct {
		records status.Records
		want    status.ProofVerdict
		text    string
	}{
		"nobody knows":              {status.Records{}, "", ""},
		"it counts":                 {one(token), status.VerdictValid, ""},
		"among others":              {one("v=spf1 -all", token, `"`+token+`"`), status.VerdictValid, ""},
		"no record":                 {one(), status.VerdictMissing, "no TXT record"},
		"an empty value":            {one(""), status.VerdictOther, "another value"},
		"another value":             {one("v=spf1 -all"), status.VerdictOther, "another value"},
		"the token of before":       {one(previous), status.VerdictPrevious, "the token before this one"},
		"the one of before, quoted": {one(`"` + previous + `"`), status.VerdictPrevious, "the token before this one"},
		"quotes":                    {one(`"` + token + `"`), status.VerdictQuoted, "quotation marks"},
		"a single quote":            {one(`'` + token), status.VerdictQuoted, "quotation marks"},
		"typographic quotes":        {one("“" + token + "”"), status.VerdictQuoted, "quotation marks"},
		"escaped quotes":            {one(`\"` + token + `\"`), status.VerdictQuoted, "quotation marks"},
		"a blank at the end":        {one(token + " "), status.VerdictBlanks, "blanks"},
		"a line break":              {one(token + "\r\n"), status.VerdictBlanks, "blanks"},
		"a blank in the middle":     {one(token[:16] + " " + token[16:]), status.VerdictBlanks, "blanks"},
		"a blank of no width":       {one("\u200b" + token), status.VerdictBlanks, "blanks"},
		"a mark of byte order":      {one("\ufeff" + token), status.VerdictBlanks, "blanks"},
		"a blank that is not one":   {one("\u00a0" + token), status.VerdictBlanks, "blanks"},
		"quotes and blanks":         {one(`" ` + token + ` "`), status.VerdictQuoted, "quotation marks"},
		"upper case":                {one(strings.ToUpper(token)), status.VerdictCase, "upper or lower"},
		"upper case, quoted":        {one(`"` + strings.ToUpper(token) + `"`), status.VerdictCase, "upper or lower"},
		"a prefix":                  {one("_dnsauth=" + token), status.VerdictExtra, "without _dnsauth="},
		"the name before it":        {one("_dnsauth.www.example.com TXT " + token), status.VerdictExtra, "token alone"},
		"something after it":        {one(token + "."), status.VerdictExtra, "token alone"},
		"two tokens in one value":   {one(previous + " " + token), status.VerdictExtra, "token alone"},
		"the beginning only":        {one(token[:20]), status.VerdictTruncated, "a part"},
		"the end only":              {one(strings.ToUpper(token[12:])), status.VerdictTruncated, "a part"},
		"a short accident":          {one("be1d"), status.VerdictOther, "another value"},
		"the nearest decides":       {one("v=spf1 -all", previous, strings.ToUpper(token)), status.VerdictCase, "upper or lower"},
		"the zone appended twice": {status.Records{Found: []status.Found{{Servers: []string{"ns1"}}},
			Misplaced: []status.Found{{Name: "www.example.com", Values: []string{"v=spf1"}}, {Name: "_dnsauth.www.example.com.example.com", Values: []string{"a", token}}}},
			status.VerdictMisplaced, "_dnsauth.www.example.com.example.com"},
		"others under other names": {status.Records{Found: []status.Found{{Servers: []string{"ns1"}}},
			Misplaced: []status.Found{{Name: "www.example.com", Values: []string{"v=spf1"}}}}, status.VerdictMissing, "no TXT record"},
		"one server lacks it": {status.Records{Found: []status.Found{{Servers: []string{"ns1", "ns3"}}, {Servers: []string{"ns2"}, Values: []string{token}}}},
			status.VerdictDisagree, "ns1, ns3 do not have the token yet, ns2 do"},
		"one server has another": {status.Records{Found: []status.Found{{Servers: []string{"ns1"}, Values: []string{previous}}, {Servers: []string{"ns2"}, Values: []string{token}}}},
			status.VerdictDisagree, "ns1 do not have the token yet, ns2 do"},
		"both are wrong": {status.Records{Found: []status.Found{{Servers: []string{"ns1"}}, {Servers: []string{"ns2"}, Values: []string{previous}}}},
			status.VerdictPrevious, "the token before this one"},
		"both have it among others": {status.Records{Found: []status.Found{{Servers: []string{"ns1"}, Values: []string{token}}, {Servers: []string{"ns2"}, Values: []string{"a", token}}}},
			status.VerdictValid, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := status.NewProof(token, previous, test.records)
			if got.Verdict != test.want || !strings.Contains(got.String(), test.text) || (got.String() == "") != (test.text == "") {
				t.Errorf("got %+v: %q; want %s: %q", got, got, test.want, test.text)
			}
			for _, value := range []string{token, previous, "spf1"} {
				if strings.Contains(strings.ToLower(got.String()), value) {
					t.Errorf("%q has the value of a record", got)
				}
			}
		})
	}
}

// TestProofNamesServersAndValues looks at what is told beside the verdict.
func TestProofNamesServersAndValues(t *testing.T) {
	silent := []string{"ns3: no answer in time"}
	for name, test := range map[string]struct {
		records status.Records
		want    status.Proof
	}{
		"valid": {status.Records{Found: []status.Found{{Servers: []string{"ns1"}, Values: []string{"t0ken"}}}, Silent: silent},
			status.Proof{Verdict: status.VerdictValid, Silent: silent}},
		"disagreement": {status.Records{Found: []status.Found{{Servers: []string{"ns1"}, Values: []string{"a"}}, {Servers: []string{"ns2"}, Values: []string{"t0ken"}}}},
			status.Proof{Verdict: status.VerdictDisagree, Lacking: []string{"ns1"}, Having: []string{"ns2"}, Values: []string{"a"}}},
		"other values": {status.Records{Found: []status.Found{{Servers: []string{"ns1"}, Values: []string{"a"}}, {Servers: []string{"ns2"}, Values: []string{"b"}}}},
			status.Proof{Verdict: status.VerdictOther, Values: []string{"a", "b"}}},
		"another name": {status.Records{Found: []status.Found{{Servers: []string{"ns1"}}}, Misplaced: []status.Found{{Name: "a.example", Values: []string{"t0ken"}}}},
			status.Proof{Verdict: status.VerdictMisplaced, Name: "a.example"}},
	} {
		if got := status.NewProof("t0ken", "", test.records); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: got %+v, want %+v", name, got, test.want)
		}
	}
}

// TestNothingToProve has a record and no token: whatever it says counts as nothing.
func TestNothingToProve(t *testing.T) {
	records := status.Records{Found: []status.Found{{Servers: []string{"ns1"}, Values: []string{""}}}}
	if got := status.NewProof("", "", records); !reflect.DeepEqual(got, status.Proof{}) {
		t.Errorf("got %+v", got)
	}
	if got := status.NewProof("t0ken", "", records); got.Verdict != status.VerdictOther {
		t.Errorf("without a token before, got %+v", got)
	}
}

// TestVerdictsAreTold checks the closed set: each has a sentence of its own.
func TestVerdictsAreTold(t *testing.T) {
	told := map[string]status.ProofVerdict{}
	for _, v := range status.Verdicts() {
		text := status.Proof{Verdict: v}.String()
		if (text == "") != (v == status.VerdictValid) || told[text] != "" {
			t.Errorf("%s and %q say %q", v, told[text], text)
		}
		told[text] = v
	}
}
