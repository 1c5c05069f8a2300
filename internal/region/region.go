// Package region finds regions and reads the host names of OSS. All that it
// knows is the table of internal/vendor. OSS opens regions and names without
// notice, so its answers are good for advice and for reading, never for refusing.
package region

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"oss_cname_exporter/internal/vendor"
)

// Checked returns the month in which the list of regions was last compared with
// the vendor's page.
func Checked() string {
	oldest := ""
	for _, r := range vendor.Regions() {
		if oldest == "" || r.Checked < oldest {
			oldest = r.Checked
		}
	}
	return oldest
}

// Lookup returns the region of that id.
func Lookup(id string) (vendor.Region, bool) {
	regions := vendor.Regions()
	i, known := slices.BinarySearchFunc(regions, id, func(r vendor.Region, id string) int { return cmp.Compare(r.ID, id) })
	if !known {
		return vendor.Region{}, false
	}
	return regions[i], true
}

// Named returns the region that the console names so, in Chinese or in English:
// "华东1（杭州）", "华东1", "杭州", "China (Hangzhou)" or "Hangzhou".
func Named(name string) (vendor.Region, bool) {
	name = fold(name)
	for _, r := range vendor.Regions() {
		for _, full := range []string{r.Chinese, r.English} {
			area, place, _ := strings.Cut(strings.TrimSuffix(fold(full), ")"), "(")
			if name == "" || name != fold(full) && name != place && (name != area || isCountry(area)) {
				continue
			}
			return r, true
		}
	}
	return vendor.Region{}, false
}

// Called returns the id of a region in quotation marks, with the names that the
// console has for it, if it is known: "cn-hangzhou" (华东1（杭州）, China (Hangzhou)).
func Called(id string) string {
	r, known := Lookup(id)
	if !known {
		return strconv.Quote(id)
	}
	return fmt.Sprintf("%q (%s, %s)", r.ID, r.Chinese, r.English)
}

// isCountry reports whether more than one region has area before its place.
func isCountry(area string) bool {
	count := 0
	for _, r := range vendor.Regions() {
		if strings.HasPrefix(fold(r.Chinese), area+"(") || strings.HasPrefix(fold(r.English), area+"(") {
			count++
		}
	}
	return count > 1
}

// fold makes names comparable: ASCII brackets, lower case, no blanks.
func fold(name string) string {
	return strings.ToLower(strings.NewReplacer("（", "(", "）", ")", " ", "", "　", "").Replace(name))
}

// PublicHost returns the host of a region's public endpoint; of a region that
// is not known, the host that it would have.
func PublicHost(id string) string {
	r, _ := Lookup(id)
	return cmp.Or(r.Public, vendor.Standard(id).Public)
}

// Targets returns the targets that a CNAME record of a domain of bucket may have
// in the region of that id: the one that the console recommends, if the region is
// known, then the public endpoint.
func Targets(id, bucket string) []string {
	public := bucket + "." + PublicHost(id)
	if r, known := Lookup(id); known {
		return []string{r.CNAMETarget(bucket), public}
	}
	return []string{public}
}
