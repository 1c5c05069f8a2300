//go:build e2e

package clients_test

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"

	oss1 "github.com/aliyun/aliyun-oss-go-sdk/oss"

	"oss_cname_exporter/internal/domain"
)

// sdk1 is the vendor's older SDK, whose code is also in ossutil 1.7 and the CLI.
type sdk1 struct{ *oss1.Client }

func newSDK1(t *testing.T, endpoint, secret string, version oss1.AuthVersionType) client {
	t.Helper()
	c, err := oss1.New(endpoint, "ak", secret, oss1.AuthVersion(version), oss1.Region("cn-hangzhou"))
	if err != nil {
		t.Fatal(err)
	}
	return sdk1{c}
}

// do makes a request that the SDK has no method for: one about an Agentic Bucket, whose query says whether it is a wildcard.
func (c sdk1) do(method string, d domain.Name, cname any, comp, body string) ([]byte, error) {
	params := map[string]any{"cname": cname, "comp": comp, "wildcard": strconv.FormatBool(d.Wildcard)}
	var data io.Reader
	headers := map[string]string{}
	if body != "" {
		data, headers["Content-Type"] = strings.NewReader(body), "application/xml"
	}
	resp, err := c.Conn.Do(method, d.Bucket, "", params, headers, data, 0, nil)
	if err != nil {
		return nil, err
	}
	defer resp.Close()
	return io.ReadAll(resp)
}

func (c sdk1) create(d domain.Name) (string, error) {
	if d.Bucket == agentic {
		body, err := c.do("POST", d, nil, "token", configuration(d))
		return tokenIn(body), err
	}
	result, err := c.CreateBucketCnameToken(d.Bucket, d.Base)
	return result.Token, err
}

func (c sdk1) read(d domain.Name) (string, error) {
	if d.Bucket == agentic {
		body, err := c.do("GET", d, d.Base, "token", "")
		return tokenIn(body), err
	}
	result, err := c.GetBucketCnameToken(d.Bucket, d.Base)
	return result.Token, err
}

func (c sdk1) list(bucket string) ([]string, error) {
	body, err := c.GetBucketCname(bucket)
	if err != nil {
		return nil, err
	}
	return listed([]byte(body))
}

func (c sdk1) bind(d domain.Name) error { return c.PutBucketCnameXml(d.Bucket, configuration(d)) }

func (c sdk1) remove(d domain.Name) error {
	if d.Bucket == agentic {
		_, err := c.do("POST", d, nil, "delete", configuration(d))
		return err
	}
	return c.DeleteBucketCname(d.Bucket, d.Base)
}

// tokenIn reads the body of CreateCnameToken and GetCnameToken.
func tokenIn(body []byte) string {
	var token struct{ Token string }
	_ = xml.Unmarshal(body, &token) // no token is none
	return token.Token
}

// listed reads the body of ListCname, for clients whose types know no wildcards.
func listed(body []byte) ([]string, error) {
	var list struct {
		Cname []struct{ Domain, IsWildCard string }
	}
	if err := xml.Unmarshal(body, &list); err != nil {
		return nil, err
	}
	var names []string
	for _, c := range list.Cname {
		if c.IsWildCard == "true" {
			c.Domain = "*." + c.Domain
		}
		names = append(names, c.Domain)
	}
	return names, nil
}

// configuration is the body of PutCname, for clients whose types know no wildcards.
func configuration(d domain.Name) string {
	element := ""
	if d.Bucket == agentic { // such a bucket insists on it
		element = fmt.Sprintf("<IsWildCard>%v</IsWildCard>", d.Wildcard)
	}
	return "<BucketCnameConfiguration><Cname><Domain>" + d.Base + "</Domain>" + element + "</Cname></BucketCnameConfiguration>"
}
