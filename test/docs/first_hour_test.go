package docs_test

import (
	"regexp"
	"strings"
	"testing"

	"oss_cname_exporter/internal/app"
	"oss_cname_exporter/internal/app/apptest"
)

// TestFirstHour runs the commands of docs/first-hour.md that need no account, and
// counts all of them.
func TestFirstHour(t *testing.T) {
	const page = "docs/first-hour.md"
	masked := func(text string) string {
		return regexp.MustCompile(`\d+`).ReplaceAllString(strings.TrimSpace(text), "N")
	}
	commands, ran := 0, 0
	for _, block := range examples(t, page, "console") {
		for step := range strings.SplitSeq(strings.TrimPrefix(block, "$ "), "\n$ ") {
			commands++
			command, shown, _ := strings.Cut(step, "\n")
			words, isOurs := strings.CutPrefix(command, "./oss_cname_exporter check --demo ")
			if !isOurs {
				continue
			}
			ran++
			stdout, stderr := apptest.NewOutput(), apptest.NewOutput()
			app.Main(append([]string{"check", "--demo"}, strings.Fields(words)...), func(string) string { return "" }, stdout, stderr)
			if masked(stdout.String()) != masked(shown) || stderr.String() != "" {
				t.Errorf("%s prints\n%s%s", command, stdout, stderr)
			}
		}
	}
	if commands != 10 || ran != 2 || !strings.Contains(read(t, page), "\nTen commands ") {
		t.Errorf("%d commands, of which %d ran", commands, ran)
	}
	stdout, stderr := apptest.NewOutput(), apptest.NewOutput()
	app.Main([]string{"init", "--demo"}, func(string) string { return "" }, stdout, stderr)
	if blocks := examples(t, page, "text"); len(blocks) != 1 || blocks[0] != stderr.String() {
		t.Errorf("init says %q, the page %q", stderr, blocks)
	}
}
