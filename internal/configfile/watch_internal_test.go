//go:build unix

package configfile

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/config"
)

// scene is a watched configuration in a folder. The watcher looks when the test tells it to.
type scene struct {
	t      *testing.T
	dir    string
	store  *Store
	logged *bytes.Buffer // read it between looks
	ticks  chan time.Time
}

func newScene(t *testing.T, files ...string) *scene {
	t.Helper()
	s := &scene{t: t, dir: t.TempDir(), logged: &bytes.Buffer{}, ticks: make(chan time.Time)}
	for i := 0; i < len(files); i += 2 {
		s.write(files[i], files[i+1])
	}
	source := NewSource(s.in("config.yaml"), SourceOptions{Beside: s.beside})
	store, err := NewStore(source.Load)
	if err != nil {
		t.Fatal(err)
	}
	s.store = store
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	w := watcher{loaded: source.LoadedFingerprint, look: source.Fingerprint, patience: time.Hour, reload: s.reload}
	go func() { defer close(ended); w.run(ctx, s.ticks) }()
	t.Cleanup(func() { cancel(); <-ended })
	return s
}

// reload logs each fault on a line, or that there is none.
func (s *scene) reload() error {
	err := s.store.Reload()
	fmt.Fprintln(s.logged, "loaded:", err)
	return err
}

// beside returns web.yml and the certificate that it names.
func (s *scene) beside() []string {
	files := []string{s.in("web.yml")}
	if text, err := os.ReadFile(files[0]); err == nil && strings.Contains(string(text), "server.crt") {
		files = append(files, s.in("server.crt"))
	}
	return files
}

func (s *scene) in(name string) string { return filepath.Join(s.dir, name) }

func (s *scene) do(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *scene) write(name, text string) {
	s.t.Helper()
	s.do(os.MkdirAll(filepath.Dir(s.in(name)), 0o700))
	s.do(os.WriteFile(s.in(name), []byte(text), 0o600))
}

// looks has the watcher look twice, and waits until it has.
func (s *scene) looks() {
	for range 3 { // when it takes the third tick, the second look is done
		s.ticks <- time.Time{}
	}
}

// targets returns the domains in force, and whether the last reload succeeded.
func (s *scene) state() string {
	var names []string
	for _, t := range s.store.Config().Targets {
		names = append(names, strings.TrimSuffix(t.Cname(), ".example.com"))
	}
	slices.Sort(names)
	_, err := s.store.Loaded()
	return fmt.Sprintf("%s %v", strings.Join(names, ","), err == nil)
}

func configOf(targetFiles string, names ...string) string {
	text := "accounts: {main: {region: cn-hangzhou}}\ntarget_files: [" + targetFiles + "]\ntargets:\n"
	for _, name := range names {
		text += "  - {bucket: abc, cname: " + name + ".example.com}\n"
	}
	return text
}

func fileOf(name string) string { return "- targets: [abc/" + name + ".example.com]\n" }

// TestWatcherIsNeverDeaf plays what happens to files while an exporter runs for years. After each step it looks twice.
func TestWatcherIsNeverDeaf(t *testing.T) {
	s := newScene(t, "config.yaml", configOf(`"t/*.yml"`, "a"), "t/b.yml", fileOf("b"), "web.yml", "")
	for _, step := range []struct {
		name  string
		do    func()
		state string
		lines int // logged of it
	}{
		{"nothing", func() {}, "a,b true", 0},
		{"a file is touched", func() { s.do(os.Chtimes(s.in("t/b.yml"), time.Now(), time.Now())) }, "a,b true", 0},
		{"an editor's lock, which leads nowhere", func() { s.do(os.Symlink("user@host.4711", s.in("t/.#b.yml"))) }, "a,b true", 0},
		{"an editor's copy", func() { s.write("t/.b.yml", "rubbish: [") }, "a,b true", 0},
		{"a file changes beside them", func() { s.write("t/b.yml", fileOf("c")) }, "a,c true", 1},
		{"a folder that is called like a file", func() { s.do(os.Mkdir(s.in("t/old.yml"), 0o700)) }, "a,c false", 1},
		{"it stays", func() {}, "a,c false", 0},
		{"another file changes beside it", func() { s.write("t/b.yml", fileOf("d")) }, "a,c false", 1},
		{"it goes", func() { s.do(os.Remove(s.in("t/old.yml"))) }, "a,d true", 1},
		{"a link that leads nowhere", func() { s.do(os.Symlink("nowhere", s.in("t/e.yml"))) }, "a,d false", 1},
		{"its file comes", func() { s.write("t/nowhere", fileOf("e")) }, "a,d,e true", 1},
		{"it goes again", func() { s.do(os.Remove(s.in("t/e.yml"))) }, "a,d true", 1},
		{"the configuration is deleted", func() { s.do(os.Rename(s.in("config.yaml"), s.in("gone"))) }, "a,d false", 1},
		{"it stays away", func() {}, "a,d false", 0},
		{"it is back as it was", func() { s.do(os.Rename(s.in("gone"), s.in("config.yaml"))) }, "a,d true", 1},
		{"it is a pipe", func() {
			s.do(os.Remove(s.in("config.yaml")))
			s.do(syscall.Mkfifo(s.in("config.yaml"), 0o600))
		}, "a,d false", 1},
		{"it is a file again", func() {
			s.do(os.Remove(s.in("config.yaml")))
			s.write("config.yaml", configOf(`"t/*.yml"`, "a"))
		}, "a,d true", 1},
		{"a new entry of target_files has a typo in its file", func() {
			s.write("more.yml", "- targts: [abc/m.example.com]\n")
			s.write("config.yaml", configOf(`"t/*.yml", more.yml`, "a"))
		}, "a,d false", 2},
		{"which is mended", func() { s.write("more.yml", fileOf("m")) }, "a,d,m true", 1},
		{"a new entry leads to a file that is not there yet", func() {
			s.write("config.yaml", configOf("late.yml", "a"))
		}, "a,d,m false", 1},
		{"it comes", func() { s.write("late.yml", fileOf("l")) }, "a,l true", 1},
		{"a file of an entry that is no more changes", func() { s.write("more.yml", fileOf("n")) }, "a,l true", 0},
		{"a ca_file is named", func() {
			s.write("ca.pem", "one")
			s.write("config.yaml", strings.Replace(configOf("late.yml", "a"), "cn-hangzhou", "cn-hangzhou, ca_file: "+s.in("ca.pem"), 1))
		}, "a,l true", 1},
		{"the ca_file changes", func() { s.write("ca.pem", "two") }, "a,l true", 1},
		{"web.yml names a certificate", func() { s.write("web.yml", "tls_server_config: {cert_file: server.crt}") }, "a,l true", 1},
		{"the certificate comes", func() { s.write("server.crt", "one") }, "a,l true", 1},
		{"and is renewed", func() { s.write("server.crt", "two") }, "a,l true", 1},
		{"the configuration is huge", func() { s.do(os.Truncate(s.in("config.yaml"), MaxSize+1)) }, "a,l false", 1},
		{"and is well again", func() { s.write("config.yaml", configOf("", "a")) }, "a true", 1},
	} {
		before := strings.Count(s.logged.String(), "\n")
		step.do()
		s.looks()
		if got := s.state(); got != step.state {
			t.Errorf("%s: %s, want %s", step.name, got, step.state)
		}
		if got := strings.Count(s.logged.String(), "\n") - before; got != step.lines {
			t.Errorf("%s: logged %d lines, want %d", step.name, got, step.lines)
		}
	}
	if t.Failed() {
		t.Log(s.logged)
	}
}

