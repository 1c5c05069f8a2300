//go:build e2e

package e2e_test

import (
	"context"
	"os"
	"os/exec"
	"testing"
)

// TestStatusPageInABrowser has Chromium go through the page of the demo as people do: scripts/page/check.mjs. Pictures of
// it are kept in out/, for people to look at.
func TestStatusPageInABrowser(t *testing.T) {
	t.Parallel()
	tools := os.Getenv("PLAYWRIGHT")
	if tools == "" {
		t.Fatal("PLAYWRIGHT does not say where playwright-core is; make e2e does")
	}
	exporter := startExporter(t, "--demo")
	exporter.get(t, "/metrics", acceptText)
	ctx, cancel := context.WithTimeout(t.Context(), 5*patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "node", "../../scripts/page/check.mjs", tools, "http://"+exporter.address+"/", "out").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}
