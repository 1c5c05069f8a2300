// Package flow_test runs the program in this process, against a simulated OSS,
// STS and DNS, from its command line to what it answers.
package flow_test

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"testing"

	"go.uber.org/goleak"

	"oss_cname_exporter/internal/fake/ststest"
	"oss_cname_exporter/ossclient"
)

// way leads the vendor's library to the stand-ins.
var way ststest.Way

// TestMain goes to the top of the tree, where the paths of the examples begin.
func TestMain(m *testing.M) {
	if err := os.Chdir("../.."); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	net.DefaultResolver = stayOnThisMachine()
	http.DefaultTransport = way.Pave(ossclient.NewLibraryTransport())
	goleak.VerifyTestMain(m)
}
