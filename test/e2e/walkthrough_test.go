//go:build e2e

package e2e_test

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestWalkthrough pastes what the demo prints into a shell, step by step, and
// sees the domain move on after each.
func TestWalkthrough(t *testing.T) {
	t.Parallel()
	exporter := startExporter(t, "--demo")
	var steps []string
	eventually(t, patience, func(context.Context) error {
		output, _ := exporter.output.read()
		if steps = pasted(output); len(steps) != 3 {
			return fmt.Errorf("the demo printed %d steps:\n%s", len(steps), output)
		}
		return nil
	})
	shell := exec.CommandContext(t.Context(), "bash")
	shell.Stderr = os.Stderr
	paste, err := shell.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := shell.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { paste.Close(); _ = shell.Wait() }()
	exporter.isIn(t, "token_missing")
	for i, state := range []string{"awaiting_dns", "ready_to_bind", "bound"} {
		if _, err := io.WriteString(paste, steps[i]); err != nil {
			t.Fatal(err)
		}
		exporter.isIn(t, state)
	}
	eventually(t, patience, func(context.Context) error {
		body, _ := exporter.get(t, "/metrics", "")
		if want := `oss_cname_dns_points_to_endpoint{bucket="demo-bucket",cname="yours.example.com",team="web"} 1`; !strings.Contains(string(body), want) {
			return fmt.Errorf("no %s", want)
		}
		return nil
	})
}

// isIn waits until yours.example.com is in that state.
func (e exporter) isIn(t *testing.T, state string) {
	t.Helper()
	want := fmt.Sprintf(`oss_cname_state{bucket="demo-bucket",cname="yours.example.com",state=%q,team="web"} 1`, state)
	eventually(t, patience, func(context.Context) error {
		if body, _ := e.get(t, "/metrics", ""); !strings.Contains(string(body), want) {
			return fmt.Errorf("yours.example.com is not %s", state)
		}
		return nil
	})
}

// pasted returns the steps among the lines that the demo printed: each begins
// with a numbered comment and ends before the next blank line.
func pasted(output string) (steps []string) {
	for paragraph := range strings.SplitSeq(output, "\n\n") {
		if at := strings.Index(paragraph, "  # "); at >= 0 && strings.HasPrefix(paragraph[at:], fmt.Sprintf("  # %d. ", len(steps)+1)) {
			steps = append(steps, paragraph[at:]+"\n")
		}
	}
	return steps
}
