package secret_test

import (
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
