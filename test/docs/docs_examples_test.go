package docs_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/config"
)

// examples returns the indented blocks in that language of a document.
func examples(t *testing.T, document, language string) []string {
	t.Helper()
	var blocks []string
	for _, match := range regexp.MustCompile("(?ms)^( *)```"+language+"\n(.*?)^ *```").FindAllStringSubmatch(read(t, document), -1) {
		blocks = append(blocks, regexp.MustCompile(`(?m)^`+match[1]).ReplaceAllString(match[2], ""))
	}
	return blocks
}

// TestScalingShowsTheDeployment holds the scrape configuration that docs/scaling.md
// explains to the file that is tried out.
func TestScalingShowsTheDeployment(t *testing.T) {
	for _, block := range examples(t, "docs/scaling.md", "yaml") {
		if strings.Contains(block, "http_sd_configs:") {
			if file := read(t, "deploy/prometheus/http_sd.yml"); !strings.HasSuffix(file, "\n"+block) {
				t.Errorf("docs/scaling.md shows\n%s\nthe file is\n%s", block, file)
			}
			return
		}
	}
	t.Error("docs/scaling.md shows no scrape configuration with service discovery")
}

func TestCredentialsDocument(t *testing.T) {
	const document = "docs/credentials.md"
	types := map[string]bool{}
	for _, block := range examples(t, document, "yaml") {
		if !strings.HasPrefix(block, "accounts:") {
			continue // of Kubernetes
		}
		cfg, err := config.Parse(document, []byte(block))
		if err != nil {
			t.Errorf("%v in\n%s", err, block)
			continue
		}
		types[cfg.Accounts[0].Credentials.Type] = true
	}
	if len(types) < 3 {
		t.Errorf("examples only of %v", types)
	}
	for _, block := range examples(t, document, "json") {
		if !json.Valid([]byte(block)) {
			t.Errorf("no JSON:\n%s", block)
		}
	}
	for _, kind := range []string{
		config.CredentialsEnvironment, config.CredentialsFiles, config.CredentialsECSRole, config.CredentialsOIDC,
		config.CredentialsAssumeRole, config.CredentialsProcess, config.CredentialsProfile,
	} {
		if !strings.Contains(read(t, "README.md"), "\n| `"+kind+"` | ") {
			t.Errorf("README's table has no %s", kind)
		}
	}
}

// TestWebConfigDocument serves with the web configuration that is shown.
func TestWebConfigDocument(t *testing.T) {
	dir := t.TempDir()
	apptest.WriteCertificate(t, dir)
	if err := os.WriteFile(filepath.Join(dir, "web.yml"), []byte(examples(t, "docs/web-config.md", "yaml")[0]), 0o600); err != nil {
		t.Fatal(err)
	}
	p := apptest.Start(t, nil, "--demo", "--web.listen-address=127.0.0.1:0", "--web.config.file="+filepath.Join(dir, "web.yml"))
	if status, _ := apptest.Get(t, "http://"+p.Address(t)+"/metrics"); status != 400 {
		t.Errorf("in plain HTTP: %d", status)
	}
}
