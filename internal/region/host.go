package region

import (
	"strings"

	"oss_cname_exporter/internal/vendor"
)

// Host is the meaning of the name of an endpoint, or of a bucket at one.
type Host struct {
	Bucket string // "" for an endpoint itself
	Region string // "" if the name does not say: acceleration serves buckets of all regions
	Vague  bool   // OSS answers there, but the name does not say for sure which bucket, or in which region
}

// ParseHost reads a name without a port. It is false for a name that no known
// endpoint has, which may be OSS's all the same. cnameSuffixes are further
// domains under which CNAME targets are named as <bucket>.<region>.<suffix>.
func ParseHost(name string, cnameSuffixes ...string) (Host, bool) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if rest, ok := strings.CutSuffix(name, vendor.Domain); ok {
		return parseEndpoint(rest)
	}
	for _, known := range vendor.CNAMESuffixes() {
		cnameSuffixes = append(cnameSuffixes, known.Domain)
	}
	for _, suffix := range cnameSuffixes {
		rest, ok := strings.CutSuffix(name, "."+strings.Trim(suffix, "."))
		if !ok {
			continue
		}
		if bucket, id, ok := strings.Cut(rest, "."); ok && bucket != "" && isLabel(id) {
			return Host{Bucket: bucket, Region: id}.judged(), true
		}
	}
	return Host{}, false
}

// Appended returns the host of OSS that a CNAME record was meant to lead to, if
// target is that host with zone, or a domain above it, behind it: most consoles
// append the zone to a target without a dot at its end.
func Appended(target, zone string, cnameSuffixes ...string) (meant string, ok bool) {
	for zone != "" {
		if meant, ok := strings.CutSuffix(target, "."+zone); ok {
			if _, known := ParseHost(meant, cnameSuffixes...); known {
				return meant, true
			}
		}
		_, zone, _ = strings.Cut(zone, ".")
	}
	return "", false
}

// parseEndpoint reads the part before ".aliyuncs.com".
func parseEndpoint(name string) (Host, bool) {
	labels := strings.Split(name, ".")
	last := labels[len(labels)-1]
	labels = labels[:len(labels)-1]
	service, ok := strings.CutPrefix(last, "oss-")
	var h Host
	switch {
	case last == "oss" && len(labels) > 0 && isRegion(labels[len(labels)-1]): // dual stack
		h.Region = labels[len(labels)-1]
		labels = labels[:len(labels)-1]
	case last == "oss" && len(labels) == 1: // the endpoint from before there were regions, or a new region's
		h.Vague = true
	case strings.HasPrefix(last, "vpc") && strings.Contains(last, "-oss-"):
		h.Vague = true
	case !ok:
		return Host{}, false
	case service == "accesspoint", service == "object-process": // their regions are labels of their own
		return Host{Bucket: labels[0], Vague: true}, len(labels) > 1
	case service == "accelerate", service == "accelerate-overseas":
	default:
		h.Region = idOf(last)
	}
	if n := len(labels); n > 0 && labels[n-1] == "s3" { // the S3-compatible endpoints
		labels = labels[:n-1]
	}
	if len(labels) > 1 {
		return Host{}, false
	}
	h.Bucket = strings.Join(labels, "")
	return h.judged(), true
}

// idOf returns the region of an endpoint's first label, such as
// "oss-cn-hangzhou-internal". Of one that names no known region, such as
// "oss-website-cn-hangzhou" or "oss-cn-hangzhou-a", it returns the rest.
func idOf(label string) string {
	for _, r := range vendor.Regions() {
		if label+vendor.Domain == r.Public || label+vendor.Domain == r.Internal {
			return r.ID
		}
	}
	return strings.TrimSuffix(strings.TrimPrefix(label, "oss-"), "-internal")
}

// judged returns h with Vague set if the region is not known, or if Bucket has
// the form of an access point's alias.
func (h Host) judged() Host {
	h.Vague = h.Vague || h.Region != "" && !isRegion(h.Region) ||
		strings.HasSuffix(h.Bucket, "-ossalias") || strings.HasSuffix(h.Bucket, "-opapalias")
	return h
}

func isRegion(id string) bool {
	_, known := Lookup(id)
	return known
}

func isLabel(text string) bool { return text != "" && !strings.Contains(text, ".") }
