package config_test

import (
	"reflect"
	"testing"

	"oss_cname_exporter/internal/config"
)

const discovers = `accounts:
  b: {region: cn-hangzhou, discover: true}
  a: {region: cn-hangzhou, discover: true}
  c: {region: cn-hangzhou, discover: false}
targets:
- {bucket: examplebucket, cname: www.example.com, account: c}
- {bucket: examplebucket, cname: "*.example.com", account: c}
`

func TestWhoDiscovers(t *testing.T) {
	c := parse(t, discovers)
	if want := c.Accounts[:2]; !reflect.DeepEqual(c.Discover, want) {
		t.Errorf("got %+v, want %+v", c.Discover, want)
	}
	if c := parse(t, minimal); c.Discover != nil {
		t.Errorf("by default %+v", c.Discover)
	}
	for ordinal, want := range [][]config.Account{c.Discover, nil, nil} {
		if got := c.Shard(config.Shard{Ordinal: ordinal, Total: 3}).Discover; !reflect.DeepEqual(got, want) {
			t.Errorf("shard %d: %+v", ordinal, got)
		}
	}
}

// TestUnlisted asks the whole and each shard, which must know the others' targets.
func TestUnlisted(t *testing.T) {
	whole := parse(t, discovers)
	for _, c := range []*config.Config{whole, whole.Shard(config.Shard{Ordinal: 0, Total: 3}), whole.Shard(config.Shard{Ordinal: 1, Total: 3})} {
		for _, test := range []struct {
			bucket, cname string
			ok            bool
		}{
			{"examplebucket", "www.example.com", false},
			{"examplebucket", "*.example.com", false},
			{"examplebucket", "example.com", true},
			{"examplebucket", "*.www.example.com", true},
			{"other-bucket", "www.example.com", true},
			{"Other", "www.example.com", false},
			{"examplebucket", "<b>", false},
			{"examplebucket", "", false},
		} {
			got, ok := c.Unlisted(&c.Accounts[0], test.bucket, test.cname)
			if ok != test.ok || ok && (got.Bucket != test.bucket || got.Cname() != test.cname || got.Account.Name != "a" || !got.Unlisted) {
				t.Errorf("%s/%s: got %+v, %v", test.bucket, test.cname, got, ok)
			}
		}
	}
}
