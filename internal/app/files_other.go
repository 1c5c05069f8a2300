//go:build !unix

package app

import "math"

// maxFiles returns how many files the process may have open at a time.
func maxFiles() int { return math.MaxInt }
