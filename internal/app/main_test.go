package app_test

import (
	"os"
	"testing"

	"oss_cname_exporter/internal/app"
)

// TestMain is the program itself for those tests that start it as a process of its own.
func TestMain(m *testing.M) {
	if os.Getenv("APP_TEST_MAIN") != "" {
		os.Exit(app.Main(os.Args[1:], os.Getenv, os.Stdout, os.Stderr))
	}
	os.Exit(m.Run())
}
