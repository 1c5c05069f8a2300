// Package docs holds the documents that the program shows itself.
package docs

import (
	_ "embed"
	"regexp"
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

var heading = regexp.MustCompile(`(?m)^## (\w+)$`)

// Alerts returns the alerts that have a runbook, in the order of the document.
func Alerts() (alerts []string) {
	for _, match := range heading.FindAllStringSubmatch(runbooks, -1) {
		alerts = append(alerts, match[1])
	}
	return alerts
}

// RunbookTable returns the table of all alerts.
func RunbookTable() string {
	table, _, _ := strings.Cut(runbooks[strings.Index(runbooks, "\n| alert")+1:], "\n\n")
	return table + "\n"
}
