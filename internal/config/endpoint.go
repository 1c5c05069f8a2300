package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/region"
)

// endpoint accepts [scheme://]host[:port] and returns it with the scheme, https where none was written.
// Empty text is accepted as such: the region's own endpoint.
func endpoint(text string) (string, error) {
	if text == "" {
		return "", nil
	}
	full := text
	if !strings.Contains(text, "://") {
		full = "https://" + text
	}
	u, err := url.Parse(full)
	switch {
	case strings.Contains(text, "@"):
		return "", errors.New("has a user or password; write only the host")
	case err != nil || checkHost(u.Hostname()) != nil:
		return "", errors.New(`not an endpoint; write one such as "https://oss-cn-hangzhou.aliyuncs.com"`)
	case u.Scheme != "https" && u.Scheme != "http":
		return "", fmt.Errorf(`only http and https are spoken; write "https://%s"`, u.Host)
	case u.Path != "" && u.Path != "/" || strings.ContainsAny(text, "?#"):
		return "", fmt.Errorf(`has a path or query; write only "%s://%s"`, u.Scheme, u.Host)
	case strings.HasSuffix(u.Host, ":") || !validPort(u.Port()):
		return "", fmt.Errorf(`a port is 1 to 65535; write one such as "%s://%s:443"`, u.Scheme, u.Hostname())
	}
	return u.Scheme + "://" + strings.ToLower(u.Host), nil
}

// httpsEndpoint accepts an endpoint that keys may be fetched from.
func httpsEndpoint(text string) (string, error) {
	full, err := endpoint(text)
	if host, plain := strings.CutPrefix(full, "http://"); plain {
		return "", fmt.Errorf(`keys do not travel in the clear; write "https://%s"`, host)
	}
	return full, err
}

// proxyURL accepts a proxy. One that wants a password is named by HTTPS_PROXY: no secret is written in the file.
func proxyURL(text string) (string, error) {
	scheme, host, named := strings.Cut(text, "://")
	proxy, err := endpoint("http://" + host)
	switch {
	case text == "":
		return "", nil
	case strings.Contains(text, "@"):
		return "", errors.New("has a user or password; set HTTPS_PROXY in the environment instead")
	case err != nil || !named || !slices.Contains([]string{"http", "https", "socks5", "socks5h"}, scheme):
		return "", errors.New(`not a proxy; write one such as "http://proxy.example.com:3128" or "socks5://proxy.example.com:1080"`)
	}
	return scheme + strings.TrimPrefix(proxy, "http"), nil
}

// checkEndpoint refuses an endpoint that is a bucket's own host: the bucket's name would be put before it once more.
func (p *parser) checkEndpoint(v value, account Account) {
	_, host := account.endpointHost()
	at, known := region.ParseHost(host)
	switch {
	case account.UseCname && account.Endpoint == "":
		p.fault(v, "use_cname is of no use without an endpoint; write the domain or the PrivateLink endpoint to use as it is")
	case !account.UseCname && known && at.Bucket != "":
		_, service, _ := strings.Cut(host, ".")
		p.fault(v, `%s: has the bucket's name %s in it; write "https://%s", or use_cname: true to use it as it is`, quote(account.Endpoint), quote(at.Bucket), service)
	}
}

// endpointHost returns the scheme and the host of a's endpoint; "" for none.
func (a Account) endpointHost() (scheme, host string) {
	u, err := url.Parse(a.Endpoint)
	if err != nil {
		return "", ""
	}
	return u.Scheme, u.Hostname()
}

// checkHost accepts IP addresses and names of any number of labels.
func checkHost(host string) error {
	if ip, err := netip.ParseAddr(host); err == nil && ip.Zone() == "" {
		return nil
	}
	return domain.CheckHost(host)
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0
}
