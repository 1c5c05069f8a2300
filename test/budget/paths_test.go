//go:build budget

package budget_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "oss_cname_exporter/"

// countPaths counts, for each request, the functions that it enters, their files
// and the types of their receivers.
func countPaths(t *testing.T, counted map[string]count) {
	t.Helper()
	dir := t.TempDir()
	program := filepath.Join(dir, "program")
	command(t, "go", "build", "-cover", "-covermode=atomic", "-coverpkg="+module+"...", "-o", program, "./program")
	command(t, program, dir)
	for _, name := range []string{"scrape", "probe", "reload"} {
		runs, err := filepath.Glob(filepath.Join(dir, name, "*"))
		if err != nil || len(runs) == 0 {
			t.Fatalf("%s was not counted: %v", name, err)
		}
		var least *entered // by the run in which the least happened beside the request
		for _, run := range runs {
			if e := read(t, run); least == nil || len(e.functions) < len(least.functions) {
				least = e
			}
		}
		counted[name+" functions"] = countOf(slices.Sorted(maps.Keys(least.functions)))
		counted[name+" files"] = countOf(slices.Sorted(maps.Keys(least.files)))
		counted[name+" types"] = countOf(slices.Sorted(maps.Keys(least.types)))
	}
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if text, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", name, err, text)
	}
}

// entered is the code that ran since the counters were cleared.
type entered struct{ functions, files, types map[string]bool }

// read returns the product's functions whose counters are not zero. A closure
// counts with the function that it stands in.
func read(t *testing.T, dir string) *entered {
	t.Helper()
	out := filepath.Join(dir, "profile.txt")
	command(t, "go", "tool", "covdata", "textfmt", "-i="+dir, "-o="+out)
	profile, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	e := &entered{map[string]bool{}, map[string]bool{}, map[string]bool{}}
	files := map[string][]function{}
	for _, block := range strings.Split(strings.TrimSpace(string(profile)), "\n")[1:] {
		file, line, ran := parseBlock(t, block)
		if !ran || !isProduct(file) {
			continue
		}
		if files[file] == nil {
			files[file] = functionsOf(t, file)
		}
		for _, f := range files[file] {
			if f.first <= line && line <= f.last {
				e.add(file, f)
			}
		}
	}
	return e
}

func (e *entered) add(file string, f function) {
	folder := filepath.Dir(file)
	e.functions[folder+"."+f.name] = true
	e.files[file] = true
	if f.receiver != "" {
		e.types[folder+"."+f.receiver] = true
	}
}

// parseBlock reads a line of a profile: FILE:LINE.COLUMN,LINE.COLUMN STATEMENTS COUNT.
func parseBlock(t *testing.T, block string) (file string, line int, ran bool) {
	t.Helper()
	path, rest, found := strings.Cut(strings.TrimPrefix(block, module), ":")
	first, _, dotted := strings.Cut(rest, ".")
	line, err := strconv.Atoi(first)
	if err != nil || !found || !dotted {
		t.Fatalf("a profile's line %q", block)
	}
	return path, line, !strings.HasSuffix(block, " 0")
}

// function is a declared function and its lines.
type function struct {
	name, receiver string
	first, last    int
}

func functionsOf(t *testing.T, file string) []function {
	t.Helper()
	fset := token.NewFileSet()
	parsed, err := parser.ParseFile(fset, filepath.Join(root, file), nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var all []function
	for _, decl := range parsed.Decls {
		f := function{first: fset.Position(decl.Pos()).Line, last: fset.Position(decl.End()).Line}
		switch d := decl.(type) {
		case *ast.FuncDecl:
			f.name = d.Name.Name
			if d.Recv != nil {
				f.receiver = receiver(d.Recv.List[0].Type)
				f.name = f.receiver + "." + f.name
			}
		case *ast.GenDecl: // functions in a table of the package
			f.name = "line " + strconv.Itoa(f.first)
		}
		all = append(all, f)
	}
	return all
}

// receiver returns the name of a receiver's type.
func receiver(expr ast.Expr) string {
	for {
		switch x := expr.(type) {
		case *ast.StarExpr:
			expr = x.X
		case *ast.IndexExpr:
			expr = x.X
		case *ast.IndexListExpr:
			expr = x.X
		case *ast.Ident:
			return x.Name
		default:
			return fmt.Sprintf("%T", expr)
		}
	}
}

// isProduct reports whether a file is part of the product: not of a test, nor of
// the simulated services and the demo that runs on them.
func isProduct(file string) bool {
	if strings.HasSuffix(file, "_test.go") {
		return false
	}
	for _, folder := range []string{"internal/app/apptest", "internal/demo", "internal/fake", "internal/web/webtest", "scripts", "test"} {
		if strings.HasPrefix(file, folder+"/") {
			return false
		}
	}
	return true
}
