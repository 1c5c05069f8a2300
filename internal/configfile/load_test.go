package configfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"oss_cname_exporter/internal/configfile"
)

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestLoad(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, minimal)
	c, err := configfile.Load(path)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Targets[0].Cname(); got != "www.example.com" {
		t.Errorf("cname %q", got)
	}
}

func TestLoadNamesTheFileInFaults(t *testing.T) {
	path := filepath.Join(t.TempDir(), "mine.yml")
	write(t, path, "\n\nprobes: {}\n"+minimal)
	_, err := configfile.Load(path)
	if want := path + `:3: unknown key "probes"; write "probe"`; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestLoadErrors(t *testing.T) {
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	write(t, in("file"), minimal)
	if err := os.Symlink(in("loop"), in("loop")); err != nil {
		t.Fatal(err)
	}
	write(t, in("large"), "")
	if err := os.Truncate(in("large"), 16<<20+1); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, path, want string
		is               error
	}{
		{"missing", in("nowhere.yaml"), "no such file or directory", fs.ErrNotExist},
		{"no name", "", "no such file or directory", fs.ErrNotExist},
		{"directory", dir, "is a directory", syscall.EISDIR},
		{"below a file", in("file/x"), "not a directory", syscall.ENOTDIR},
		{"loop", in("loop"), "too many levels of symbolic links", syscall.ELOOP},
		{"too large", in("large"), "larger than 16 MiB; is it the right file?", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, err := configfile.Load(tt.path)
			if c != nil || err == nil {
				t.Fatalf("Load = %v, %v", c, err)
			}
			if want := `reading config "` + tt.path + `": ` + tt.want; err.Error() != want {
				t.Errorf("got  %v\nwant %s", err, want)
			}
			if tt.is != nil && !errors.Is(err, tt.is) {
				t.Errorf("%v is not %v", err, tt.is)
			}
			if strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %v", err)
			}
		})
	}
}

func TestLoadWithoutPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may read everything")
	}
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, minimal)
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	if _, err := configfile.Load(path); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v, want a permission error", err)
	}
}
