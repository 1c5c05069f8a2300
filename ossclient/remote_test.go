package ossclient_test

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/trace"
	"oss_cname_exporter/ossclient"
)

// echo answers with the request that it got, each in its own way.
type echo func(req *http.Request, said string) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (e echo) RoundTrip(req *http.Request) (*http.Response, error) {
	said := req.Header.Get("Authorization") + " " + req.Header.Get("X-Oss-Security-Token")
	resp, err := e(req, said)
	if resp != nil {
		resp.Request = req
		if resp.Header == nil {
			resp.Header = http.Header{}
		}
	}
	return resp, err
}

func body(text string) io.ReadCloser { return io.NopCloser(strings.NewReader(text)) }

// TestPeerRepeatsOurSecrets has answers repeat the token and the signature wherever they can.
func TestPeerRepeatsOurSecrets(t *testing.T) {
	const token = "planted-token/with+characters=="
	for name, peer := range map[string]echo{
		"message": func(_ *http.Request, said string) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusForbidden, Body: body("<Error><Code>AccessDenied</Code><Message>" + said + "</Message></Error>")}, nil
		},
		"code, request id, EC and endpoint": func(_ *http.Request, said string) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{"X-Oss-Request-Id": {said}, "X-Oss-Ec": {said}},
				Body: body("<Error><Code>C" + said + "</Code><RequestId>" + said + "</RequestId><EC>" + said + "</EC><Endpoint>" + said + "</Endpoint></Error>")}, nil
		},
		"header of an empty body": func(_ *http.Request, said string) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusForbidden, Header: http.Header{"X-Oss-Err": {base64.StdEncoding.EncodeToString(
				[]byte("<Error><Code>AccessDenied</Code><Message>" + said + "</Message></Error>"))}}, Body: http.NoBody}, nil
		},
		"another root": func(_ *http.Request, said string) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: body("<" + strings.NewReplacer("/", "_", " ", "_", "+", "_", "=", "_", ",", "_").Replace(said) + "/>")}, nil
		},
		"another bucket": func(_ *http.Request, said string) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Body: body("<CnameToken><Bucket>" + said + "</Bucket><Token>t</Token></CnameToken>")}, nil
		},
		"no token, for another bucket": func(_ *http.Request, said string) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{"X-Oss-Request-Id": {said}, "X-Oss-Ec": {said}},
				Body: body("<Error><Code>CnameTokenNotFound</Code><Message>" + said + "</Message><Bucket>" + said + "</Bucket><EC>" + said + "</EC></Error>")}, nil
		},
		"no token, for another domain": func(_ *http.Request, said string) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusNotFound, Header: http.Header{"X-Oss-Request-Id": {said}},
				Body: body("<Error><Code>CnameTokenNotFound</Code><Message>" + said + "</Message><Cname>" + said + "</Cname></Error>")}, nil
		},
		"request id of a broken reply": func(_ *http.Request, said string) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"X-Oss-Request-Id": {said}}, Body: body("<CnameToken/>")}, nil
		},
		"no HTTP": func(_ *http.Request, said string) (*http.Response, error) {
			return nil, fmt.Errorf("net/http: HTTP/1.x transport connection broken: malformed HTTP response %q", said)
		},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.opts.Transport = peer
			env := map[string]string{"OSS_ACCESS_KEY_ID": keyID, "OSS_ACCESS_KEY_SECRET": keySecret, "OSS_SESSION_TOKEN": token}
			f.opts.Credentials = credentials.FromEnvironment(func(name string) string { return env[name] })
			for _, v1 := range []bool{false, true} {
				f.opts.SignatureV1 = v1
				client, err := ossclient.New(f.opts)
				if err != nil {
					t.Fatal(err)
				}
				var told trace.Trace
				_, err = client.GetCnameToken(trace.With(t.Context(), &told), domain.Name{Bucket: bucket, Base: cname})
				said := fmt.Sprintf("%v %+v", err, told.Steps())
				var failure *ossclient.Error
				if !errors.As(err, &failure) || strings.Contains(said, "planted") || strings.Contains(said, "characters") {
					t.Errorf("said %s", said)
				}
				if strings.Contains(said, "Signature=") && !strings.Contains(said, "Signature=(secret)") {
					t.Errorf("the signature is shown: %s", said)
				}
			}
		})
	}
}
