package docs_test

import (
	"regexp"
	"strings"
	"testing"
)

// TestChineseReadmeShowsTheSame holds the commands, configurations and metrics
// of README.zh-CN.md to those of README.md, the reference of metrics and the runbooks.
func TestChineseReadmeShowsTheSame(t *testing.T) {
	english, chinese := read(t, "README.md"), read(t, "README.zh-CN.md")
	shownInEnglish := english + read(t, "docs/metrics.md") + read(t, "docs/runbooks.md")
	for _, shown := range []*regexp.Regexp{
		regexp.MustCompile("(?s)```[a-z]+\n.*?```"),
		regexp.MustCompile("`oss_cname_[^`]+`"),
		regexp.MustCompile("`OSSCname[^`]+`"),
	} {
		found := shown.FindAllString(chinese, -1)
		if len(found) == 0 {
			t.Errorf("README.zh-CN.md shows nothing like %s", shown)
		}
		for _, text := range found {
			if !strings.Contains(shownInEnglish, strings.Trim(text, "`")) {
				t.Errorf("README.zh-CN.md shows %s, which the English documents do not", text)
			}
		}
	}
	if !strings.Contains(english, "(README.zh-CN.md)") || !strings.Contains(chinese, "(README.md)") {
		t.Error("a README does not lead to the other one")
	}
}
