// Package flow_test runs the program in this process, against a simulated OSS,
// STS and DNS, from its command line to what it answers.
package flow_test

import (
	"net"
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"oss_cname_exporter/internal/fake/ststest"
	"oss_cname_exporter/ossclient"
)

// way leads the vendor's library to the stand-ins.
var way ststest.Way

func TestMain(m *testing.M) {
	net.DefaultResolver = stayOnThisMachine()
	http.DefaultTransport = way.Pave(ossclient.NewLibraryTransport())
	goleak.VerifyTestMain(m)
}
