package osstest_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/retry"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

// The vendor's SDK, as a client that shares nothing with this package.

// sdkConfig asks s, wherever the endpoint's name would lead, with one attempt a call.
func sdkConfig(t *testing.T, s *osstest.Server) *oss.Config {
	t.Helper()
	address := strings.TrimPrefix(s.URL(), "http://")
	transport := &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, address)
	}}
	t.Cleanup(transport.CloseIdleConnections)
	return oss.LoadDefaultConfig().
		WithRegion("cn-hangzhou").
		WithEndpoint(s.URL()).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("ak", "sk")).
		WithHttpClient(&http.Client{Transport: transport}).
		WithRetryMaxAttempts(1)
}

func sdkGet(t *testing.T, client *oss.Client, d domain.Name) (*oss.CnameToken, error) {
	t.Helper()
	request := &oss.GetCnameTokenRequest{Bucket: new(d.Bucket), Cname: new(d.Base)}
	if d.Wildcard {
		request.Wildcard = new(true)
	}
	result, err := client.GetCnameToken(t.Context(), request)
	if err != nil {
		return nil, err
	}
	return result.CnameToken, nil
}

func sdkCreate(t *testing.T, client *oss.Client, d domain.Name) (*oss.CnameToken, error) {
	t.Helper()
	request := &oss.CreateCnameTokenRequest{
		Bucket:                   new(d.Bucket),
		BucketCnameConfiguration: &oss.BucketCnameConfiguration{Cname: &oss.Cname{Domain: new(d.Base)}},
	}
	if d.Wildcard {
		request.Parameters = map[string]string{"wildcard": "true"}
	}
	result, err := client.CreateCnameToken(t.Context(), request)
	if err != nil {
		return nil, err
	}
	return result.CnameToken, nil
}

// sdkStyles are the ways in which the SDK may be set up to ask.
var sdkStyles = map[string]func(*oss.Config) *oss.Config{
	"V4, path style":         func(c *oss.Config) *oss.Config { return c },
	"V1, path style":         func(c *oss.Config) *oss.Config { return c.WithSignatureVersion(oss.SignatureVersionV1) },
	"V4, virtual hosted":     func(c *oss.Config) *oss.Config { return c.WithEndpoint("http://localhost:9") },
	"V4, OSS's own endpoint": func(c *oss.Config) *oss.Config { return c.WithEndpoint("http://oss-cn-hangzhou.aliyuncs.com") },
	"V1, virtual hosted": func(c *oss.Config) *oss.Config {
		return c.WithSignatureVersion(oss.SignatureVersionV1).WithEndpoint("http://localhost:9")
	},
	"V4, additional headers": func(c *oss.Config) *oss.Config {
		return c.WithAdditionalHeaders([]string{"host", "user-agent", "Date"})
	},
}

func TestSDK(t *testing.T) {
	for name, style := range sdkStyles {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, osstest.Options{})
			s.AddBucket(osstest.Bucket{Name: agentic})
			client := oss.NewClient(style(sdkConfig(t, s)))
			for _, d := range []domain.Name{
				{Bucket: "examplebucket", Base: "new.example.com"},
				{Bucket: agentic, Base: "new.example.com", Wildcard: true},
			} {
				checkError(t, second(sdkGet(t, client, d)), 404, "CnameTokenNotFound", "0018-00000301")
				created, err := sdkCreate(t, client, d)
				if err != nil {
					t.Fatal(err)
				}
				found, err := sdkGet(t, client, d)
				if err != nil {
					t.Fatal(err)
				}
				if *found.Token != *created.Token || *found.ExpireTime != *created.ExpireTime ||
					*found.Bucket != d.Bucket || *found.Cname != d.Base {
					t.Errorf("created %s until %s, found %s until %s about %s/%s", *created.Token, *created.ExpireTime,
						*found.Token, *found.ExpireTime, *found.Bucket, *found.Cname)
				}
			}
		})
	}
}

func second[T any](_ T, err error) error { return err }

func checkError(t *testing.T, err error, status int, code, ec string) {
	t.Helper()
	var refused *oss.ServiceError
	if !errors.As(err, &refused) {
		t.Fatalf("got error %v, want a ServiceError", err)
	}
	if refused.StatusCode != status || refused.Code != code || refused.EC != ec || refused.RequestID == "" {
		t.Errorf("got %d %s %q of request %q, want %d %s %q", refused.StatusCode, refused.Code, refused.EC,
			refused.RequestID, status, code, ec)
	}
}

