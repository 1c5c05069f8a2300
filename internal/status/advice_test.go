package status_test

import (
	"errors"
	"fmt"
	"testing"

	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/status"
)

// advised is an error that knows what to do about it.
type advised struct{ error }

// Advice implements the method that an Attempt asks for.
func (advised) Advice() lang.Text { return lang.Verbatim("do this") }

func TestAdvice(t *testing.T) {
	plain := errors.New("x")
	for _, test := range []struct {
		err  error
		want string
	}{{nil, ""}, {plain, ""}, {advised{plain}, "do this"}, {fmt.Errorf("asking: %w", advised{plain}), "do this"}} {
		if got := (status.Attempt{Err: test.err}).Advice().String(); got != test.want {
			t.Errorf("%v: got %q, want %q", test.err, got, test.want)
		}
	}
}

func TestCertificateRegion(t *testing.T) {
	for id, want := range map[string]string{"493-cn-hangzhou": "cn-hangzhou", "493-ap-southeast-1": "ap-southeast-1", "493": "", "": ""} {
		if got := (status.Certificate{ID: id}).Region(); got != want {
			t.Errorf("%q: got %q, want %q", id, got, want)
		}
	}
}
