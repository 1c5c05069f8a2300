package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// source is a package and its mutants.
type source struct {
	name, dir string
	files     map[string][]byte // by path
	mutants   []mutant
}

// mutant is one change. It consists of texts that are put into the file.
type mutant struct {
	id         int
	file       string
	line       int
	what, code string
	edits      []edit
}

func (m mutant) String() string {
	file := m.file
	if here, err := os.Getwd(); err == nil {
		file = strings.TrimPrefix(file, here+string(filepath.Separator))
	}
	return fmt.Sprintf("survived: %s:%d: %s: %s", file, m.line, m.what, m.code)
}

// edit replaces length bytes at an offset. Of two edits at one offset, the one
// of the outer node is outside.
type edit struct {
	offset, length int
	text           string
	closes         bool // it ends a node
	size           int  // of the node
}

// helpers is the file that each changed package gets.
const helpers = `package %s

import "os"

var mutateID = os.Getenv("MUTANT")

func mutateOn(id string) bool { return mutateID == id }

func mutateAnd(id string, a bool, b func() bool) bool {
	if mutateOn(id) {
		return a || b()
	}
	return a && b()
}

func mutateOr(id string, a bool, b func() bool) bool {
	if mutateOn(id) {
		return a && b()
	}
	return a || b()
}
`

// load reads a package and finds its mutants.
func load(name string) (*source, error) {
	out, err := exec.Command("go", "list", "-json=Name,Dir,GoFiles", name).Output()
	if err != nil {
		return nil, fmt.Errorf("no package %s: %w", name, err)
	}
	var listed struct {
		Name, Dir string
		GoFiles   []string
	}
	if err := json.Unmarshal(out, &listed); err != nil {
		return nil, err
	}
	s := &source{name: listed.Name, dir: listed.Dir, files: map[string][]byte{}}
	for _, file := range listed.GoFiles {
		path := filepath.Join(s.dir, file)
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		s.files[path] = text
		fset := token.NewFileSet()
		parsed, err := parser.ParseFile(fset, path, text, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		f := &finder{source: s, path: path, text: text, fset: fset}
		ast.Inspect(parsed, f.visit)
	}
	return s, nil
}

// mutated returns the files of the package with all mutants in them.
func (s *source) mutated() map[string][]byte {
	files := map[string][]byte{filepath.Join(s.dir, "zz_mutate.go"): fmt.Appendf(nil, helpers, s.name)}
	edits := map[string][]edit{}
	for _, m := range s.mutants {
		edits[m.file] = append(edits[m.file], m.edits...)
	}
	for path, all := range edits {
		slices.SortStableFunc(all, compareEdits)
		var b []byte
		at := 0
		for _, e := range all {
			b = append(append(b, s.files[path][at:e.offset]...), e.text...)
			at = e.offset + e.length
		}
		files[path] = append(b, s.files[path][at:]...)
	}
	return files
}

// compareEdits orders edits of one offset: ends of nodes first, the inner one
// first; then beginnings, the outer one first.
func compareEdits(a, b edit) int {
	if a.offset != b.offset {
		return a.offset - b.offset
	}
	if a.closes != b.closes {
		return map[bool]int{true: -1, false: 1}[a.closes]
	}
	if a.closes {
		return cmp.Compare(a.size, b.size)
	}
	return cmp.Compare(b.size, a.size)
}

// finder finds the mutants of a file.
type finder struct {
	source *source
	path   string
	text   []byte
	fset   *token.FileSet
}

func (f *finder) visit(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.GenDecl:
		return n.Tok != token.CONST
	case *ast.BinaryExpr:
		f.binary(n)
	case *ast.UnaryExpr:
		if n.Op == token.NOT {
			f.wrap(n, "negated", "(", ` != mutateOn("%d"))`)
		}
	case *ast.BlockStmt:
		f.statements(n.List)
	case *ast.CaseClause:
		f.statements(n.Body)
	case *ast.CommClause:
		f.statements(n.Body)
	}
	return true
}

func (f *finder) binary(n *ast.BinaryExpr) {
	x, y := f.code(n.X), f.code(n.Y)
	switch n.Op {
	case token.LAND:
		f.wrap(n, "|| for &&", `mutateAnd("%d", `, ` })`, f.operator(n))
	case token.LOR:
		f.wrap(n, "&& for ||", `mutateOr("%d", `, ` })`, f.operator(n))
	case token.EQL, token.NEQ:
		f.wrap(n, "negated", "((", `) != mutateOn("%d"))`)
	case token.LSS, token.GTR:
		f.wrap(n, "negated", "((", `) != mutateOn("%d"))`)
		f.wrap(n, "with =", "(", ` || mutateOn("%d") && (`+x+`) == (`+y+`))`)
	case token.LEQ, token.GEQ:
		f.wrap(n, "negated", "((", `) != mutateOn("%d"))`)
		f.wrap(n, "without =", "(", ` && !(mutateOn("%d") && (`+x+`) == (`+y+`)))`)
	}
}

// operator replaces && or || by the beginning of a function for the right side.
func (f *finder) operator(n *ast.BinaryExpr) edit {
	return edit{offset: f.offset(n.OpPos), length: 2, text: ", func() bool { return "}
}

// statements finds the statements that can be left out.
func (f *finder) statements(list []ast.Stmt) {
	for _, stmt := range list {
		what := ""
		switch s := stmt.(type) {
		case *ast.ExprStmt:
			if call, ok := s.X.(*ast.CallExpr); ok && !f.isLeftAlone(call) {
				what = "no call"
			}
		case *ast.AssignStmt:
			if s.Tok != token.DEFINE {
				what = "no assignment"
			}
		case *ast.IncDecStmt:
			what = "no count"
		case *ast.DeferStmt:
			if !f.isLeftAlone(s.Call) {
				what = "no defer"
			}
		case *ast.BranchStmt:
			if s.Tok != token.GOTO && s.Tok != token.FALLTHROUGH {
				what = "no " + s.Tok.String()
			}
		}
		if what != "" {
			f.wrap(stmt, what, `if !mutateOn("%d") { `, " }")
		}
	}
}

// isLeftAlone reports whether a call is a panic or about a lock.
func (f *finder) isLeftAlone(call *ast.CallExpr) bool {
	switch fun := call.Fun.(type) {
	case *ast.Ident:
		return fun.Name == "panic"
	case *ast.SelectorExpr:
		return slices.Contains([]string{"Lock", "Unlock", "RLock", "RUnlock"}, fun.Sel.Name)
	}
	return false
}

// wrap adds a mutant that puts texts around n. %d in them is its number.
func (f *finder) wrap(n ast.Node, what, before, after string, more ...edit) {
	id := len(f.source.mutants) + 1
	number := func(text string) string { return strings.Replace(text, "%d", fmt.Sprint(id), 1) }
	size := int(n.End() - n.Pos())
	f.source.mutants = append(f.source.mutants, mutant{
		id: id, file: f.path, line: f.fset.Position(n.Pos()).Line, what: what, code: strings.Join(strings.Fields(f.code(n)), " "),
		edits: append(more,
			edit{offset: f.offset(n.Pos()), text: number(before), size: size},
			edit{offset: f.offset(n.End()), text: number(after), closes: true, size: size}),
	})
}

func (f *finder) code(n ast.Node) string {
	return string(f.text[f.offset(n.Pos()):f.offset(n.End())])
}

func (f *finder) offset(p token.Pos) int { return f.fset.Position(p).Offset }
