package plain_test

import (
	"testing"
	"time"

	"oss_cname_exporter/internal/plain"
)

func TestWords(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59 * time.Second: "59 s", 3*time.Minute + 20*time.Second: "3 min", 5*time.Hour - time.Second: "4 h 59 min", 5 * time.Hour: "5 h",
		71*time.Hour + 59*time.Minute: "2 d 23 h", -26 * time.Hour: "1 d 2 h", 72 * time.Hour: "3 d",
	} {
		if got := plain.Words(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestRelative(t *testing.T) {
	now := time.Date(2030, 1, 1, 12, 0, 0, 0, time.FixedZone("CST", 8*3600))
	for at, want := range map[time.Time]string{
		{}: "", now: "just now", now.Add(-time.Second): "1 s ago", now.Add(-2 * time.Hour): "2 h ago", now.Add(90 * time.Second): "in 1 min",
	} {
		if got := plain.Relative(at, now); got != want {
			t.Errorf("%v: got %q, want %q", at, got, want)
		}
	}
	if got := plain.Stamp(now) + plain.Stamp(time.Time{}); got != "2030-01-01 04:00:00 UTC" {
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
