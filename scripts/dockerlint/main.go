// Command dockerlint checks Dockerfiles with BuildKit's own parser and rules.
// It is a module of its own, so that BuildKit never enters the exporter's go.mod.
package main

import (
	"fmt"
	"os"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
)

func main() {
	faults := 0
	for _, path := range os.Args[1:] {
		report := func(fault string) {
			faults++
			fmt.Fprintf(os.Stderr, "%s: %s\n", path, fault)
		}
		if err := lint(path, report); err != nil {
			report(err.Error())
		}
	}
	if faults > 0 {
		os.Exit(1)
	}
}

// lint reports every warning and every broken rule; its error means that path is no Dockerfile at all.
func lint(path string, report func(fault string)) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	dockerfile, err := parser.Parse(f)
	if err != nil {
		return err
	}
	for _, w := range dockerfile.Warnings {
		report(w.Short)
	}
	rules := linter.New(&linter.Config{Warn: func(rule, _, _, msg string, at []parser.Range) {
		report(fmt.Sprintf("line %d: %s: %s", at[0].Start.Line, rule, msg))
	}})
	_, _, err = instructions.Parse(dockerfile.AST, rules)
	return err
}
