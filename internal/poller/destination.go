package poller

import (
	"net/url"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/region"
	"oss_cname_exporter/internal/status"
)

// destination returns the destination of t's CNAME records and the name that it
// rests on: the first name that is OSS's, else the last. address is whether the last
// name, or without names the domain itself, has an address.
func destination(t *config.Target, names []string, address status.Tristate) (status.Destination, string) {
	switch {
	case len(names) > 0:
	case address == status.Yes:
		return status.ToAddress, ""
	case address == status.No:
		return status.Nowhere, ""
	default:
		return "", ""
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
	last := names[len(names)-1]
	if address == status.No {
		return status.Nowhere, last
	}
	return status.Elsewhere, last
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
