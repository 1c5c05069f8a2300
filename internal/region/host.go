package region

import "strings"

// domain is where the endpoints of all regions are.
const domain = ".aliyuncs.com"

// Host is what the name of an endpoint, or of a bucket at one, says.
type Host struct {
	Bucket string // "" for an endpoint itself
	Alias  bool   // Bucket is the alias of an access point; which bucket it leads to, the name does not say
	Region string // "" if the name does not say: acceleration serves buckets of all regions
}

// cnameTargets are the domains under which the vendor's console names the
// target of a CNAME record, as <bucket>.<region>.<domain>: of the Chinese
// mainland, and of everywhere else.
func cnameTargets() []string { return []string{".taihangcda.cn", ".thepacificxxs.com"} }

// ParseHost reads a name without a port. It is false for a name that no known
// endpoint has, which may be OSS's all the same. cnameSuffixes are further
// domains under which CNAME targets are named as <bucket>.<region>.<suffix>.
func ParseHost(name string, cnameSuffixes ...string) (Host, bool) {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	if rest, ok := strings.CutSuffix(name, domain); ok {
		return parseEndpoint(rest)
	}
	for _, suffix := range append(cnameTargets(), cnameSuffixes...) {
		rest, ok := strings.CutSuffix(name, "."+strings.Trim(suffix, "."))
		if !ok {
			continue
		}
		if bucket, id, ok := strings.Cut(rest, "."); ok && bucket != "" && isLabel(id) {
			return Host{Bucket: bucket, Region: id}.marked(), true
		}
	}
	return Host{}, false
}

// parseEndpoint reads what stands before ".aliyuncs.com".
func parseEndpoint(name string) (Host, bool) {
	labels := strings.Split(name, ".")
	last := labels[len(labels)-1]
	labels = labels[:len(labels)-1]
	var h Host
	switch service, ok := strings.CutPrefix(last, "oss-"); {
	case last == "oss" && len(labels) > 0: // dual stack
		h.Region = labels[len(labels)-1]
		labels = labels[:len(labels)-1]
	case !ok:
		return Host{}, false
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
	return h.marked(), true
}

// idOf returns the region of an endpoint's first label, such as
// "oss-cn-hangzhou-internal".
func idOf(label string) string {
	for _, r := range renamed() {
		if label+domain == r.Public || label+domain == r.Internal {
			return r.ID
		}
	}
	return strings.TrimSuffix(strings.TrimPrefix(label, "oss-"), "-internal")
}

// marked returns h with Alias set if Bucket has the form of one.
func (h Host) marked() Host {
	h.Alias = strings.HasSuffix(h.Bucket, "-ossalias") || strings.HasSuffix(h.Bucket, "-opapalias")
	return h
}

func isLabel(text string) bool { return text != "" && !strings.Contains(text, ".") }
