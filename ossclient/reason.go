package ossclient

import "oss_cname_exporter/internal/status"

// Reason says in one word why a question got no definitive answer.
type Reason = status.Reason

// The reasons that this package gives.
const (
	ReasonTimeout         = status.ReasonTimeout
	ReasonDNS             = status.ReasonDNS
	ReasonConnect         = status.ReasonConnect
	ReasonTLS             = status.ReasonTLS
	ReasonCredentials     = status.ReasonCredentials
	ReasonAccessDenied    = status.ReasonAccessDenied
	ReasonWrongEndpoint   = status.ReasonWrongEndpoint
	ReasonClockSkew       = status.ReasonClockSkew
	ReasonBucketNotFound  = status.ReasonBucketNotFound
	ReasonInvalidArgument = status.ReasonInvalidArgument
	ReasonThrottled       = status.ReasonThrottled
	ReasonServerError     = status.ReasonServerError
	ReasonClientError     = status.ReasonClientError
	ReasonBadResponse     = status.ReasonBadResponse
)
