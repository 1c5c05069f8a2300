//go:build e2e

package e2e_test

import (
	"html"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestTokenByCurl runs the commands of a domain's page as they are written there, but for the address of OSS.
func TestTokenByCurl(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	exporter := startExporter(t, s.configure(t, watched))
	page, _ := exporter.get(t, "/domains/stage-bucket/www.example.com", "text/html")
	text := html.UnescapeString(string(page))
	_, text, _ = strings.Cut(text, "<pre><code>hex()")
	text, _, found := strings.Cut("hex()"+text, "</code></pre>")
	if !found {
		t.Fatalf("no command in\n%s", page)
	}
	text = strings.Replace(text, "https://stage-bucket.oss-cn-hangzhou.aliyuncs.com/", s.URL()+"/stage-bucket/", 1)
	command := exec.CommandContext(t.Context(), "bash", "-c", text)
	command.Env = append(os.Environ(), "OSS_ACCESS_KEY_ID=stage-key", "OSS_ACCESS_KEY_SECRET=stage-secret")
	out, err := command.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "<Token>") {
		t.Fatalf("%v\n%s\n%s", err, text, out)
	}
	scrape, _ := exporter.get(t, "/metrics", acceptText)
	if !strings.Contains(string(scrape), `oss_cname_token_exists{bucket="stage-bucket",cname="www.example.com",team="web"} 1`) {
		t.Errorf("OSS has no token:\n%s", scrape)
	}
}
