package poller_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// TestUnreadableBindingIsThatDomainsAlone reads two domains of a bucket, and then
// not all of the first: what was known of it stays, with its own age, and the
// second loses nothing.
func TestUnreadableBindingIsThatDomainsAlone(t *testing.T) {
	trouble := errors.New("unreadable")
	first, second := domain.Name{Bucket: "examplebucket", Base: "main-0.example.com"}, domain.Name{Bucket: "examplebucket", Base: "main-1.example.com"}
	certificate := ossclient.BoundCertificate{ID: "1", Type: "CAS", Status: "Enabled", Expires: expires}
	whole := ossclient.Binding{Name: first, Status: "Enabled", Enabled: true, Certificate: certificate}
	fine := ossclient.Binding{Name: second, Status: "Enabled", Enabled: true}
	hidden := ossclient.Binding{Name: domain.Name{Bucket: "examplebucket"}, Err: trouble}
	for name, test := range map[string]struct {
		before, after []ossclient.Binding
		bound         status.Tristate
		word          string
		expires       time.Time
	}{
		"the status": {[]ossclient.Binding{whole, fine}, []ossclient.Binding{{Name: first, Certificate: certificate, Err: trouble}, fine},
			status.Yes, "Enabled", expires},
		"the date of the certificate": {[]ossclient.Binding{whole, fine},
			[]ossclient.Binding{{Name: first, Status: "Blocked", Certificate: ossclient.BoundCertificate{ID: "1", Status: "Enabled"}, Err: trouble}, fine},
			status.Yes, "Blocked", expires},
		"the date of another certificate": {[]ossclient.Binding{whole, fine},
			[]ossclient.Binding{{Name: first, Status: "Enabled", Enabled: true, Certificate: ossclient.BoundCertificate{ID: "2", Status: "Enabled"}, Err: trouble}, fine},
			status.Yes, "Enabled", time.Time{}},
		"whether it is a wildcard": {[]ossclient.Binding{whole, fine}, []ossclient.Binding{{Name: first, Ambiguous: true, Status: "Blocked", Err: trouble}, fine},
			status.Yes, "Enabled", expires},
		"whether it is a wildcard, and it was not bound": {[]ossclient.Binding{fine}, []ossclient.Binding{{Name: first, Ambiguous: true, Status: "Enabled", Enabled: true, Err: trouble}, fine},
			status.No, "", time.Time{}},
		"its name":                       {[]ossclient.Binding{whole, fine}, []ossclient.Binding{fine, hidden}, status.Yes, "Enabled", expires},
		"a name, and it was not bound":   {[]ossclient.Binding{fine}, []ossclient.Binding{fine, hidden}, status.No, "", time.Time{}},
		"a name, and nothing was known":  {nil, []ossclient.Binding{fine, hidden}, status.Unknown, "", time.Time{}},
		"the status, nothing was known":  {nil, []ossclient.Binding{{Name: first, Err: trouble}, fine}, status.Yes, "", time.Time{}},
		"wildcard or not, nothing known": {nil, []ossclient.Binding{{Name: first, Ambiguous: true, Status: "Enabled", Enabled: true, Err: trouble}, fine}, status.Unknown, "", time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, w := newWorld()
				cfg := checked(2, all)
				var read time.Time
				answer := test.before
				w.list = func(context.Context) ([]ossclient.Binding, error) { return answer, nil }
				if test.before != nil {
					read = time.Now()
					poll(t.Context(), p, cfg)
				}
				answer = test.after
				for range 3 { // what is carried over is carried on
					time.Sleep(time.Minute)
					results := poll(t.Context(), p, cfg)
					r, check := results[0], results[0].Checks[status.CheckBinding]
					if r.Bound != test.bound || r.BindingWord != test.word || !r.CertificateExpires.Equal(test.expires) {
						t.Errorf("got bound %v, %q until %v; want %v, %q until %v", r.Bound, r.BindingWord, r.CertificateExpires, test.bound, test.word, test.expires)
					}
					if want := status.Of(test.word == "Enabled"); test.word != "" && r.Enabled != want || test.word == "" && r.Enabled != status.Unknown {
						t.Errorf("enabled is %v", r.Enabled)
					}
					if check.Attempt.Reason != status.ReasonBadResponse || !errors.Is(check.Attempt.Err, trouble) || !check.Confirmed.Equal(read) {
						t.Errorf("got the check %+v, want its failure and what was read at %v", check, read)
					}
					if other := results[1]; other.Bound != status.Yes || !other.Checks[status.CheckBinding].Attempt.Succeeded() ||
						!other.Checks[status.CheckBinding].Confirmed.Equal(time.Now()) {
						t.Errorf("the domain beside it suffered: %+v", other)
					}
				}
				answer = []ossclient.Binding{whole, fine}
				time.Sleep(time.Minute)
				if r := poll(t.Context(), p, cfg)[0]; r.Bound != status.Yes || r.Enabled != status.Yes || r.Certificate.Type != "CAS" || !r.CertificateExpires.Equal(expires) ||
					!r.Checks[status.CheckBinding].Attempt.Succeeded() || !r.Checks[status.CheckBinding].Confirmed.Equal(time.Now()) {
					t.Errorf("readable again: got %+v", r)
				}
			})
		})
	}
}

// TestBindingFailureOutranksItsAnswer has the list fail after one that could not
// be read whole.
func TestBindingFailureOutranksItsAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := newWorld()
		cfg := checked(1, all)
		w.list = func(context.Context) ([]ossclient.Binding, error) {
			return []ossclient.Binding{{Name: cfg.Targets[0].Name, Err: errors.New("unreadable")}}, nil
		}
		poll(t.Context(), p, cfg)
		time.Sleep(time.Minute)
		w.list = func(context.Context) ([]ossclient.Binding, error) {
			return nil, &ossclient.Error{Operation: "ListCname", Reason: status.ReasonAccessDenied}
		}
		if check := poll(t.Context(), p, cfg)[0].Checks[status.CheckBinding]; check.Attempt.Reason != status.ReasonAccessDenied {
			t.Errorf("got %+v", check)
		}
	})
}

// TestCertificateThatIsNotServed is named, and has no date.
func TestCertificateThatIsNotServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, w := newWorld()
		cfg := checked(1, all)
		w.list = func(context.Context) ([]ossclient.Binding, error) {
			return []ossclient.Binding{{Name: cfg.Targets[0].Name, Status: "Enabled", Enabled: true,
				Certificate: ossclient.BoundCertificate{ID: "1", Status: "Disabled", Expires: expires}}}, nil
		}
		if r := poll(t.Context(), p, cfg)[0]; !r.CertificateExpires.IsZero() || r.Certificate != (status.Certificate{ID: "1", Status: "Disabled"}) {
			t.Errorf("got %+v until %v", r.Certificate, r.CertificateExpires)
		}
	})
}
