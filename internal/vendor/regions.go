package vendor

import (
	"cmp"
	"slices"
	"strings"
)

// Domain is where the endpoints of all regions are.
const Domain = ".aliyuncs.com"

// Region is a region as OSS serves it. Chinese and English are the names that
// the console shows. DescribeRegions does not tell them, so scripts/vendor cannot
// compare them.
type Region struct {
	ID        string // the id that V4 signs, such as "cn-hangzhou"
	Chinese   string
	English   string
	Public    string // host of the endpoint on the Internet; "" is none
	Internal  string // host of the endpoint inside the region; "" is none
	DualStack string // host of the endpoint with IPv6; "" is none
	Life      Life
	Source
}

// Life says whether a region takes buckets. The zero value is Open.
type Life int

// The lives.
const (
	Open    Life = iota
	Closing      // no new buckets; the vendor has announced the end
	Closed       // the region is gone
)

// Mainland reports whether the region is in the Chinese mainland: there a domain
// needs an ICP filing before OSS binds it.
func (r Region) Mainland() bool {
	return strings.HasPrefix(r.ID, "cn-") && r.ID != "cn-hongkong" || r.ID == "rg-china-mainland"
}

// CNAMETarget returns the name that the console recommends as the target of the
// CNAME record of a domain of bucket.
func (r Region) CNAMETarget(bucket string) string {
	suffix := suffixOverseas
	if r.Mainland() {
		suffix = suffixMainland
	}
	return bucket + "." + r.ID + "." + suffix
}

// Standard returns a region of that id with the endpoints that follow from the
// id, as the vendor's SDK makes them.
func Standard(id string) Region {
	return Region{ID: id, Public: "oss-" + id + Domain, Internal: "oss-" + id + "-internal" + Domain, DualStack: id + ".oss" + Domain}
}

// regionRow is a row as it is written: the hosts follow from the id where the
// fields are "".
type regionRow struct {
	id, chinese, english string
	networks             string // "d" has a dual-stack endpoint, "-" has none
	public, internal     string // labels that do not follow from the id
	life                 Life
	source               Source
}

// Regions returns every known region, sorted by id.
func Regions() []Region {
	var regions []Region
	for _, row := range regionRows() {
		r := Standard(row.id)
		r.Chinese, r.English, r.Life, r.Source = row.chinese, row.english, row.life, row.source
		if row.networks == "-" {
			r.DualStack = ""
		}
		if row.public != "" || row.internal != "" {
			r.Public, r.Internal = host(row.public), host(row.internal)
		}
		regions = append(regions, r)
	}
	slices.SortFunc(regions, func(a, b Region) int { return cmp.Compare(a.ID, b.ID) })
	return regions
}

func host(label string) string {
	if label == "" {
		return ""
	}
	return label + Domain
}

