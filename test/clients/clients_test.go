//go:build e2e

package clients_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

const (
	standard = "examplebucket"
	agentic  = "media-1234567890123456-cn-hangzhou-ab-apsr"
)

// client is one of the vendor's, in the words of this test. The error names OSS's code.
type client interface {
	create(d domain.Name) (token string, err error)
	read(d domain.Name) (token string, err error)
	list(bucket string) (cnames []string, err error) // a wildcard with its "*."
	bind(d domain.Name) error
	remove(d domain.Name) error
}

// clients are all that are tried. Each opens with a secret on an endpoint.
var clients = map[string]func(t *testing.T, endpoint, secret string) client{
	"aliyun-oss-go-sdk v1, V1":       func(t *testing.T, endpoint, secret string) client { return newSDK1(t, endpoint, secret, "v1") },
	"aliyun-oss-go-sdk v1, V4":       func(t *testing.T, endpoint, secret string) client { return newSDK1(t, endpoint, secret, "v4") },
	"alibabacloud-oss-go-sdk-v2, V1": func(_ *testing.T, endpoint, secret string) client { return newSDK2(endpoint, secret, 0) },
	"alibabacloud-oss-go-sdk-v2, V4": func(_ *testing.T, endpoint, secret string) client { return newSDK2(endpoint, secret, 1) },
	"ali-oss 6, V1":                  func(t *testing.T, endpoint, secret string) client { return newAliOSS(t, endpoint, secret, false) },
	"ali-oss 6, V4":                  func(t *testing.T, endpoint, secret string) client { return newAliOSS(t, endpoint, secret, true) },
	"@alicloud/gateway-oss, V1":      newTea,
}

// newServer starts an OSS that demands a published token before it binds.
func newServer(t *testing.T, skew time.Duration, published *[]string) *osstest.Server {
	t.Helper()
	s := osstest.New(osstest.Options{
		Now: func() time.Time { return time.Now().Add(skew) },
		TXT: func(string) []string { return *published },
	})
	t.Cleanup(s.Close)
	s.AddKey("ak", "sk")
	s.AddBucket(osstest.Bucket{Name: standard})
	s.AddBucket(osstest.Bucket{Name: agentic})
	return s
}

func TestLifeOfAToken(t *testing.T) {
	for name, open := range clients {
		for kind, d := range map[string]domain.Name{
			"exact":    {Bucket: standard, Base: "new.example.com"},
			"agentic":  {Bucket: agentic, Base: "new.example.com"},
			"wildcard": {Bucket: agentic, Base: "new.example.com", Wildcard: true},
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				var published []string
				s := newServer(t, 0, &published)
				live(t, s, open(t, s.URL(), "sk"), d, &published)
			})
		}
	}
}

// live takes a domain through its life.
func live(t *testing.T, s *osstest.Server, c client, d domain.Name, published *[]string) {
	t.Helper()
	_, err := c.read(d)
	refused(t, "reading before", err, "CnameTokenNotFound")
	created, err := c.create(d)
	if err != nil || created != s.Token(d).Value {
		t.Fatalf("created %q, %v; OSS holds %q", created, err, s.Token(d).Value)
	}
	if found, err := c.read(d); err != nil || found != created {
		t.Errorf("read %q, %v; want %q", found, err, created)
	}
	refused(t, "binding before it is published", c.bind(d), "NeedVerifyDomainOwnership")
	*published = []string{created}
	if err := c.bind(d); err != nil {
		t.Errorf("binding: %v", err)
	}
	want := d.Base
	if d.Wildcard {
		want = "*." + want
	}
	if listed, err := c.list(d.Bucket); err != nil || !slices.Equal(listed, []string{want}) {
		t.Errorf("listed %q, %v; want %q", listed, err, want)
	}
	_, err = c.create(d)
	refused(t, "creating once bound", err, "NoNeedCreateCnameToken")
	for range 2 { // deleting is idempotent
		if err := c.remove(d); err != nil {
			t.Errorf("deleting: %v", err)
		}
	}
	if listed, err := c.list(d.Bucket); err != nil || len(listed) != 0 {
		t.Errorf("listed %q, %v; want nothing", listed, err)
	}
}

func TestRefusals(t *testing.T) {
	for name, open := range clients {
		for problem, test := range map[string]struct {
			skew   time.Duration
			secret string
			code   string
		}{
			"the wrong secret":  {0, "no", "SignatureDoesNotMatch"},
			"a clock ahead":     {-16 * time.Minute, "sk", "RequestTimeTooSkewed"},
			"a clock behind":    {16 * time.Minute, "sk", "RequestTimeTooSkewed"},
			"a clock of 14 min": {14 * time.Minute, "sk", "CnameTokenNotFound"},
		} {
			t.Run(name+"/"+problem, func(t *testing.T) {
				s := newServer(t, test.skew, new([]string))
				c, d := open(t, s.URL(), test.secret), domain.Name{Bucket: standard, Base: "new.example.com"}
				_, err := c.read(d)
				refused(t, "reading", err, test.code)
				if test.code == "CnameTokenNotFound" {
					return
				}
				_, err = c.create(d)
				refused(t, "creating", err, test.code)
				_, err = c.list(standard)
				refused(t, "listing", err, test.code)
				refused(t, "binding", c.bind(d), test.code)
				refused(t, "deleting", c.remove(d), test.code)
			})
		}
	}
}

func refused(t *testing.T, what string, err error, code string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), code) {
		t.Errorf("%s: got %v, want %s", what, err, code)
	}
}
