//go:build e2e

package e2e_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestStatusPageInABrowser looks at the page as an operator does, after one scrape.
func TestStatusPageInABrowser(t *testing.T) {
	t.Parallel()
	exporter := startExporter(t, "--demo")
	exporter.get(t, "/metrics", acceptText)
	url := "http://" + exporter.address + "/"
	rows := map[string]string{}
	for _, row := range tableRow.FindAllSubmatch(chromium(t, "--dump-dom", url), -1) {
		rows[string(row[1])] = string(row[0])
	}
	for _, target := range demo {
		t.Run(target.cname, func(t *testing.T) {
			for _, want := range target.onPage() {
				if !strings.Contains(rows[target.cname], want) {
					t.Errorf("want %q in its row: %s", want, rows[target.cname])
				}
			}
		})
	}
	t.Run("screenshot", func(t *testing.T) { screenshot(t, url) })
}

// tableRow matches a target's row in the DOM and captures its cname.
var tableRow = regexp.MustCompile(`(?s)<tr data-cname="([^"]*)".*?</tr>`)

// onPage is what the page must say of a target: where it is, what is known of its token, how the last attempt went.
func (want target) onPage() []string {
	token := map[string]string{"1": "expires in ", "0": "no token", "": "unknown"}[want.exists]
	return []string{want.bucket, token, cmp.Or(want.reason, "succeeded")}
}

// screenshot keeps a picture of the page in out/, for people to look at, and checks that there is one.
func screenshot(t *testing.T, url string) {
	t.Helper()
	file, err := filepath.Abs(filepath.Join("out", "status.png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	chromium(t, "--window-size=1280,1200", "--screenshot="+file, url)
	picture, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(picture)); err != nil {
		t.Errorf("reading %s: %v", file, err)
	}
}

// chromium runs a headless browser to its end and returns what it printed.
func chromium(t *testing.T, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, "chromium", append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--hide-scrollbars",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir=" + t.TempDir(),
	}, args...)...)
	cmd.WaitDelay = patience
	out, err := cmd.Output()
	if err != nil {
		var said []byte
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			said = exit.Stderr
		}
		t.Fatalf("%v: %v\n%s", cmd.Args, err, said)
	}
	return out
}
