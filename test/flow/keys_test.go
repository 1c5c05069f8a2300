package flow_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// TestKeysOfKubernetesSecrets has a secret that was made with echo, and one with a line break in the middle: the first is
// good, the second is one line of the log and no request.
func TestKeysOfKubernetesSecrets(t *testing.T) {
	for _, test := range []struct {
		name, secret string
		works        bool
	}{
		{"made with echo", "vault-secret\n", true},
		{"two lines", "vault\nsecret", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			oss := osstest.New(osstest.Options{})
			t.Cleanup(oss.Close)
			oss.AddKey("vault-key", "vault-secret")
			oss.AddBucket(osstest.Bucket{Name: "vault-bucket"})
			text := fmt.Sprintf("accounts: {main: {region: cn-hangzhou, endpoint: %q}}\ntargets:\n", oss.URL())
			for i := range 5 {
				name := domain.Name{Bucket: "vault-bucket", Base: fmt.Sprintf("www%d.example.com", i)}
				oss.SetToken(name, osstest.Token{})
				text += fmt.Sprintf("- {bucket: %s, cname: %s}\n", name.Bucket, name.Base)
			}
			path := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			p := apptest.Start(t, map[string]string{"OSS_ACCESS_KEY_ID": "vault-key\n", "OSS_ACCESS_KEY_SECRET": test.secret},
				"--config.file="+path, "--web.listen-address=127.0.0.1:0")
			_, said := apptest.Get(t, "http://"+p.Stderr.Wait(t, `address="?([0-9.:]+)`)+"/metrics")
			fails := strings.Count(said, `reason="credentials"} 1`)
			lines := strings.Count(p.Stderr.String(), "probe failed")
			if test.works && (fails != 0 || oss.Calls() != 5 || lines != 0) || !test.works && (fails != 5 || oss.Calls() != 0 || lines != 1) {
				t.Errorf("%d failures for the credentials, %d calls, log:\n%s", fails, oss.Calls(), p.Stderr)
			}
		})
	}
}
