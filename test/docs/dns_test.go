package docs_test

import (
	"strings"
	"testing"

	"oss_cname_exporter/internal/dnsclient"
	"oss_cname_exporter/internal/status"
)

// TestVerdictsAreDocumented holds the table of docs/dns.md to the closed set.
func TestVerdictsAreDocumented(t *testing.T) {
	text := read(t, "docs/dns.md")
	_, table, _ := strings.Cut(text, "| `proof` |")
	table, _, _ = strings.Cut(table, "\n\n")
	if rows := strings.Count(table, "\n") - 1; rows != len(status.Verdicts()) {
		t.Errorf("docs/dns.md has %d verdicts, there are %d", rows, len(status.Verdicts()))
	}
	for _, v := range status.Verdicts() {
		if !strings.Contains(table, "\n| `"+string(v)+"` |") {
			t.Errorf("docs/dns.md has no row for %s", v)
		}
	}
	if !strings.Contains(text, "`["+dnsclient.Authoritative+"]`") {
		t.Errorf("docs/dns.md does not name %s", dnsclient.Authoritative)
	}
}
