package ui_test

import (
	"errors"
	"strings"
	"testing"

	"oss_cname_exporter/internal/discovery"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/web"
	"oss_cname_exporter/internal/web/webtest"
)

// TestPageSaysHowALookWent has an account that looked in each way.
func TestPageSaysHowALookWent(t *testing.T) {
	well := status.Attempt{Ended: webtest.Now()}
	denied := status.Attempt{Ended: webtest.Now(), Reason: "access_denied", Err: errors.New("<i>no right</i>")}
	for want, found := range map[string]discovery.AccountReport{
		`<p><b>main</b>: not looked at yet, ask again in a moment <small></small></p>`:            {},
		`: 2 buckets <small>2030-01-01 12:00:00 UTC</small></p>`:                                  {Attempt: well, Buckets: 2, Known: true},
		`: 2 buckets; there are more than are asked about <small>`:                                {Attempt: well, Buckets: 2, Beyond: true},
		`: access_denied: &lt;i&gt;no right&lt;/i&gt; <small>`:                                    {Attempt: denied},
		`: 1 of 2 buckets could not be asked: access_denied: &lt;i&gt;no right&lt;/i&gt; <small>`: {Attempt: denied, Buckets: 2, Failed: 1},
	} {
		f := webtest.Serve(t, web.Options{})
		found.Account.Name = "main"
		f.Found = []discovery.AccountReport{found}
		if _, body := f.Get(t, "/"); !strings.Contains(body, want) {
			t.Errorf("no %s in\n%s", want, body)
		}
	}
	if _, body := webtest.Serve(t, web.Options{}).Get(t, "/"); strings.Contains(body, "Bound, not configured") {
		t.Error("there is a section for what nobody wants")
	}
}
