// Package bench_test measures the program, beside what it is made of where that
// can be had in the same run, and holds the calculation of docs/scaling.md.
package bench_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain goes to the top of the tree, where the documents' paths begin, or
// plays OSS for a benchmark in another process.
func TestMain(m *testing.M) {
	var n int
	var delay string
	if _, err := fmt.Sscan(os.Getenv(simulatorEnv), &n, &delay); err == nil {
		d, _ := time.ParseDuration(delay)
		playOSS(n, d)
		return
	}
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	goleak.VerifyTestMain(m)
}
