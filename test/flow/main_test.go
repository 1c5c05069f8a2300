// Package flow_test runs the program in this process, against a simulated OSS,
// STS and DNS, from its command line to what it answers.
package flow_test

import (
	"net"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	net.DefaultResolver = stayOnThisMachine()
	goleak.VerifyTestMain(m)
}
