package demo_test

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"go.uber.org/goleak"

	"oss_cname_exporter/internal/demo"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// client returns the vendor's SDK with a key of the demo.
func client(d *demo.Demo, id, secret, token string) *oss.Client {
	return oss.NewClient(oss.NewConfig().WithRegion("cn-hangzhou").WithEndpoint(d.OSS.URL()).WithRetryMaxAttempts(1).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret, token)))
}

// TestKeys lists the buckets with the key and with the temporary key of the demo.
func TestKeys(t *testing.T) {
	d := demo.Start()
	defer d.Close()
	for _, key := range [][3]string{{"demo", "demo-secret", ""}, {"STS.demo", "demo-sts-secret", "demo-security-token-1234"}} {
		got, err := client(d, key[0], key[1], key[2]).ListBuckets(t.Context(), &oss.ListBucketsRequest{})
		if err != nil || len(got.Buckets) == 0 || got.Buckets[0].CreationDate == nil {
			t.Errorf("%s: got %+v, %v", key[0], got, err)
		}
	}
	if _, err := client(d, "STS.demo", "demo-sts-secret", "another").ListBuckets(t.Context(), &oss.ListBucketsRequest{}); err == nil || !strings.Contains(err.Error(), "InvalidSecurityToken") {
		t.Errorf("with another token: %v", err)
	}
}

// TestRefusals binds the domains that docs/demo.md says OSS refuses.
func TestRefusals(t *testing.T) {
	d := demo.Start()
	defer d.Close()
	c := client(d, "demo", "demo-secret", "")
	for cname, code := range map[string]string{
		"new.example.com": "NeedVerifyDomainOwnership", "www.unfiled.example.com": "NoSuchCnameInRecord", "www.aliyuncs.com": "CnameIsForbidden",
	} {
		_, err := c.PutCname(t.Context(), &oss.PutCnameRequest{Bucket: new("demo-bucket"),
			BucketCnameConfiguration: &oss.BucketCnameConfiguration{Cname: &oss.Cname{Domain: &cname}}})
		if err == nil || !strings.Contains(err.Error(), code) {
			t.Errorf("%s: got %v, want %s", cname, err, code)
		}
	}
}

// TestBanner names the keys, and the commands with the addresses of the demo.
func TestBanner(t *testing.T) {
	d := demo.Start()
	defer d.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var text bytes.Buffer
	d.Run(ctx, &text, "http://localhost:19525/oss")
	for _, part := range []string{"http://localhost:19525/oss/metrics", d.OSS.URL(), "STS.demo", "demo-security-token-1234", "unfiled.example.com", "dgst -sha1"} {
		if !strings.Contains(text.String(), part) {
			t.Errorf("no %q in\n%s", part, &text)
		}
	}
	if strings.Contains(text.String(), "%!") {
		t.Errorf("badly formatted:\n%s", &text)
	}
}
