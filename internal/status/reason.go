package status

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
	action string
} {
	return []struct {
		reason Reason
		action string
	}{
		{ReasonTimeout, "look at the network; raise probe.timeout"},
		{ReasonDNS, "look at the resolver, the region's spelling"},
		{ReasonConnect, "look at firewalls and proxies"},
		{ReasonTLS, "look at CA certificates and at what intercepts TLS"},
		{ReasonCredentials, "look at the account's credentials"},
		{ReasonAccessDenied, "grant oss:GetCnameToken; look at the bill"},
		{ReasonWrongEndpoint, "set region and endpoint to the bucket's; the error has the endpoint if OSS named it"},
		{ReasonClockSkew, "set the clock"},
		{ReasonBucketNotFound, "correct the bucket's name"},
		{ReasonInvalidArgument, "correct the name"},
		{ReasonThrottled, "set rate_limit or cache_ttl"},
		{ReasonServerError, "wait; look at Alibaba Cloud's status"},
		{ReasonClientError, "look at the code in the error"},
		{ReasonBadResponse, "look for a proxy or captive portal on the way"},
		{ReasonNotProbed, "raise the scrape timeout, probe.concurrency or cache_ttl"},
		{ReasonInternal, "report it"},
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
func (r Reason) Action() string {
	for _, row := range reasons() {
		if row.reason == r {
			return row.action
		}
	}
	return ""
}