// TestWatcherWaitsUntilTwoLooksAgree writes a file in two halves, of which the first is a configuration already.
func TestWatcherWaitsUntilTwoLooksAgree(t *testing.T) {
	s := newScene(t, "config.yaml", configOf("", "a"))
	whole := configOf("", "a", "b", "c")
	s.write("config.yaml", configOf("", "a", "b"))
	s.ticks <- time.Time{}
	s.ticks <- time.Time{} // by now the first look is over, and the second may be either side of the change
	s.write("config.yaml", whole)
	s.looks()
	if got := s.state(); got != "a,b,c true" {
		t.Errorf("%s, want the whole file", got)
	}
}

func TestWatcherReloadsWhatTwoLooksAgreeOn(t *testing.T) {
	var looks, reloads int
	ctx, cancel := context.WithCancel(t.Context())
	changes := []byte{1, 2, 3, 3, 4, 0} // 0 is what was loaded
	w := watcher{
		patience: time.Hour,
		loaded:   func() (f Fingerprint) { return f },
		look: func() (f Fingerprint) {
			f[0] = changes[looks]
			if looks++; looks == len(changes) {
				cancel()
			}
			return f
		},
		reload: func() error { reloads++; return nil },
	}
	ticks := make(chan time.Time, len(changes))
	for range changes {
		ticks <- time.Time{}
	}
	w.run(ctx, ticks)
	if reloads != 1 {
		t.Errorf("%d reloads, want one: two looks agreed once", reloads)
	}
}

// TestHangingLookIsSaidOnce has a file system that hangs for an hour.
func TestHangingLookIsSaidOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hangs := make(chan struct{})
		reloads := 0
		w := watcher{
			loaded:   func() (f Fingerprint) { return f },
			look:     func() (f Fingerprint) { <-hangs; return f },
			reload:   func() error { reloads++; return nil },
			patience: time.Minute,
		}
		ctx, cancel := context.WithCancel(t.Context())
		ticker := time.NewTicker(watchInterval)
		defer ticker.Stop()
		ended := make(chan struct{})
		go func() { defer close(ended); w.run(ctx, ticker.C) }()
		<-time.NewTimer(time.Hour).C
		synctest.Wait()
		if reloads != 1 {
			t.Errorf("%d reloads while a look hangs, want the one that says so", reloads)
		}
		close(hangs)
		<-time.NewTimer(time.Minute).C
		cancel()
		<-ended
		if reloads != 1 {
			t.Errorf("%d reloads, want none for what has not changed", reloads)
		}
	})
}

// TestLoadIsBounded has a load that hangs, is given up, and ends after all.
func TestLoadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		good, hangs, forgotten := &config.Config{}, make(chan struct{}), 0
		load := withTimeout(t.Context(), func() (*config.Config, error) { <-hangs; return good, nil }, func() { forgotten++ }, time.Minute)
		began := time.Now()
		if _, err := load(); err == nil || !strings.Contains(err.Error(), "not done after 1m0s") || time.Since(began) != time.Minute {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		if _, err := load(); err == nil || !strings.Contains(err.Error(), "still hangs") || time.Since(began) != time.Minute {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
		close(hangs)
		synctest.Wait()
		if forgotten != 1 {
			t.Errorf("forgotten %d times, want 1: nobody has the result", forgotten)
		}
		if cfg, err := load(); cfg != good || err != nil || forgotten != 1 {
			t.Errorf("got %v, %v", cfg, err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		hangs = make(chan struct{})
		time.AfterFunc(time.Second, cancel)
		began = time.Now()
		load = withTimeout(ctx, func() (*config.Config, error) { <-hangs; return good, nil }, func() {}, time.Minute)
		if _, err := load(); err == nil || time.Since(began) != time.Second {
			t.Errorf("got %v after %v, want an end with the exporter's", err, time.Since(began))
		}
		close(hangs)
	})
}
