package docs_test

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"oss_cname_exporter/internal/status"
)

// TestChineseReadmeShowsTheSame holds the commands, configurations and metrics
// of README.zh-CN.md to those of README.md, the reference of metrics and the runbooks.
func TestChineseReadmeShowsTheSame(t *testing.T) {
	english, chinese := read(t, "README.md"), read(t, "README.zh-CN.md")
	shownInEnglish := english + read(t, "docs/metrics.md") + read(t, "docs/runbooks.md") + read(t, "docs/check.md")
	for _, shown := range []*regexp.Regexp{
		regexp.MustCompile("(?s)```[a-z]+\n.*?```"),
		regexp.MustCompile("`oss_cname_[^`]+`"),
		regexp.MustCompile("`OSSCname[^`]+`"),
		regexp.MustCompile("`(helm|kubectl|docker|sudo|make|go) [^`]+`"),
		regexp.MustCompile("`--[a-z][^`]+`"),
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
	if want := fmt.Sprintf("%d 种原因", len(status.Reasons())); !strings.Contains(chinese, want) {
		t.Errorf("README.zh-CN.md does not have %q", want)
	}
	if !strings.Contains(english, "(README.zh-CN.md)") || !strings.Contains(chinese, "(README.md)") {
		t.Error("a README does not lead to the other one")
	}
}

// TestChineseRulesAreTheSame holds deploy/rules.zh-CN.yml to deploy/rules.yml:
// only the words of summaries and descriptions differ, and the language of the
// runbook in the repository.
func TestChineseRulesAreTheSame(t *testing.T) {
	type rules struct {
		Groups []struct{ Rules []map[string]any }
	}
	var english, chinese rules
	decode(t, "deploy/rules.yml", &english)
	decode(t, "deploy/rules.zh-CN.yml", &chinese)
	if len(english.Groups) != 1 || len(chinese.Groups) != 1 || len(english.Groups[0].Rules) != len(chinese.Groups[0].Rules) {
		t.Fatal("the rules differ in number")
	}
	for i, e := range english.Groups[0].Rules {
		c := chinese.Groups[0].Rules[i]
		if en, isAlert := e["annotations"].(map[string]any); isAlert {
			compareTexts(t, en, c["annotations"].(map[string]any))
		}
		delete(e, "annotations")
		delete(c, "annotations")
		if !reflect.DeepEqual(e, c) {
			t.Errorf("got %v, want %v", c, e)
		}
	}
}

// compareTexts wants Chinese annotations to have the values of the English ones.
func compareTexts(t *testing.T, english, chinese map[string]any) {
	t.Helper()
	values := regexp.MustCompile(`\{\{[^}]*\}\}`)
	for name, text := range english {
		is, want := chinese[name].(string), text.(string)
		if name == "runbook_url" || name == "dashboard_url" {
			if strings.ReplaceAll(is, "docs/runbooks.zh-CN.md", "docs/runbooks.md") != want {
				t.Errorf("got %q, want %q", is, want)
			}
			continue
		}
		if !strings.ContainsFunc(is, isHan) {
			t.Errorf("%s is not Chinese: %q", name, is)
		}
		got, has := slices.Sorted(slices.Values(values.FindAllString(is, -1))), slices.Sorted(slices.Values(values.FindAllString(want, -1)))
		if !slices.Equal(slices.Compact(got), slices.Compact(has)) {
			t.Errorf("%q has not the values of %q", is, want)
		}
	}
}

func isHan(r rune) bool { return unicode.Is(unicode.Han, r) }

// TestChineseRunbooksAreTheSame holds docs/runbooks.zh-CN.md to
// docs/runbooks.md: the same alerts in the same order, and in each the same
// commands, links, and number of parts.
func TestChineseRunbooksAreTheSame(t *testing.T) {
	english, chinese := sections(t, "docs/runbooks.md"), sections(t, "docs/runbooks.zh-CN.md")
	if len(english) != len(chinese) {
		t.Fatalf("there are %d sections, want %d", len(chinese), len(english))
	}
	for i := range english {
		e, c := english[i], chinese[i]
		if alert := strings.HasPrefix(e.title, "OSSCname"); alert && c.title != e.title || !alert && !strings.ContainsFunc(c.title, isHan) {
			t.Errorf("got %q, want %q", c.title, e.title)
		}
		for name, part := range map[string]*regexp.Regexp{
			"code":    regexp.MustCompile("(?s)```[a-z]*\n.*?```"),
			"links":   regexp.MustCompile(`\]\([^)]*\)`),
			"rows":    regexp.MustCompile(`(?m)^\|`),
			"points":  regexp.MustCompile(`(?m)^ *(\d\.|\*) `),
			"labels":  regexp.MustCompile("`(oss_cname|OSSCname|--|thresholds|checks)[^`]*`"),
			"anchors": regexp.MustCompile(`(?m)^\*\*[^*]+\*\*`),
		} {
			got, want := part.FindAllString(c.text, -1), part.FindAllString(e.text, -1)
			for i := range got {
				got[i] = strings.Replace(got[i], "](runbooks.md)", "](runbooks.zh-CN.md)", 1) // each leads to the other language
			}
			if isSame := name == "code" || name == "links" || name == "labels"; isSame && !slices.Equal(compact(got), compact(want)) || len(got) != len(want) && name != "links" {
				t.Errorf("%s: %s: got %q, want %q", e.title, name, got, want)
			}
		}
	}
}

// compact returns texts in order, each once.
func compact(texts []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(texts)))
}

type section struct{ title, text string }

// sections splits a document at its headings.
func sections(t *testing.T, path string) (all []section) {
	t.Helper()
	text := read(t, path)
	headings := regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatchIndex(text, -1)
	for i, at := range headings {
		end := len(text)
		if i+1 < len(headings) {
			end = headings[i+1][0]
		}
		all = append(all, section{text[at[2]:at[3]], text[at[1]:end]})
	}
	return all
}
