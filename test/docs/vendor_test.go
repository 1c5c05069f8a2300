package docs_test

import (
	"fmt"
	"strings"
	"testing"

	"oss_cname_exporter/internal/vendor"
)

// TestRefusalsOfBindingAreExplained has the codes of PutCname in the document that
// people search, each with its status.
func TestRefusalsOfBindingAreExplained(t *testing.T) {
	text, explained := read(t, "docs/troubleshooting.md"), 0
	for _, c := range vendor.Codes() {
		if !strings.HasPrefix(c.Meaning, "binding: ") {
			continue
		}
		explained++
		if row := fmt.Sprintf("| `%s` | %d | ", c.Code, c.Status); !strings.Contains(text, row) {
			t.Errorf("docs/troubleshooting.md has no row %q", row)
		}
	}
	if explained < 7 {
		t.Errorf("only %d refusals of binding are known", explained)
	}
	for _, s := range vendor.ReservedSuffixes() {
		if !strings.Contains(text, s.Domain) {
			t.Errorf("docs/troubleshooting.md does not name %s", s.Domain)
		}
	}
}
