package configfile_test

import (
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// minimal is the shortest accepted file.
const minimal = `
accounts: {main: {region: cn-hangzhou}}
targets: [{bucket: examplebucket, cname: www.example.com}]
`
