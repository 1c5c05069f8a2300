package poller

import (
	"net/url"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/region"
	"oss_cname_exporter/internal/status"
)

// destination returns where the names lead that CNAME records of t led to, in
// order: the first that is OSS's decides, and is returned; else it is the last.
func destination(t *config.Target, names []string) (status.Destination, string) {
	if len(names) == 0 {
		return status.Nowhere, ""
	}
	for _, name := range names {
		host, known := parseHost(t, name)
		switch {
		case !known:
			continue
		case host.Bucket == t.Bucket && (host.Region == home(t) || host.Region == "" && !host.Vague):
			return status.ToBucket, name
		case host.Vague || host.Bucket == "":
			return status.ToOSS, name
		}
		return status.ToOther, name
	}
	return status.Elsewhere, names[len(names)-1]
}

// isOSS returns whether a name is OSS's, as far as t's configuration knows.
func isOSS(t *config.Target) func(name string) bool {
	return func(name string) bool {
		_, known := parseHost(t, name)
		return known
	}
}

// parseHost reads a name of OSS, or of the endpoint that is configured.
func parseHost(t *config.Target, name string) (region.Host, bool) {
	if endpoint := endpointHost(t); endpoint != "" && name == t.Bucket+"."+endpoint {
		return region.Host{Bucket: t.Bucket}, true
	}
	return region.ParseHost(name, t.Checks.CNAMESuffixes...)
}

// home returns the region of t's bucket: that of the configured endpoint, which
// is asked, else the configured one.
func home(t *config.Target) string {
	if host, known := region.ParseHost(endpointHost(t)); known && host.Region != "" {
		return host.Region
	}
	return t.Account.Region
}

// endpointHost returns the host of the configured endpoint; "" if there is none.
func endpointHost(t *config.Target) string {
	endpoint, err := url.Parse(t.Account.Endpoint)
	if err != nil {
		return ""
	}
	return endpoint.Hostname()
}
