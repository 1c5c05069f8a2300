package plain_test

import (
	"testing"
	"time"

	"oss_cname_exporter/internal/plain"
)

func TestStamp(t *testing.T) {
	at := time.Date(2030, 1, 1, 12, 0, 0, 0, time.FixedZone("CST", 8*3600))
	if got := plain.Stamp(at) + plain.Stamp(time.Time{}); got != "2030-01-01 04:00:00 UTC" {
		t.Errorf("got %q", got)
	}
}

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"www.例子.example": "www.例子.example", "a\x1b": `a\x1b`, "\u202e": `\u202e`, "'": "'", "'\n": `'\n`, "\xff": `\ufffd`,
	} {
		if got := plain.Printable(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
	if got := plain.Labels(map[string]string{"team": "web\x07", "env": `a"b`}); got != `env="a\"b" team="web\a"` {
		t.Errorf("got %q", got)
	}
}
