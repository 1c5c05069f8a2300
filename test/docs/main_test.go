// Package docs_test holds the documents, the examples and the files in deploy/
// to the code: what they name exists, what they show runs, what they link to is
// there. It also holds the packages to the law of who imports whom.
package docs_test

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// root is the top of the repository. The tests do not change the directory to
// it: go test would not notice then that a document changed, and would repeat
// an old result.
const root = "../.."

// read returns the text of a file, whose path begins at the top of the
// repository.
func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
