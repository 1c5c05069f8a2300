// Package region knows the regions in which OSS serves, and what the names of
// its endpoints say. OSS opens regions and names without notice, so the list
// is good for advice and for reading, never for refusing.
package region

import (
	"cmp"
	"slices"
	"strings"
)

// Region is a region as OSS serves it.
type Region struct {
	ID        string // what V4 signs, such as "cn-hangzhou"
	Public    string // host of the endpoint that everybody reaches; "" is none
	Internal  string // host of the endpoint inside the region; "" is none
	DualStack string // host of the endpoint that IPv6 reaches; "" is none
}

// Listed says when the list of regions was last held against the vendor's page.
const Listed = "2026-11"

// withDualStack and others are the regions of the public cloud, those that have
// a dual-stack endpoint first.
// https://www.alibabacloud.com/help/en/oss/user-guide/regions-and-endpoints
const (
	withDualStack = "cn-hangzhou cn-shanghai cn-qingdao cn-beijing cn-zhangjiakou cn-huhehaote cn-wulanchabu cn-shenzhen cn-heyuan " +
		"cn-guangzhou cn-chengdu cn-hongkong ap-northeast-1 ap-northeast-2 ap-southeast-1 ap-southeast-3 ap-southeast-5 ap-southeast-6 " +
		"ap-southeast-7 ap-southeast-8 eu-central-1 eu-west-1 eu-west-2 us-west-1 us-east-1 na-south-1 sa-east-1 me-east-1 me-central-1 cn-zhongwei"
	others = "cn-nanjing cn-fuzhou cn-wuhan-lr"
)

// renamed are the regions whose endpoints do not follow from their ids.
func renamed() [6]Region {
	return [...]Region{
		{ID: "cn-hangzhou-finance", Public: "oss-cn-hzfinance" + domain, Internal: "oss-cn-hzfinance-internal" + domain},
		{ID: "cn-shanghai-finance-1", Public: "oss-cn-shanghai-finance-1-pub" + domain, Internal: "oss-cn-shanghai-finance-1-pub-internal" + domain},
		{ID: "cn-shenzhen-finance-1", Public: "oss-cn-szfinance" + domain, Internal: "oss-cn-szfinance-internal" + domain},
		{ID: "cn-beijing-finance-1", Public: "oss-cn-beijing-finance-1-pub" + domain, Internal: "oss-cn-beijing-finance-1-pub-internal" + domain},
		{ID: "cn-north-2-gov-1", Internal: "oss-cn-north-2-gov-1-internal" + domain},
		{ID: "rg-china-mainland", Public: "oss-rg-china-mainland" + domain},
	}
}

// All returns every known region, sorted by id.
func All() []Region {
	special := renamed()
	regions := special[:]
	for id := range strings.FieldsSeq(withDualStack) {
		regions = append(regions, Standard(id))
	}
	for id := range strings.FieldsSeq(others) {
		r := Standard(id)
		r.DualStack = ""
		regions = append(regions, r)
	}
	slices.SortFunc(regions, func(a, b Region) int { return cmp.Compare(a.ID, b.ID) })
	return regions
}

// Standard returns a region of that id with the endpoints that follow from it,
// as the vendor's SDK makes them.
func Standard(id string) Region {
	return Region{ID: id, Public: "oss-" + id + domain, Internal: "oss-" + id + "-internal" + domain, DualStack: id + ".oss" + domain}
}

// Lookup returns the region of that id.
func Lookup(id string) (Region, bool) {
	regions := All()
	i, known := slices.BinarySearchFunc(regions, id, func(r Region, id string) int { return cmp.Compare(r.ID, id) })
	if !known {
		return Region{}, false
	}
	return regions[i], true
}

// PublicHost returns the host of a region's public endpoint; of a region that
// is not known, the host that it would have.
func PublicHost(id string) string {
	r, _ := Lookup(id)
	return cmp.Or(r.Public, Standard(id).Public)
}
