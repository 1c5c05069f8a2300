package osstest

import (
	"encoding/xml"

	"oss_cname_exporter/internal/vendor"
)

// regionList is the answer of DescribeRegions.
type regionList struct {
	XMLName    xml.Name `xml:"RegionInfoList"`
	RegionInfo []regionInfo
}

type regionInfo struct {
	Region             string
	InternetEndpoint   string
	InternalEndpoint   string
	AccelerateEndpoint string
}

// describeRegions answers with the regions that are not closed and have a public endpoint.
func describeRegions() regionList {
	var list regionList
	for _, r := range vendor.Regions() {
		if r.Life != vendor.Closed && r.Public != "" {
			list.RegionInfo = append(list.RegionInfo, regionInfo{"oss-" + r.ID, r.Public, r.Internal, "oss-accelerate.aliyuncs.com"})
		}
	}
	return list
}
