//go:build budget

package budget_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// riddles are words that make a reader stop, by the name of their count.
var riddles = map[string]*regexp.Regexp{
	"comments with what":   regexp.MustCompile(`(?i)\bwhat\b`),
	"comments with nobody": regexp.MustCompile(`(?i)\b(nobody|whoever|somebody|anybody)\b`),
}

// countWords counts the comment lines of the product with riddles, and the names
// of types that several packages declare. It logs the number of lines.
func countWords(t *testing.T, counted map[string]count) {
	t.Helper()
	lines := 0
	riddled, shared := map[string][]string{}, []string{}
	packages := map[string]map[string]bool{} // by the name of a type
	for _, file := range productFiles(t) {
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, filepath.Join(root, file), nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		lines += fset.File(parsed.Pos()).LineCount()
		for _, group := range parsed.Comments {
			for _, comment := range group.List {
				first := fset.Position(comment.Pos()).Line
				for i, text := range strings.Split(comment.Text, "\n") {
					for name, word := range riddles {
						if word.MatchString(text) {
							riddled[name] = append(riddled[name], fmt.Sprintf("%s:%d: %s", file, first+i, strings.TrimSpace(text)))
						}
					}
				}
			}
		}
		for _, name := range typesOf(parsed) {
			if packages[name] == nil {
				packages[name] = map[string]bool{}
			}
			packages[name][filepath.Dir(file)] = true
		}
	}
	for name, in := range packages {
		if len(in) > 1 && name != "Options" { // which is the name of a package's options everywhere
			shared = append(shared, fmt.Sprintf("%s: %s", name, strings.Join(slices.Sorted(maps.Keys(in)), ", ")))
		}
	}
	slices.Sort(shared)
	counted["shared type names"] = countOf(shared)
	t.Logf("%d lines", lines)
	for name := range riddles {
		counted[name] = countOf(riddled[name])
	}
}

// typesOf returns the names of the types that a file declares.
func typesOf(file *ast.File) (names []string) {
	for _, decl := range file.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.TYPE {
			for _, spec := range d.Specs {
				names = append(names, spec.(*ast.TypeSpec).Name.Name)
			}
		}
	}
	return names
}

// productFiles returns the Go files of the product.
func productFiles(t *testing.T) (files []string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		file, _ := filepath.Rel(root, path)
		if entry.IsDir() && strings.HasPrefix(entry.Name(), ".") && file != "." {
			return filepath.SkipDir
		}
		if strings.HasSuffix(file, ".go") && isProduct(file) {
			files = append(files, file)
		}
		return nil
	})
	if err != nil || len(files) < 50 {
		t.Fatalf("%d files of the product, %v", len(files), err)
	}
	return files
}
