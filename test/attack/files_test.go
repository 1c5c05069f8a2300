//go:build attack

package attack_test

import (
	"os"
	"path/filepath"
	"syscall"
)

const hangup = syscall.SIGHUP

func (a *arena) read(name string) string {
	text, err := os.ReadFile(filepath.Join(a.dir, name))
	if err != nil {
		a.Fatal(err)
	}
	return string(text)
}

func (a *arena) remove(name string) {
	if err := os.Remove(filepath.Join(a.dir, name)); err != nil {
		a.Fatal(err)
	}
}

// pipe puts a named pipe without a writer in the place of a file.
func (a *arena) pipe(name string) {
	path := filepath.Join(a.dir, name)
	_ = os.Remove(path)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		a.Fatal(err)
	}
}
