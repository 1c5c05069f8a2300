package osstest_test

import (
	"net/http"
	"strings"
	"testing"

	"oss_cname_exporter/internal/fake/osstest"
)

// TestPageSizes has each max-keys that OSS refuses, and who is refused.
func TestPageSizes(t *testing.T) {
	for query, want := range map[string]struct {
		status int
		code   string
	}{
		"max-keys=0":    {http.StatusBadRequest, "InvalidArgument"},
		"max-keys=1001": {http.StatusBadRequest, "InvalidArgument"},
		"max-keys=many": {http.StatusBadRequest, "InvalidArgument"},
	} {
		s := newServerAt(t, noon)
		if got := askAbout(t, s, "", query); got.status != want.status || !strings.Contains(got.body, want.code) {
			t.Errorf("%s: got %d %s", query, got.status, got.body)
		}
	}
}

func TestBucketsByThePage(t *testing.T) {
	s := newServerAt(t, noon)
	s.AddBucket(osstest.Bucket{Name: "aaa", Region: "cn-shanghai"})
	s.AddBucket(osstest.Bucket{Name: "forbidden", Forbidden: true})
	s.AddBucket(osstest.Bucket{Name: "zzz"})
	for query, want := range map[string]string{
		"":                            "aaa examplebucket zzz",
		"max-keys=2":                  "aaa examplebucket -> examplebucket",
		"marker=aaa&max-keys=1":       "examplebucket -> examplebucket",
		"marker=examplebucket":        "zzz",
		"marker=zzz&max-keys=1000":    "",
		"max-keys=100&prefix=example": "examplebucket",
	} {
		got := askAbout(t, s, "", query)
		var names []string
		for _, part := range strings.Split(got.body, "<Name>")[1:] {
			names = append(names, part[:strings.Index(part, "<")])
		}
		if _, next, more := strings.Cut(got.body, "<NextMarker>"); more {
			names = append(names, "->", next[:strings.Index(next, "<")])
		}
		if strings.Join(names, " ") != want || got.status != http.StatusOK {
			t.Errorf("%s: got %d %q, want %q", query, got.status, names, want)
		}
	}
}
