package secret_test

import (
	"encoding/base64"
	"encoding/hex"
	"html"
	"net/url"
	"strings"
	"testing"

	"oss_cname_exporter/internal/secret"
)

func TestRemoteText(t *testing.T) {
	const token = "CAISplanted+token/0123456789abcdefghijklmnop=="
	for text, want := range map[string]string{
		"plain":                          "plain",
		"a\nb\tc\x00d\xff":               "a b c d?",
		strings.Repeat("x", 300):         strings.Repeat("x", 200) + "…",
		strings.Repeat("x", 200):         strings.Repeat("x", 200),
		token[8:24] + token[:8]:          "(secret)",
		"sent " + token + ".":            "sent (secret).",
		"sent " + token[:20] + "…":       "sent (secret)…",
		"sent " + token[17:] + " again":  "sent (secret) again",
		token + token:                    "(secret)",
		"CAIS is a prefix of many":       "CAIS is a prefix of many",
		"url " + url.QueryEscape(token):  "url (secret)",
		strings.Repeat("y", 180) + token: strings.Repeat("y", 180) + "(secret)",
	} {
		if got := secret.RemoteText(text, token, "", "short"); got != want {
			t.Errorf("%q:\ngot  %q\nwant %q", text, got, want)
		}
	}
}

// TestEncodedEchoes has a peer that repeats a token in each of the ways that servers and proxies encode what they got.
func TestEncodedEchoes(t *testing.T) {
	const token = "CAISplanted+token/0123456789abcdefghijklmnop=="
	percent := url.QueryEscape(token)
	numeric := strings.NewReplacer("+", "&#43;", "/", "&#47;", "=", "&#61;").Replace(token)
	inHex := hex.EncodeToString([]byte(token))
	echoes := map[string]string{
		"percent": percent, "percent in lower case": strings.NewReplacer("%2B", "%2b", "%2F", "%2f", "%3D", "%3d").Replace(percent),
		"entities": numeric, "hexadecimal entities": strings.NewReplacer("+", "&#x2B;", "/", "&#x2F;", "=", "&#x3D;").Replace(token),
		"named entities": html.EscapeString(token), "JSON": strings.NewReplacer("+", `\u002b`, "/", `\/`, "=", `\u003d`).Replace(token),
		"hex": inHex, "hex in upper case": strings.ToUpper(inHex),
	}
	for _, before := range []string{"", "u", "us", "user:"} {
		echoes["base64 behind "+before] = base64.StdEncoding.EncodeToString([]byte(before + token + "\n"))
		echoes["base64 for URLs behind "+before] = base64.URLEncoding.EncodeToString([]byte(before + token))
	}
	echoes["base64 for URLs with its signs"] = base64.URLEncoding.EncodeToString([]byte(token + "\xff\xfe"))
	for name, echo := range echoes {
		got := secret.RemoteText("you sent "+echo+", which is wrong", token)
		rest := strings.TrimSuffix(strings.TrimPrefix(got, "you sent "), ", which is wrong")
		if !strings.Contains(got, "(secret)") || len(strings.ReplaceAll(rest, "(secret)", "")) > 16 || !secret.IsHidden(got) {
			t.Errorf("%s: %s", name, got)
		}
	}
	if got := secret.RemoteText("pass hunter2 of user", "hunter2", "abc", ""); got != "pass (secret) of user" {
		t.Errorf("a short password: %s", got)
	}
	if got := secret.HideLong("root is hunter2 of "+token, "hunter2", "root", token); got != "root is hunter2 of (secret)" || secret.IsHidden("(hidden)") {
		t.Errorf("an answer: %s", got)
	}
}

// TestFormsLeaveLettersAlone has a secret of every letter and digit, of which only one sign is encoded.
func TestFormsLeaveLettersAlone(t *testing.T) {
	const ends = "azAZ09+"
	for _, echo := range []string{"azAZ09%2B", "azAZ09&#43;", `azAZ09\u002b`} {
		if got := secret.RemoteText("x "+echo+" x", ends); got != "x (secret) x" {
			t.Errorf("%s: %s", echo, got)
		}
	}
	const signs = "???>>>???>>>???"
	for _, echo := range []string{base64.StdEncoding.EncodeToString([]byte(signs)), base64.URLEncoding.EncodeToString([]byte(signs))} {
		if got := secret.RemoteText("x "+echo+" x", signs); got != "x (secret) x" {
			t.Errorf("%s: %s", echo, got)
		}
	}
}
