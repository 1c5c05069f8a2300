//go:build e2e

package clients_test

import (
	"context"
	"strconv"

	oss2 "github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"
	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"

	"oss_cname_exporter/internal/domain"
)

// sdk2 is the vendor's SDK of today.
type sdk2 struct{ *oss2.Client }

func newSDK2(endpoint, secret string, version oss2.SignatureVersionType) client {
	return sdk2{oss2.NewClient(oss2.LoadDefaultConfig().WithRegion("cn-hangzhou").WithEndpoint(endpoint).
		WithCredentialsProvider(credentials.NewStaticCredentialsProvider("ak", secret)).
		WithSignatureVersion(version).WithRetryMaxAttempts(1),
		func(o *oss2.Options) { o.FeatureFlags &^= oss2.FeatureCorrectClockSkew })}
}

// query says whether it is a wildcard, which an Agentic Bucket insists on, where the SDK has no field for it.
func query(d domain.Name) oss2.RequestCommon {
	if d.Bucket != agentic {
		return oss2.RequestCommon{}
	}
	return oss2.RequestCommon{Parameters: map[string]string{"wildcard": strconv.FormatBool(d.Wildcard)}}
}

func typedConfiguration(d domain.Name) *oss2.BucketCnameConfiguration {
	return &oss2.BucketCnameConfiguration{Cname: &oss2.Cname{Domain: &d.Base, IsWildCard: &d.Wildcard}}
}

func (c sdk2) create(d domain.Name) (string, error) {
	result, err := c.CreateCnameToken(context.Background(), &oss2.CreateCnameTokenRequest{
		Bucket: &d.Bucket, BucketCnameConfiguration: typedConfiguration(d), RequestCommon: query(d)})
	if err != nil {
		return "", err
	}
	return *result.CnameToken.Token, nil
}

func (c sdk2) read(d domain.Name) (string, error) {
	result, err := c.GetCnameToken(context.Background(), &oss2.GetCnameTokenRequest{Bucket: &d.Bucket, Cname: &d.Base, Wildcard: &d.Wildcard})
	if err != nil {
		return "", err
	}
	return *result.CnameToken.Token, nil
}

func (c sdk2) list(bucket string) ([]string, error) {
	result, err := c.ListCname(context.Background(), &oss2.ListCnameRequest{Bucket: &bucket})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, listed := range result.Cnames {
		name := *listed.Domain
		if listed.IsWildCard != nil && *listed.IsWildCard {
			name = "*." + name
		}
		names = append(names, name)
	}
	return names, nil
}

func (c sdk2) bind(d domain.Name) error {
	_, err := c.PutCname(context.Background(), &oss2.PutCnameRequest{Bucket: &d.Bucket, BucketCnameConfiguration: typedConfiguration(d)})
	return err
}

func (c sdk2) remove(d domain.Name) error {
	_, err := c.DeleteCname(context.Background(), &oss2.DeleteCnameRequest{
		Bucket: &d.Bucket, BucketCnameConfiguration: typedConfiguration(d), RequestCommon: query(d)})
	return err
}
