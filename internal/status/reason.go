package status

import "oss_cname_exporter/internal/lang"

// Reason says in one word why an attempt got no definitive answer; "" is that it
// got one. The set is closed: alert rules and dashboards quote it.
type Reason string

// The reasons.
const (
	ReasonTimeout         Reason = "timeout"          // no complete answer before the deadline
	ReasonDNS             Reason = "dns"              // the endpoint's name did not resolve
	ReasonConnect         Reason = "connect"          // no connection, or it broke before the answer was whole
	ReasonTLS             Reason = "tls"              // the TLS handshake failed or the certificate was refused
	ReasonCredentials     Reason = "credentials"      // no usable key, or OSS refused the key or signature
	ReasonAccessDenied    Reason = "access_denied"    // the key is known but not allowed, or the account is suspended
	ReasonWrongEndpoint   Reason = "wrong_endpoint"   // the bucket lives in another region or behind another endpoint
	ReasonClockSkew       Reason = "clock_skew"       // our clock is more than 15 minutes off
	ReasonBucketNotFound  Reason = "bucket_not_found" // no such bucket
	ReasonInvalidArgument Reason = "invalid_argument" // OSS refused the bucket or domain name
	ReasonThrottled       Reason = "throttled"        // OSS asked for fewer calls
	ReasonServerError     Reason = "server_error"     // OSS failed (5xx)
	ReasonClientError     Reason = "client_error"     // any other documented refusal (4xx)
	ReasonBadResponse     Reason = "bad_response"     // the reply is not as OSS documents it, or contradicts the question
	ReasonNotProbed       Reason = "not_probed"       // the scrape's deadline came before the domain's turn: no attempt was made
	ReasonInternal        Reason = "internal"         // a defect of this program
)

// reasons is the whole closed set, each with the operator's next step.
func reasons() []struct {
	reason Reason
	action lang.Text
} {
	return []struct {
		reason Reason
		action lang.Text
	}{
		{ReasonTimeout, lang.Textf("look at the network; raise probe.timeout")},
		{ReasonDNS, lang.Textf("look at the resolver, the region's spelling")},
		{ReasonConnect, lang.Textf("look at firewalls and proxies")},
		{ReasonTLS, lang.Textf("look at CA certificates and at what intercepts TLS")},
		{ReasonCredentials, lang.Textf("look at the account's credentials")},
		{ReasonAccessDenied, lang.Textf("grant oss:GetCnameToken; look at the bill")},
		{ReasonWrongEndpoint, lang.Textf("set region and endpoint to the bucket's; the error has the endpoint if OSS named it")},
		{ReasonClockSkew, lang.Textf("set the clock")},
		{ReasonBucketNotFound, lang.Textf("correct the bucket's name")},
		{ReasonInvalidArgument, lang.Textf("correct the name")},
		{ReasonThrottled, lang.Textf("set rate_limit or cache_ttl")},
		{ReasonServerError, lang.Textf("wait; look at Alibaba Cloud's status")},
		{ReasonClientError, lang.Textf("look at the code in the error")},
		{ReasonBadResponse, lang.Textf("look for a proxy or captive portal on the way")},
		{ReasonNotProbed, lang.Textf("raise the scrape timeout, probe.concurrency or cache_ttl")},
		{ReasonInternal, lang.Textf("report it")},
	}
}

// Reasons returns the whole closed set.
func Reasons() []Reason {
	var all []Reason
	for _, row := range reasons() {
		all = append(all, row.reason)
	}
	return all
}

// Action names the operator's next step.
func (r Reason) Action() lang.Text {
	for _, row := range reasons() {
		if row.reason == r {
			return row.action
		}
	}
	return lang.Text{}
}