func TestSDKRefused(t *testing.T) {
	as := func(keys ...string) func(*oss.Config) *oss.Config {
		return func(c *oss.Config) *oss.Config {
			return c.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(keys[0], keys[1], keys[2:]...))
		}
	}
	for _, tc := range []struct {
		name   string
		config func(*oss.Config) *oss.Config
		domain domain.Name
		status int
		code   string
		ec     string
	}{
		{"wrong secret", as("ak", "no"), example, 403, "SignatureDoesNotMatch", "0002-00000040"},
		{"unknown key", as("no", "sk"), example, 403, "InvalidAccessKeyId", "0002-00000902"},
		{"unsigned", func(c *oss.Config) *oss.Config {
			return c.WithCredentialsProvider(credentials.NewAnonymousCredentialsProvider())
		}, example, 403, "AccessDenied", "0003-00000001"},
		{"wrong security token", as("sts", "sk", "no"), example, 403, "InvalidSecurityToken", "0002-00000008"},
		{"wrong region", func(c *oss.Config) *oss.Config { return c.WithRegion("cn-beijing") }, example, 400, "InvalidArgument", "0002-00000226"},
		{"no such bucket", as("ak", "sk"), domain.Name{Bucket: "nowhere", Base: "example.com"}, 404, "NoSuchBucket", "0015-00000101"},
		{"wrong endpoint", as("ak", "sk"), domain.Name{Bucket: "moved", Base: "example.com"}, 403, "AccessDenied", "0003-00001403"},
		{"malformed cname", as("ak", "sk"), domain.Name{Bucket: "examplebucket", Base: "*.example.com"}, 400, "InvalidArgument", ""},
	} {
		for version, signature := range map[string]oss.SignatureVersionType{"V1": oss.SignatureVersionV1, "V4": oss.SignatureVersionV4} {
			if version == "V1" && tc.name == "wrong region" {
				continue // V1 does not sign the region
			}
			t.Run(tc.name+", "+version, func(t *testing.T) {
				s := newServer(t, osstest.Options{})
				s.AddSTSKey("sts", "sk", "t0ken", time.Time{})
				s.AddBucket(osstest.Bucket{Name: "moved", Region: "cn-beijing"})
				client := oss.NewClient(tc.config(sdkConfig(t, s)).WithSignatureVersion(signature))
				checkError(t, second(sdkGet(t, client, tc.domain)), tc.status, tc.code, tc.ec)
			})
		}
	}
}

func TestSDKWithSecurityToken(t *testing.T) {
	for _, version := range []oss.SignatureVersionType{oss.SignatureVersionV1, oss.SignatureVersionV4} {
		s := newServer(t, osstest.Options{})
		s.SetToken(example, osstest.Token{})
		s.AddSTSKey("sts", "sk", "t0ken", time.Now().Add(time.Hour))
		client := oss.NewClient(sdkConfig(t, s).WithSignatureVersion(version).
			WithCredentialsProvider(credentials.NewStaticCredentialsProvider("sts", "sk", "t0ken")))
		if _, err := sdkGet(t, client, example); err != nil {
			t.Error(err)
		}
	}
}

// The SDK is told the server's time in the words it understands: it corrects its own clock, unless it is forbidden to.
func TestSDKClockSkew(t *testing.T) {
	for _, skew := range []time.Duration{16 * time.Minute, -16 * time.Minute, 73 * time.Hour} {
		t.Run(skew.String(), func(t *testing.T) {
			s := newServer(t, osstest.Options{Now: func() time.Time { return time.Now().Add(skew) }})
			s.SetToken(example, osstest.Token{})

			forbidden := oss.NewClient(sdkConfig(t, s), func(o *oss.Options) { o.FeatureFlags &^= oss.FeatureCorrectClockSkew })
			checkError(t, second(sdkGet(t, forbidden, example)), 403, "RequestTimeTooSkewed", "0002-00000504")

			quick := retry.NewStandard(func(o *retry.RetryOptions) { o.MaxAttempts, o.BaseDelay, o.MaxBackoff = 2, 1, 1 })
			correcting := oss.NewClient(sdkConfig(t, s).WithRetryMaxAttempts(2).WithRetryer(quick))
			if _, err := sdkGet(t, correcting, example); err != nil {
				t.Error(err)
			}
			if got, want := s.CallsAbout(example), 3; got != want {
				t.Errorf("%d calls, want %d: one refused, one refused and repeated", got, want)
			}
		})
	}
}
