package osstest_test

import (
	"testing"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss"

	"oss_cname_exporter/internal/app/apptest"
	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
)

func sdkPut(t *testing.T, client *oss.Client, d domain.Name, c *oss.CertificateConfiguration) error {
	t.Helper()
	_, err := client.PutCname(t.Context(), &oss.PutCnameRequest{
		Bucket: new(d.Bucket),
		BucketCnameConfiguration: &oss.BucketCnameConfiguration{
			Cname: &oss.Cname{Domain: new(d.Base), IsWildCard: new(d.Wildcard), CertificateConfiguration: c},
		},
	})
	return err
}

func sdkDelete(t *testing.T, client *oss.Client, d domain.Name) error {
	t.Helper()
	_, err := client.DeleteCname(t.Context(), &oss.DeleteCnameRequest{
		Bucket:                   new(d.Bucket),
		BucketCnameConfiguration: &oss.BucketCnameConfiguration{Cname: &oss.Cname{Domain: new(d.Base)}},
	})
	return err
}

func sdkList(t *testing.T, client *oss.Client) []oss.CnameInfo {
	t.Helper()
	result, err := client.ListCname(t.Context(), &oss.ListCnameRequest{Bucket: new("examplebucket")})
	if err != nil {
		t.Fatal(err)
	}
	return result.Cnames
}

// TestLifeOfADomain walks one through all that the vendor's SDK can do to it.
func TestLifeOfADomain(t *testing.T) {
	for name, style := range sdkStyles {
		t.Run(name, func(t *testing.T) {
			var published []string
			s := newServer(t, osstest.Options{TXT: func(name string) []string {
				if name != "_dnsauth.new.example.com" {
					t.Errorf("looked up %q", name)
				}
				return published
			}})
			client := oss.NewClient(style(sdkConfig(t, s)))
			d := domain.Name{Bucket: "examplebucket", Base: "new.example.com"}

			checkError(t, sdkPut(t, client, d, nil), 403, "NeedVerifyDomainOwnership", "0018-00000115")
			created, err := sdkCreate(t, client, d)
			if err != nil {
				t.Fatal(err)
			}
			published = []string{"another", "words"}
			checkError(t, sdkPut(t, client, d, nil), 403, "NeedVerifyDomainOwnership", "0018-00000115")
			if listed := sdkList(t, client); len(listed) != 0 {
				t.Errorf("lists %d domains before any is bound", len(listed))
			}

			published = append(published, *created.Token)
			if err := sdkPut(t, client, d, nil); err != nil {
				t.Fatal(err)
			}
			checkError(t, second(sdkGet(t, client, d)), 404, "CnameTokenNotFound", "0018-00000301")
			checkError(t, second(sdkCreate(t, client, d)), 403, "NoNeedCreateCnameToken", "0018-00000302")
			listed := sdkList(t, client)
			if len(listed) != 1 || *listed[0].Domain != d.Base || *listed[0].Status != "Enabled" || listed[0].Certificate != nil {
				t.Fatalf("lists %+v", listed)
			}

			published = nil // may go after verification
			ends := time.Date(2048, 5, 4, 10, 14, 51, 0, time.UTC)
			if err := sdkPut(t, client, d, &oss.CertificateConfiguration{CertId: new("1"), Certificate: new(apptest.CertificateUntil(t, ends))}); err != nil {
				t.Fatal(err)
			}
			if listed := sdkList(t, client); *listed[0].Certificate.ValidEndDate != "Mon, 4 May 2048 10:14:51 GMT" {
				t.Errorf("lists %+v", listed[0].Certificate)
			}
			checkError(t, sdkPut(t, client, d, &oss.CertificateConfiguration{Certificate: new("none")}), 400, "InvalidArgument", "")
			if err := sdkPut(t, client, d, &oss.CertificateConfiguration{DeleteCertificate: new(true)}); err != nil {
				t.Fatal(err)
			}
			if listed := sdkList(t, client); listed[0].Certificate != nil {
				t.Errorf("lists %+v", listed[0].Certificate)
			}

			if err := sdkDelete(t, client, d); err != nil {
				t.Fatal(err)
			}
			if err := sdkDelete(t, client, d); err != nil {
				t.Errorf("deleting what is not bound: %v", err)
			}
			if n := s.CallsOf("ListCname"); n != 4 {
				t.Errorf("counted %d ListCname, want 4", n)
			}
		})
	}
}
