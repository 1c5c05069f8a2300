package poller

import "oss_cname_exporter/ossclient"

// Reason says in one word why an attempt got no definitive answer; "" means
// that it got one.
type Reason = ossclient.Reason

// The reasons that arise without an answer or a failure of OSS.
const (
	ReasonNotProbed Reason = "not_probed" // the caller's deadline came before the target's turn
	ReasonInternal  Reason = "internal"   // a defect of this program
)

// ReasonBucketNotFound is the reason that outlives a bucket.
const ReasonBucketNotFound = ossclient.ReasonBucketNotFound

// Reasons returns the whole closed set.
func Reasons() []Reason {
	return []Reason{
		ossclient.ReasonTimeout, ossclient.ReasonDNS, ossclient.ReasonConnect, ossclient.ReasonTLS,
		ossclient.ReasonCredentials, ossclient.ReasonAccessDenied, ossclient.ReasonWrongEndpoint,
		ossclient.ReasonClockSkew, ossclient.ReasonBucketNotFound, ossclient.ReasonInvalidArgument,
		ossclient.ReasonThrottled, ossclient.ReasonServerError, ossclient.ReasonClientError,
		ossclient.ReasonBadResponse, ReasonNotProbed, ReasonInternal,
	}
}
