package flow_test

import (
	"slices"
	"strings"
	"testing"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// TestTakeover plays the life of a bucket that is deleted under a bound domain,
// and that a stranger creates again: the CNAME record leads there all the time.
func TestTakeover(t *testing.T) {
	c := checkUp(t, 1, 1, "binding: true, dns: true, resolvers: [DNS]")
	at := domain.Name{Bucket: "bucket-0", Base: "d0.b0.example.com"}
	c.oss.Bind(at, osstest.Binding{})
	for _, step := range []struct {
		name  string
		reply *osstest.Behaviour // to every call about the bucket; nil is as it is
		has   []string
		lacks []string
		page  string
	}{
		{"bound", nil, []string{"bound 1\n"}, []string{"problem "}, "bound"},
		{"deleted", refuse(404, "NoSuchBucket"), []string{"bound 0\n", "problem dangling critical 1\n", "token_probe_failure_reason bucket_not_found 1\n"},
			[]string{"problem probe_failing", "problem check_failing", "problem token_missing", "problem domain_unbound"}, "the bucket does not exist, and the CNAME record leads to OSS"},
		{"created by a stranger", refuse(403, "BucketNotBelongTo"), []string{"bound 0\n", "problem dangling critical 1\n"},
			[]string{"problem probe_failing", "problem check_failing"}, "the bucket belongs to another account now"},
		{"ours again", nil, []string{"bound 1\n", "problem dangling critical 0\n"}, []string{"problem dangling critical 1"}, "bound"},
	} {
		for _, of := range []domain.Name{at, {Bucket: at.Bucket}} {
			if step.reply == nil {
				c.oss.Behave(of)
			} else {
				c.oss.Behave(of, *step.reply)
			}
		}
		got := seriesOf(c.Fetch(t, "/metrics"), at.Base)
		for _, want := range step.has {
			if !strings.Contains(got, "\n"+want) {
				t.Errorf("%s: no %q in%s", step.name, want, got)
			}
		}
		if i := slices.IndexFunc(step.lacks, func(unwanted string) bool { return strings.Contains(got, "\n"+unwanted) }); i >= 0 {
			t.Errorf("%s: %q in%s", step.name, step.lacks[i], got)
		}
		if page := c.Fetch(t, "/domains/"+at.String()); !strings.Contains(page, step.page) {
			t.Errorf("%s: no %q on\n%s", step.name, step.page, page)
		}
	}
}

func refuse(status int, code string) *osstest.Behaviour {
	b := osstest.Fail(status, code, "")
	return &b
}
