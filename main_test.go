package main

import (
	"fmt"
	"net"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	var n int
	var delay string
	if _, err := fmt.Sscan(os.Getenv(simulatorEnv), &n, &delay); err == nil {
		d, _ := time.ParseDuration(delay)
		playOSS(n, d)
		return
	}
	net.DefaultResolver = stayOnThisMachine()
	goleak.VerifyTestMain(m)
}
