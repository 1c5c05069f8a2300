package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"
	"time"

	"go.uber.org/goleak"

	"oss_cname_exporter/ossclient"
	"oss_cname_exporter/ossclient/ststest"
)

// way leads the vendor's library to the stand-ins.
var way ststest.Way

func TestMain(m *testing.M) {
	var n int
	var delay string
	if _, err := fmt.Sscan(os.Getenv(simulatorEnv), &n, &delay); err == nil {
		d, _ := time.ParseDuration(delay)
		playOSS(n, d)
		return
	}
	net.DefaultResolver = stayOnThisMachine()
	http.DefaultTransport = way.Pave(ossclient.NewLibraryTransport())
	goleak.VerifyTestMain(m)
}
