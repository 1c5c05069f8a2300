package domain_test

import (
	"testing"

	"oss_cname_exporter/internal/domain"
)

func TestApex(t *testing.T) {
	for cname, want := range map[string]bool{
		"example.com": true, "example.com.cn": true, "example.co.uk": true, "xn--fiq228c.com": true,
		"www.example.com": false, "www.example.com.cn": false, "*.example.com": false, "com.cn": false,
	} {
		base, wildcard, err := domain.ParseCname(cname)
		if got := (domain.Name{Base: base, Wildcard: wildcard}).IsApex(); err != nil || got != want {
			t.Errorf("%s: got %v, %v", cname, got, err)
		}
	}
}
