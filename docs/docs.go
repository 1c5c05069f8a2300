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

// chineseRunbooks is the same in Chinese.
//
//go:embed runbooks.zh-CN.md
var chineseRunbooks string

// runbooksIn returns the runbooks in a language: "zh", else English.
func runbooksIn(language string) string {
	if language == "zh" {
		return chineseRunbooks
	}
	return runbooks
}

// Runbook returns the section about an alert in a language, without its heading;
// "" if there is none.
func Runbook(language, alert string) string {
	_, section, found := strings.Cut(runbooksIn(language), "\n## "+alert+"\n")
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

// RunbookTable returns the table of all alerts in a language.
func RunbookTable(language string) string {
	text := runbooksIn(language)
	table, _, _ := strings.Cut(text[strings.Index(text, "\n| ")+1:], "\n\n")
	return table + "\n"
}
