package alerts_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/promql/parser"
)

// TestQueriesOfTheDocuments parses each query that a document shows.
func TestQueriesOfTheDocuments(t *testing.T) {
	documents, err := filepath.Glob("../../docs/*.md")
	if err != nil {
		t.Fatal(err)
	}
	var parsed int
	for _, document := range append(documents, "../../README.md") {
		text, err := os.ReadFile(document)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```promql\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			for query := range strings.SplitSeq(strings.ReplaceAll(block[1], "\n/", " /"), "\n") {
				if query == "" {
					continue
				}
				parsed++
				if _, err := parser.NewParser(parser.Options{}).ParseExpr(query); err != nil {
					t.Errorf("%s: %v in\n%s", document, err, query)
				}
			}
		}
	}
	if parsed < 10 {
		t.Errorf("%d queries, want those of metrics.md at least", parsed)
	}
}
