package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/fake/osstest"
)

// TestCompare asks a simulated OSS that has the regions of the table, and one
// that has another.
func TestCompare(t *testing.T) {
	s := osstest.New(osstest.Options{})
	defer s.Close()
	s.AddKey("ak", "sk")
	t.Setenv("OSS_ACCESS_KEY_ID", "ak")
	t.Setenv("OSS_ACCESS_KEY_SECRET", "sk")
	var out bytes.Buffer
	if n, err := compare(t.Context(), &out, s.URL(), time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)); n != 0 || err != nil {
		t.Errorf("%d differences, %v:\n%s", n, err, &out)
	}
	if n, err := compare(t.Context(), &out, s.URL(), time.Date(2028, 1, 1, 0, 0, 0, 0, time.UTC)); n < 80 || err != nil || !strings.Contains(out.String(), "region cn-hangzhou was compared with its source in 2026-11") {
		t.Errorf("%d differences, %v:\n%s", n, err, &out)
	}
	t.Setenv("OSS_ACCESS_KEY_ID", "another")
	if _, err := compare(t.Context(), &out, s.URL(), time.Now()); err == nil || !strings.Contains(err.Error(), "InvalidAccessKeyId") {
		t.Errorf("with another key: %v", err)
	}
}
