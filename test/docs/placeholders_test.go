package docs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// placeholders are the names that a reader of any page replaces. Each belongs to
// no one (RFC 2606), so that what is pasted as it is finds nothing and says so.
var placeholders = []*regexp.Regexp{
	regexp.MustCompile(`(^|\.)example\.(com|org)$`), // domains, registries, hosts
	regexp.MustCompile(`^example(bucket(-\w+)*|namespace)$`),
	regexp.MustCompile(`^(1234567890123456|6543210987654321)$`), // the ids of two RAM accounts
}

// theirs are domains that a page means as they are.
var theirs = regexp.MustCompile(`(^|\.)(aliyuncs\.com|taihangcda\.cn|aliyun\.com|alibabacloud\.com|github\.com|arms\.prometheus\.io|coreos\.com)$`)

// TestPlaceholdersAreFew wants the blocks of all pages to name nothing that a
// reader replaces but the placeholders.
func TestPlaceholdersAreFew(t *testing.T) {
	block := regexp.MustCompile("(?ms)^ *```(console|bash|yaml|hcl|json)\n(.*?)^ *```")
	name := regexp.MustCompile(`<[a-z][a-z_ -]*>|\b(?i:your|my|xxx+)[-_][a-z-]+|\bexample(?:bucket|namespace)[-\w]*|\b\d{12,}\b|[a-z0-9.-]+\.(?:com|cn|org|net)\b`)
	found := 0
	for _, document := range slices.DeleteFunc(documents(t), func(path string) bool { return path == "docs/flags.md" }) { // the program's own usage
		for _, match := range block.FindAllStringSubmatch(read(t, document), -1) {
			for _, got := range name.FindAllString(match[2], -1) {
				found++
				known := slices.ContainsFunc(placeholders, func(p *regexp.Regexp) bool { return p.MatchString(strings.Trim(got, "._-")) })
				if !known && !theirs.MatchString(got) {
					t.Errorf("%s: %q is no placeholder of all pages", document, got)
				}
			}
		}
	}
	if found < 50 {
		t.Errorf("only %d names", found)
	}
}

// TestCommandsAreInConsoleBlocks wants the commands of all pages where
// TestPackagePages finds them. The one script is the demo's own, which
// TestWalkthrough runs.
func TestCommandsAreInConsoleBlocks(t *testing.T) {
	fence := regexp.MustCompile("(?m)^ *```(\\S*)[^`\n]*$")
	languages := []string{"console", "yaml", "json", "hcl", "promql", "jsonnet", "mermaid", "python", "text"}
	for _, document := range documents(t) {
		for i, match := range fence.FindAllStringSubmatch(read(t, document), -1) {
			opens := i%2 == 0
			if language := match[1]; opens && !slices.Contains(languages, language) && (language != "bash" || !strings.HasPrefix(document, "docs/demo")) {
				t.Errorf("%s: a block in %q", document, language)
			}
		}
	}
}
