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
	ReasonBadResponse     Reason = "bad_response"     // the reply is not what OSS documents, or contradicts the question
	ReasonNotProbed       Reason = "not_probed"       // the scrape's deadline came before the domain's turn: no attempt was made
	ReasonInternal        Reason = "internal"         // a defect of this program
)

// Reasons returns the whole closed set.
func Reasons() []Reason {
	return []Reason{
		ReasonTimeout, ReasonDNS, ReasonConnect, ReasonTLS, ReasonCredentials, ReasonAccessDenied, ReasonWrongEndpoint,
		ReasonClockSkew, ReasonBucketNotFound, ReasonInvalidArgument, ReasonThrottled, ReasonServerError, ReasonClientError,
		ReasonBadResponse, ReasonNotProbed, ReasonInternal,
	}
}

// Action says what the operator does about the reason.
func (r Reason) Action() string {
	switch r {
	case ReasonTimeout:
		return "look at the network; raise probe.timeout"
	case ReasonDNS:
		return "look at the resolver, the region's spelling"
	case ReasonConnect:
		return "look at firewalls and proxies"
	case ReasonTLS:
		return "look at CA certificates and at what intercepts TLS"
	case ReasonCredentials:
		return "look at the account's credentials"
	case ReasonAccessDenied:
		return "grant oss:GetCnameToken; look at the bill"
	case ReasonWrongEndpoint:
		return "set region and endpoint to the bucket's; the error has the endpoint if OSS named it"
	case ReasonClockSkew:
		return "set the clock"
	case ReasonBucketNotFound:
		return "correct the bucket's name"
	case ReasonInvalidArgument:
		return "correct the name"
	case ReasonThrottled:
		return "set rate_limit or cache_ttl"
	case ReasonServerError:
		return "wait; look at Alibaba Cloud's status"
	case ReasonClientError:
		return "look at the code in the error"
	case ReasonBadResponse:
		return "look for a proxy or captive portal on the way"
	case ReasonNotProbed:
		return "raise the scrape timeout, probe.concurrency or cache_ttl"
	case ReasonInternal:
		return "report it"
	}
	return ""
}
