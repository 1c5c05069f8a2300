//go:build e2e

package e2e_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// TestWatchedConfigurationIsReloaded changes the configuration as the kubelet changes a mounted ConfigMap, for better, for worse and for
// better again.
func TestWatchedConfigurationIsReloaded(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	versions := 0
	mount := func(targets string) {
		versions++
		version := fmt.Sprintf("..version-%d", versions)
		text := "accounts: {main: {region: cn-hangzhou, endpoint: http://127.0.0.1:1}}\ntargets: " + targets + "\n"
		for _, err := range []error{
			os.Mkdir(filepath.Join(dir, version), 0o700),
			os.WriteFile(filepath.Join(dir, version, "config.yaml"), []byte(text), 0o600),
			os.Symlink(version, filepath.Join(dir, "..new")),
			os.Rename(filepath.Join(dir, "..new"), filepath.Join(dir, "..data")),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	mount("[{bucket: abc, cname: one.example.com}]")
	exporter := startExporter(t, "--config.watch", "--config.file="+filepath.Join(dir, "..data", "config.yaml"))
	says := func(series string) {
		t.Helper()
		eventually(t, patience, func(ctx context.Context) error {
			body, _, err := get(ctx, "http://"+exporter.address+"/metrics", acceptText)
			if err == nil && !bytes.Contains(body, []byte("\n"+series+"\n")) {
				err = errors.New("no line " + series)
			}
			return err
		})
	}
	says(`oss_cname_exporter_targets 1`)
	mount("[{bucket: abc, cname: one.example.com}, {bucket: abc, cname: two.example.com}]")
	says(`oss_cname_exporter_targets 2`)
	mount("[{bucket: abc, cname: https://three.example.com}]")
	says(`oss_cname_exporter_config_last_reload_successful 0`)
	says(`oss_cname_exporter_targets 2`)
	mount("[{bucket: abc, cname: three.example.com}]")
	says(`oss_cname_exporter_config_last_reload_successful 1`)
	says(`oss_cname_exporter_targets 1`)
}
