package flow_test

import (
	"regexp"
	"strings"
	"testing"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// TestChangesAreLoggedOnce scrapes several times in each situation: the log
// has a line when a probe or a check fails, another when it works again, and
// none in between.
func TestChangesAreLoggedOnce(t *testing.T) {
	c := checkUp(t, 1, 1, "binding: true, dns: true, resolvers: [DNS]")
	target, bucket := domain.Name{Bucket: "bucket-0", Base: "d0.b0.example.com"}, domain.Name{Bucket: "bucket-0"}
	denied := osstest.Fail(403, "AccessDenied", "0003-00000001")
	read := 0 // of the log
	scrapes := func() string {
		t.Helper()
		for range 3 {
			c.Fetch(t, "/metrics")
		}
		logged := c.Stderr.String()
		added := logged[read:]
		read = len(logged)
		return added
	}
	scrapes()
	for _, step := range []struct {
		name    string
		do      func()
		pattern string // of the only line about the target; "" is no line
	}{
		{"nothing happens", func() {}, ""},
		{"the binding fails", func() { c.oss.Behave(bucket, denied) }, `level=warn .*check=binding .*msg="check failed" .*reason=access_denied`},
		{"it works again", func() { c.oss.Behave(bucket) }, `level=info .*check=binding .*msg="check works again" .*was=access_denied`},
		{"it fails again", func() { c.oss.Behave(bucket, denied) }, `level=warn .*check=binding .*msg="check failed" .*reason=access_denied`},
		{"it fails in another way", func() { c.oss.Behave(bucket, osstest.Reply(200, "<html/>")) }, `check=binding .*reason=bad_response was=access_denied`},
		{"the token fails too", func() { c.oss.Behave(target, denied) }, `level=warn .*msg="probe failed" .*reason=access_denied`},
		{"the token works again", func() { c.oss.Behave(target) }, `level=info .*was=access_denied`},
	} {
		step.do()
		added := scrapes()
		var lines []string
		for line := range strings.Lines(added) {
			if strings.Contains(line, "bucket-0") {
				lines = append(lines, line)
			}
		}
		switch {
		case step.pattern == "" && len(lines) == 0:
		case len(lines) == 1 && step.pattern != "" && regexp.MustCompile(step.pattern).MatchString(lines[0]):
		default:
			t.Errorf("%s: want one line like %q, got %d:\n%s", step.name, step.pattern, len(lines), strings.Join(lines, ""))
		}
	}
}
