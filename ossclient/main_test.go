package ossclient_test

import (
	"net/http"
	"testing"

	"go.uber.org/goleak"

	"oss_cname_exporter/internal/fake/ststest"
	"oss_cname_exporter/ossclient"
)

// way leads the vendor's library to the stand-ins.
var way ststest.Way

func TestMain(m *testing.M) {
	http.DefaultTransport = way.Pave(ossclient.NewLibraryTransport())
	goleak.VerifyTestMain(m)
}
