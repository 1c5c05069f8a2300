package configfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oss_cname_exporter/internal/configfile"
)

func TestFilesThatCanBeWatched(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	for range 2 { // before the file is there, and after
		if err := configfile.NewSource(path, configfile.SourceOptions{}).CheckWatchable(); err != nil {
			t.Error(err)
		}
		write(t, path, minimal)
	}
	if err := configfile.NewSource(dir, configfile.SourceOptions{}).CheckWatchable(); err != nil {
		t.Errorf("a folder, which the load refuses: %v", err)
	}
	if _, err := configfile.Load(os.DevNull); err == nil || !strings.HasSuffix(err.Error(), "is no regular file; write one") {
		t.Errorf("a device: %v", err)
	}
}

// TestSizeOfAFile reads one that is as large as may be.
func TestSizeOfAFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, minimal+strings.Repeat("#\n", (configfile.MaxSize-len(minimal))/2))
	if info, err := os.Stat(path); err != nil || info.Size() < configfile.MaxSize-1 {
		t.Fatal(info, err)
	}
	write(t, path, minimal+"#"+strings.Repeat("#", configfile.MaxSize-len(minimal)-1))
	if _, err := configfile.Load(path); err != nil {
		t.Error(err)
	}
}

// TestPatternsOfFolders has folders that are matched, that are none, and that cannot be listed.
func TestPatternsOfFolders(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	for _, name := range []string{"b/z.yml", "b/a.yml", "a/m.yml", "a/.hidden.yml"} {
		if err := os.MkdirAll(filepath.Dir(in(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		write(t, in(name), "- targets: [abc/"+strings.NewReplacer("/", "-", ".", "-").Replace(name)+".example]\n")
	}
	write(t, in("file"), "")
	write(t, in("config.yaml"), "accounts: {main: {region: cn-hangzhou}}\ntarget_files: [\"*/*.yml\", \"file/*.yml\", \"none/*.yml\"]\n")
	source := configfile.NewSource(in("config.yaml"), configfile.SourceOptions{})
	c, err := source.Load()
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, target := range c.Targets {
		got = append(got, target.Base)
	}
	if strings.Join(got, " ") != "a-m-yml.example b-a-yml.example b-z-yml.example" {
		t.Errorf("got %s", got)
	}
	if source.Fingerprint() != source.LoadedFingerprint() {
		t.Error("nothing has changed, and the fingerprint has")
	}
	if err := os.Symlink(in("loop"), in("loop")); err != nil {
		t.Fatal(err)
	}
	write(t, in("config.yaml"), "accounts: {main: {region: cn-hangzhou}}\ntarget_files: [\"loop/*.yml\"]\n")
	if _, err := source.Load(); err == nil || !strings.Contains(err.Error(), `listing "`+in("loop")+`": too many levels of symbolic links`) {
		t.Errorf("a folder that cannot be listed: %v", err)
	}
	before := source.Fingerprint()
	if err := os.Remove(in("loop")); err != nil {
		t.Fatal(err)
	}
	if source.Fingerprint() == before {
		t.Error("the folder can be listed now, and the fingerprint is the same")
	}
}