func regionRows() []regionRow {
	listed := Source{pageRegions, "2026-11"}
	closed := Source{pageClosing, "2026-11"}
	return []regionRow{
		{"cn-hangzhou", "华东1（杭州）", "China (Hangzhou)", "d", "", "", Open, listed},
		{"cn-shanghai", "华东2（上海）", "China (Shanghai)", "d", "", "", Open, listed},
		{"cn-nanjing", "华东5（南京-本地地域）", "China (Nanjing - Local Region)", "-", "", "", Closing, closed},
		{"cn-fuzhou", "华东6（福州-本地地域）", "China (Fuzhou - Local Region)", "-", "", "", Closing, closed},
		{"cn-wuhan-lr", "华中1（武汉-本地地域）", "China (Wuhan - Local Region)", "-", "", "", Open, listed},
		{"cn-qingdao", "华北1（青岛）", "China (Qingdao)", "d", "", "", Open, listed},
		{"cn-beijing", "华北2（北京）", "China (Beijing)", "d", "", "", Open, listed},
		{"cn-zhangjiakou", "华北3（张家口）", "China (Zhangjiakou)", "d", "", "", Open, listed},
		{"cn-huhehaote", "华北5（呼和浩特）", "China (Hohhot)", "d", "", "", Open, listed},
		{"cn-wulanchabu", "华北6（乌兰察布）", "China (Ulanqab)", "d", "", "", Open, listed},
		{"cn-shenzhen", "华南1（深圳）", "China (Shenzhen)", "d", "", "", Open, listed},
		{"cn-heyuan", "华南2（河源）", "China (Heyuan)", "d", "", "", Open, listed},
		{"cn-guangzhou", "华南3（广州）", "China (Guangzhou)", "d", "", "", Open, listed},
		{"cn-chengdu", "西南1（成都）", "China (Chengdu)", "d", "", "", Open, listed},
		{"cn-zhongwei", "西北2（中卫）", "China (Zhongwei)", "d", "", "", Open, listed},
		{"cn-hongkong", "中国（香港）", "China (Hong Kong)", "d", "", "", Open, listed},
		{"ap-northeast-1", "日本（东京）", "Japan (Tokyo)", "d", "", "", Open, listed},
		{"ap-northeast-2", "韩国（首尔）", "South Korea (Seoul)", "d", "", "", Open, listed},
		{"ap-southeast-1", "新加坡", "Singapore", "d", "", "", Open, listed},
		{"ap-southeast-2", "澳大利亚（悉尼）", "Australia (Sydney)", "-", "", "", Closed, closed},
		{"ap-southeast-3", "马来西亚（吉隆坡）", "Malaysia (Kuala Lumpur)", "d", "", "", Open, listed},
		{"ap-southeast-5", "印度尼西亚（雅加达）", "Indonesia (Jakarta)", "d", "", "", Open, listed},
		{"ap-southeast-6", "菲律宾（马尼拉）", "Philippines (Manila)", "d", "", "", Open, listed},
		{"ap-southeast-7", "泰国（曼谷）", "Thailand (Bangkok)", "d", "", "", Open, listed},
		{"ap-southeast-8", "马来西亚（柔佛）", "Malaysia (Johor)", "d", "", "", Open, listed},
		{"ap-south-1", "印度（孟买）", "India (Mumbai)", "-", "", "", Closed, closed},
		{"eu-central-1", "德国（法兰克福）", "Germany (Frankfurt)", "d", "", "", Open, listed},
		{"eu-west-1", "英国（伦敦）", "UK (London)", "d", "", "", Open, listed},
		{"eu-west-2", "法国（巴黎）", "France (Paris)", "d", "", "", Open, listed},
		{"us-west-1", "美国（硅谷）", "US (Silicon Valley)", "d", "", "", Open, listed},
		{"us-east-1", "美国（弗吉尼亚）", "US (Virginia)", "d", "", "", Open, listed},
		{"na-south-1", "墨西哥", "Mexico", "d", "", "", Open, listed},
		{"sa-east-1", "巴西（圣保罗）", "Brazil (São Paulo)", "d", "", "", Open, listed},
		{"me-east-1", "阿联酋（迪拜）", "UAE (Dubai)", "d", "", "", Open, listed},
		{"me-central-1", "沙特（利雅得）", "SAU (Riyadh - Partner Region)", "d", "", "", Open, listed},

		{"cn-hangzhou-finance", "华东1金融云", "China East 1 Finance", "-", "oss-cn-hzfinance", "oss-cn-hzfinance-internal", Open, listed},
		{"cn-shanghai-finance-1", "华东2金融云", "China East 2 Finance", "-", "oss-cn-shanghai-finance-1-pub", "oss-cn-shanghai-finance-1-pub-internal", Open, listed},
		{"cn-shenzhen-finance-1", "华南1金融云", "China South 1 Finance", "-", "oss-cn-szfinance", "oss-cn-szfinance-internal", Open, listed},
		{"cn-beijing-finance-1", "华北2金融云", "China North 2 Finance", "-", "oss-cn-beijing-finance-1-pub", "oss-cn-beijing-finance-1-pub-internal", Open, listed},
		{"cn-north-2-gov-1", "华北2阿里政务云1", "China North 2 Ali Gov 1", "-", "", "oss-cn-north-2-gov-1-internal", Open, listed},
		{"rg-china-mainland", "无地域属性（中国内地）", "Regionless (Chinese mainland)", "-", "oss-rg-china-mainland", "", Open, listed},
	}
}
