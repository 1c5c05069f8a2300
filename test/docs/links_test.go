package docs_test

import (
	"io/fs"
	"os"
	pathpkg "path"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// documents returns the paths of all Markdown files of the repository.
func documents(t *testing.T) []string {
	t.Helper()
	var paths []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && entry.IsDir() && path != "." && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		if strings.HasSuffix(path, ".md") {
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
func brokenLinks(path, markdown string, files fs.FS) []string {
	var broken []string
	for _, match := range link.FindAllStringSubmatch(fence.ReplaceAllString(markdown, ""), -1) {
		if strings.Contains(match[1], "://") {
			continue
		}
		file, anchor, hasAnchor := strings.Cut(match[1], "#")
		target := pathpkg.Join(pathpkg.Dir(path), file)
		if file == "" {
			target = path
		}
		_, err := fs.Stat(files, target)
		if hasAnchor && err == nil {
			var text []byte
			if text, err = fs.ReadFile(files, target); err == nil && !anchors(string(text))[anchor] {
				err = fs.ErrNotExist
			}
		}
		if err != nil {
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
		for _, broken := range brokenLinks(path, read(t, path), os.DirFS(root)) {
			t.Errorf("%s links to %s, which does not exist", path, broken)
		}
	}
}

// TestBrokenLinksAreFound breaks a link of each kind on purpose.
func TestBrokenLinksAreFound(t *testing.T) {
	files := fstest.MapFS{
		"README.md":   {Data: []byte("# A heading, of `code` & [more](x.md)\n")},
		"docs/one.md": {Data: []byte("# One\n")},
	}
	for markdown, want := range map[string]string{
		"[a](README.md) [a](docs/one.md#one) [b](https://example.com/x) [c](#a-heading-of-code--more)": "",
		"[a](docs/no-such-file.md)":              "docs/no-such-file.md",
		"![a](docs/no-such-picture.png)":         "docs/no-such-picture.png",
		"[a](README.md#no-such-heading)":         "README.md#no-such-heading",
		"[a](#no-such-heading)":                  "#no-such-heading",
		"```\n[a](docs/no-such-file.md)\n```\n":  "",
		"[a](docs/one.md#two)":                   "docs/one.md#two",
		"[a](README.md#A-heading-of-code--more)": "README.md#A-heading-of-code--more",
	} {
		if got := strings.Join(brokenLinks("README.md", markdown, files), " "); got != want {
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
	const want = "Features, Quick start, Install, Configuration, Metrics, Alerts, HTTP endpoints, Scaling, Security, FAQ, Documents, Development"
	if strings.Join(got, ", ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
}
