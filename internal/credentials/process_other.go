//go:build !unix

package credentials

import "os/exec"

// groupProcesses does nothing: there are no process groups, and only the
// program itself is ended.
func groupProcesses(*exec.Cmd) {}

func endGroup(*exec.Cmd) {}
