// Package bench_test measures the program, beside its parts alone where that
// can be had in the same run, and holds the calculation of docs/scaling.md.
package bench_test

import (
	"fmt"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// TestMain plays OSS if a benchmark in another process asks for it.
func TestMain(m *testing.M) {
	var n int
	var delay string
	if _, err := fmt.Sscan(os.Getenv(simulatorEnv), &n, &delay); err == nil {
		d, _ := time.ParseDuration(delay)
		playOSS(n, d)
		return
	}
	goleak.VerifyTestMain(m)
}
