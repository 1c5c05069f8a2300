package config_test

import (
	"slices"
	"testing"

	"oss_cname_exporter/internal/config"
)

func TestFilter(t *testing.T) {
	cfg, err := config.Parse("test.yaml", []byte(`
accounts:
  main: {region: cn-hangzhou}
  other: {region: cn-beijing}
targets:
  - {bucket: examplebucket, cname: a.example.com, account: main, labels: {team: web, env: prod}}
  - {bucket: examplebucket, cname: "*.example.org", account: main, region: cn-shanghai, labels: {team: shop}}
  - {bucket: otherbucket, cname: c.example.com, account: other}
`))
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		filter config.Filter
		want   []string
	}{
		"all":          {config.Filter{}, []string{"a.example.com", "*.example.org", "c.example.com"}},
		"account":      {config.Filter{Account: []string{"main"}}, []string{"a.example.com", "*.example.org"}},
		"any of two":   {config.Filter{Region: []string{"cn-shanghai", "cn-beijing"}}, []string{"*.example.org", "c.example.com"}},
		"bucket":       {config.Filter{Bucket: []string{"otherbucket"}}, []string{"c.example.com"}},
		"cname":        {config.Filter{Cname: []string{"*.example.org"}}, []string{"*.example.org"}},
		"label":        {config.Filter{Labels: map[string][]string{"team": {"web", "shop"}}}, []string{"a.example.com", "*.example.org"}},
		"lacks label":  {config.Filter{Labels: map[string][]string{"env": {""}}}, []string{"*.example.org", "c.example.com"}},
		"both of two":  {config.Filter{Account: []string{"main"}, Labels: map[string][]string{"env": {"prod"}, "team": {"web"}}}, []string{"a.example.com"}},
		"none":         {config.Filter{Account: []string{"main"}, Bucket: []string{"otherbucket"}}, nil},
		"none by name": {config.Filter{Labels: map[string][]string{"team": {"web"}, "env": {"test"}}}, nil},
	} {
		var got []string
		for _, target := range test.filter.Of(cfg.Targets) {
			got = append(got, target.Cname())
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}
