package lang_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"oss_cname_exporter/internal/lang"
)

// source is a format in the source of the program.
type source struct {
	where  string
	format string
	args   int
}

// sources returns each format that is given to Textf.
func sources(t *testing.T) (all []source) {
	t.Helper()
	const root = "../.."
	files := token.NewFileSet()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && path != root && (strings.HasPrefix(entry.Name(), ".") || entry.Name() == "test"):
			return filepath.SkipDir
		case strings.HasSuffix(path, ".html") || strings.HasSuffix(path, "starter.go") || strings.HasSuffix(path, "script.js"):
			all = append(all, templateSources(t, path)...)
		}
		if entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, isCall := n.(*ast.CallExpr)
			if !isCall || !isTextf(call.Fun) {
				return true
			}
			where := files.Position(call.Pos()).String()
			if name, isName := call.Args[0].(*ast.Ident); isName && name.Name == "text" {
				return true // of a template
			}
			literal, isLiteral := call.Args[0].(*ast.BasicLit)
			if !isLiteral {
				t.Errorf("%s: the format is no literal, so it cannot be held to the catalogue", where)
				return true
			}
			format, err := strconv.Unquote(literal.Value)
			if err != nil {
				t.Errorf("%s: %v", where, err)
			}
			all = append(all, source{where, format, len(call.Args) - 1})
			return true
		})
		return nil
	})
	if err != nil || len(all) < 100 {
		t.Fatalf("found %d formats: %v", len(all), err)
	}
	return all
}

var (
	action   = regexp.MustCompile(`(?s)\{\{.*?\}\}`)
	literal  = regexp.MustCompile(`\bt[ (]("(?:[^"\\]|\\.)*")`)
	anything = -1 // arguments
)

// templateSources returns each format that is given to the function t of a
// template or of the script.
func templateSources(t *testing.T, path string) (all []source) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	parts := []string{string(text)}
	if !strings.HasSuffix(path, ".js") {
		parts = action.FindAllString(string(text), -1)
	}
	for _, part := range parts {
		for _, found := range literal.FindAllStringSubmatch(part, -1) {
			format, err := strconv.Unquote(found[1])
			if err != nil {
				t.Errorf("%s: %s: %v", path, found[1], err)
			}
			all = append(all, source{path, format, anything})
		}
	}
	return all
}

// isTextf reports whether a call is of lang.Textf, or in this package of Textf.
func isTextf(fun ast.Expr) bool {
	switch f := fun.(type) {
	case *ast.Ident:
		return f.Name == "Textf"
	case *ast.SelectorExpr:
		of, isIdent := f.X.(*ast.Ident)
		return isIdent && of.Name == "lang" && f.Sel.Name == "Textf"
	}
	return false
}

var verb = regexp.MustCompile(`%(\[(\d+)\])?[a-z]`)

// verbs returns the verbs of a format in the order of their arguments.
func verbs(t *testing.T, format string) []string {
	t.Helper()
	found := verb.FindAllStringSubmatch(format, -1)
	if len(found) != strings.Count(strings.ReplaceAll(format, "%%", ""), "%") {
		t.Errorf("%q has a verb that this test cannot read", format)
	}
	ordered := make([]string, len(found))
	for i, v := range found {
		at := i + 1
		if v[2] != "" {
			at, _ = strconv.Atoi(v[2])
		}
		if at < 1 || at > len(found) || ordered[at-1] != "" {
			t.Errorf("%q uses an argument twice or one that is not there", format)
			return nil
		}
		ordered[at-1] = "%" + v[0][len(v[0])-1:]
	}
	return ordered
}

// hasWords reports whether a format has letters beside its verbs.
func hasWords(format string) bool {
	return strings.ContainsFunc(verb.ReplaceAllString(format, ""), unicode.IsLetter)
}

// TestCatalogue wants each format of the program to have a translation with the
// same arguments, and each translation to have a format.
func TestCatalogue(t *testing.T) {
	used := map[string]bool{}
	for _, s := range sources(t) {
		used[s.format] = true
		if got := len(verbs(t, s.format)); s.args != anything && got != s.args {
			t.Errorf("%s: %q has %d verbs and %d arguments", s.where, s.format, got, s.args)
		}
		if lang.Catalogue[s.format] == "" && hasWords(s.format) {
			t.Errorf("%s: no translation of %q", s.where, s.format)
		}
	}
	for english, chinese := range lang.Catalogue {
		if !used[english] {
			t.Errorf("no text uses %q", english)
		}
		if want, got := verbs(t, english), verbs(t, chinese); !slices.Equal(got, want) {
			t.Errorf("%q has %q, and its translation %q has %q", english, want, chinese, got)
		}
	}
}
