package vendor

import "strings"

// Suffix is a domain that host names of one kind end in.
type Suffix struct {
	Domain string // without a dot before it
	Source
}

// The domains of the names that the console recommends as targets of CNAME
// records, for the Chinese mainland and for all other regions.
const (
	suffixMainland = "taihangcda.cn"
	suffixOverseas = "thepacificxxs.com"
)

// CNAMESuffixes returns the domains under which the console names the target of
// a CNAME record, as <bucket>.<region>.<suffix>.
func CNAMESuffixes() []Suffix {
	return []Suffix{
		{suffixMainland, Source{pageDomains, "2026-11"}},
		{suffixOverseas, Source{pageDomains, "2026-11"}},
	}
}

// ReservedSuffixes returns the domains that OSS binds to no bucket.
func ReservedSuffixes() []Suffix {
	source := Source{pagePutCname, "2026-11"}
	return []Suffix{
		{"aliyuncs.com", source}, {"aliyun.com", source}, {"aliyun-inc.com", source},
		{"taobaocdn.com", source}, {"taobao.com", source},
	}
}

// IsReserved reports whether OSS binds name, in lower case, to no bucket.
func IsReserved(name string) bool {
	for _, s := range ReservedSuffixes() {
		if name == s.Domain || strings.HasSuffix(name, "."+s.Domain) {
			return true
		}
	}
	return false
}
