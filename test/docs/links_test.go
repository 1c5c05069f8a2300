package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// documents returns the paths of all Markdown files of the repository.
func documents(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && path != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules") {
			return filepath.SkipDir
		}
		if filepath.Ext(path) == ".md" {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}

var (
	fence      = regexp.MustCompile("(?ms)^ *```.*?^ *```$")
	link       = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading    = regexp.MustCompile(`(?m)^#+ (.+)$`)
	noAnchor   = regexp.MustCompile(`[^\p{L}\p{N}_\- ]`)
	headingURL = regexp.MustCompile(`\]\([^)]*\)`)
)

// anchors returns the anchors of a document's headings, as GitHub names them.
func anchors(markdown string) map[string]bool {
	found := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(fence.ReplaceAllString(markdown, ""), -1) {
		text := headingURL.ReplaceAllString(match[1], "")
		found[strings.ReplaceAll(noAnchor.ReplaceAllString(strings.ToLower(text), ""), " ", "-")] = true
	}
	return found
}

// brokenLinks returns the relative links of a document that lead nowhere: to no
// file, or to no heading of a document.
func brokenLinks(path, markdown string, readFile func(string) ([]byte, error)) []string {
	var broken []string
	for _, match := range link.FindAllStringSubmatch(fence.ReplaceAllString(markdown, ""), -1) {
		if strings.Contains(match[1], "://") {
			continue
		}
		file, anchor, hasAnchor := strings.Cut(match[1], "#")
		target := filepath.Join(filepath.Dir(path), file)
		if file == "" {
			target = path
		}
		if !hasAnchor {
			if _, err := os.Stat(target); err != nil {
				broken = append(broken, match[1])
			}
		} else if text, err := readFile(target); err != nil || !anchors(string(text))[anchor] {
			broken = append(broken, match[1])
		}
	}
	return broken
}

func TestLinksResolve(t *testing.T) {
	paths := documents(t)
	if len(paths) < 5 {
		t.Fatalf("found only %v", paths)
	}
	for _, path := range paths {
		for _, broken := range brokenLinks(path, read(t, path), os.ReadFile) {
			t.Errorf("%s links to %s, which does not exist", path, broken)
		}
	}
}

// TestBrokenLinksAreFound breaks a link of each kind on purpose.
func TestBrokenLinksAreFound(t *testing.T) {
	readFile := func(string) ([]byte, error) { return []byte("# A heading, of `code` & [more](x.md)\n"), nil }
	for markdown, want := range map[string]string{
		"[a](README.md) [b](https://example.com/x) [c](#a-heading-of-code--more)": "",
		"[a](docs/no-such-file.md)":              "docs/no-such-file.md",
		"![a](docs/no-such-picture.png)":         "docs/no-such-picture.png",
		"[a](README.md#no-such-heading)":         "README.md#no-such-heading",
		"[a](#no-such-heading)":                  "#no-such-heading",
		"```\n[a](docs/no-such-file.md)\n```\n":  "",
		"[a](README.md#A-heading-of-code--more)": "README.md#A-heading-of-code--more",
	} {
		if got := strings.Join(brokenLinks("README.md", markdown, readFile), " "); got != want {
			t.Errorf("%q: got %q, want %q", markdown, got, want)
		}
	}
}

// TestReadmeHeadings holds the headings that readers scan for in their order.
func TestReadmeHeadings(t *testing.T) {
	var got []string
	for _, match := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(read(t, "README.md"), -1) {
		got = append(got, match[1])
	}
	const want = "Features, Quick start, Install, Configuration, Metrics, Alerts, HTTP endpoints, Scaling, Security, FAQ, Development"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
