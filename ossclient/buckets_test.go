package ossclient_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// buckets asks for one page of the fixture's account with a new client.
func (f *fixture) buckets(t *testing.T, marker string) (ossclient.Buckets, error) {
	t.Helper()
	client, err := ossclient.New(f.opts)
	if err != nil {
		t.Fatal(err)
	}
	return client.ListBuckets(context.Background(), marker)
}

func TestBucketsOfTheRegionAreListed(t *testing.T) {
	for name, change := range map[string]func(*fixture){
		"V4":         func(*fixture) {},
		"V1":         func(f *fixture) { f.opts.SignatureV1 = true },
		"by name":    func(f *fixture) { hosted(f, "") },
		"by name V1": func(f *fixture) { hosted(f, ""); f.opts.SignatureV1 = true },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			change(f)
			f.oss.AddBucket(osstest.Bucket{Name: "another-bucket"})
			f.oss.AddBucket(osstest.Bucket{Name: "elsewhere", Region: "cn-shanghai"})
			f.oss.AddBucket(osstest.Bucket{Name: "not-ours", Owner: "somebody"})
			got, err := f.buckets(t, "")
			if err != nil || got.Next != "" || !slices.Equal(got.Names, []string{"another-bucket", bucket}) {
				t.Errorf("got %+v, %v", got, err)
			}
			if n := f.oss.CallsOf("ListBuckets"); n != 1 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

// TestPagesOfBuckets follows the markers, V1's and V4's signature included.
func TestPagesOfBuckets(t *testing.T) {
	for _, v1 := range []bool{false, true} {
		f := newFixture(t)
		f.opts.SignatureV1 = v1
		for i := range 1500 {
			f.oss.AddBucket(osstest.Bucket{Name: fmt.Sprintf("bucket-%04d", i)})
		}
		first, err := f.buckets(t, "")
		if err != nil || len(first.Names) != 1000 || first.Next != "bucket-0999" {
			t.Fatalf("got %d, next %q, %v", len(first.Names), first.Next, err)
		}
		second, err := f.buckets(t, first.Next)
		if err != nil || len(second.Names) != 501 || second.Next != "" || second.Names[0] != "bucket-1000" {
			t.Errorf("got %d, next %q, %v", len(second.Names), second.Next, err)
		}
	}
}

func TestPagesThatAreRefused(t *testing.T) {
	page := func(inner string) osstest.Behaviour {
		return osstest.Reply(200, "<ListAllMyBucketsResult>"+inner+"</ListAllMyBucketsResult>")
	}
	for name, test := range map[string]struct {
		reply osstest.Behaviour
		want  status.Reason
		text  string
	}{
		"another root":         {osstest.Reply(200, "<ListCnameResult/>"), status.ReasonBadResponse, "ListAllMyBucketsResult"},
		"empty":                {osstest.Reply(200, ""), status.ReasonBadResponse, "reading reply"},
		"no list":              {page(""), status.ReasonBadResponse, "no Buckets"},
		"no name":              {page("<Buckets><Bucket><Region>cn-hangzhou</Region></Bucket></Buckets>"), status.ReasonBadResponse, `bucket ""`},
		"no region":            {page("<Buckets><Bucket><Name>abc</Name></Bucket></Buckets>"), status.ReasonBadResponse, `region ""`},
		"a name that is a URL": {page("<Buckets><Bucket><Name>a/../b</Name><Region>cn-hangzhou</Region></Bucket></Buckets>"), status.ReasonBadResponse, "a/../b"},
		"leads nowhere":        {page("<IsTruncated>true</IsTruncated><Buckets/>"), status.ReasonBadResponse, "next marker"},
		"leads back":           {page("<IsTruncated>true</IsTruncated><NextMarker>m</NextMarker><Buckets/>"), status.ReasonBadResponse, "next marker"},
		"perhaps truncated":    {page("<IsTruncated>maybe</IsTruncated><Buckets/>"), status.ReasonBadResponse, "IsTruncated"},
		"denied":               {osstest.Fail(403, "AccessDenied", "0003-00000001"), status.ReasonAccessDenied, "AccessDenied"},
		"throttled":            {osstest.Fail(503, "MetaOperationQpsLimitExceeded", ""), status.ReasonThrottled, "ListBuckets: 503"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.oss.Behave(domain.Name{}, test.reply)
			got, err := f.buckets(t, "m")
			failure, ok := errors.AsType[*ossclient.Error](err)
			if !ok || failure.Reason != test.want || !strings.Contains(failure.Error(), test.text) || got.Names != nil {
				t.Fatalf("got %+v, %v; want %s with %q", got, err, test.want, test.text)
			}
			checkFailure(t, failure)
		})
	}
}

// TestLocationNamesTheRegion is how OSS says it where it has no Region.
func TestLocationNamesTheRegion(t *testing.T) {
	f := newFixture(t)
	f.oss.Behave(domain.Name{}, osstest.Reply(200, "<ListAllMyBucketsResult><Buckets><Bucket><Name>abc</Name><Location>oss-cn-hangzhou</Location></Bucket>"+
		"<Bucket><Name>abd</Name><Location>oss-cn-shanghai</Location></Bucket></Buckets></ListAllMyBucketsResult>"))
	if got, err := f.buckets(t, ""); err != nil || !slices.Equal(got.Names, []string{"abc"}) {
		t.Errorf("got %+v, %v", got, err)
	}
}
