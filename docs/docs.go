// Package docs holds the documents that the program shows itself.
package docs

import (
	_ "embed"
	"strings"
)

// runbooks is what alerts and the status page link to.
//
//go:embed runbooks.md
var runbooks string

// Runbook returns the section about an alert, without its heading; "" if there
// is none.
func Runbook(alert string) string {
	_, section, found := strings.Cut(runbooks, "\n## "+alert+"\n")
	if !found || alert == "" {
		return ""
	}
	section, _, _ = strings.Cut(section, "\n## ")
	return strings.TrimSpace(section) + "\n"
}
