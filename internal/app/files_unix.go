//go:build unix

package app

import (
	"math"
	"syscall"
)

// maxFiles returns how many files the process may have open at a time.
func maxFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt
	}
	return int(min(limit.Cur, math.MaxInt))
}
