//go:build e2e

package e2e_test

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// TestOneWrongKeyOnAPhone has one wrong key over 2,000 domains.
func TestOneWrongKeyOnAPhone(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.write(t, "secret", "another-secret")
	targets := make([]string, 2000)
	for i := range targets {
		targets[i] = fmt.Sprintf("{bucket: stage-bucket, cname: d%d.example.com}", i)
	}
	exporter := startExporter(t, s.configure(t, targets...))
	exporter.get(t, "/metrics?timeout=30s", acceptText)
	out, err := exec.CommandContext(t.Context(), "node", "../../scripts/page/cause.mjs", os.Getenv("PLAYWRIGHT"), "http://"+exporter.address+"/", "domains of account main in cn-hangzhou cannot be asked (token)").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}
