package ossclient

import (
	"path"
	"strings"

	"oss_cname_exporter/internal/status"
)

// meaning is what a refusal with certain marks says: why there is no answer,
// and what the operator can do.
type meaning struct {
	code     string        // pattern of path.Match; "" is any code
	ec       string        // pattern of path.Match; "" is any EC, or none
	endpoint bool          // the body names the right endpoint
	reason   status.Reason // "" is that of the HTTP status
	hint     string        // may be ""
}

// meanings are what OSS documents, and what real bodies show, the first that
// matches counts. The code decides. The EC refines it where one code has several
// meanings, and decides only where the code is none of these: all of 0002-… are
// about authentication. Codes:
// https://www.alibabacloud.com/help/en/oss/support/http-status-codes
func meanings() []meaning {
	const (
		renew     = "renew the account's key"
		suspended = "the account or its bucket is suspended: look at bills and notices in the console"
	)
	return []meaning{
		{code: "AccessDenied", endpoint: true, reason: status.ReasonWrongEndpoint},
		{code: "AccessDenied", ec: "0003-00001403", reason: status.ReasonWrongEndpoint, hint: "set the bucket's region or endpoint"},
		{code: "AccessDenied", ec: "0002-00000080", reason: status.ReasonCredentials, hint: "signature V1 is switched off for the account: set signature_version to v4"},
		{code: "AccessDenied", ec: "0002-*", reason: status.ReasonCredentials},
		{code: "AccessDenied", ec: "0018-00000002", reason: status.ReasonAccessDenied, hint: "custom domains are not enabled where the bucket is: ask Alibaba Cloud's support"},
		{code: "AccessDenied", ec: "0003-00000001", reason: status.ReasonAccessDenied, hint: "see that the key may do this, and that the bucket belongs to its account"},
		{code: "AccessDenied", reason: status.ReasonAccessDenied},

		{code: "InvalidArgument", ec: "0002-0000022[678]", reason: status.ReasonWrongEndpoint, hint: "the region does not fit the endpoint or the bucket: set the account's region to the endpoint's, and both to the bucket's"},
		{code: "InvalidArgument", ec: "0002-*", reason: status.ReasonCredentials},
		{code: "InvalidArgument", endpoint: true, reason: status.ReasonWrongEndpoint},
		{code: "InvalidArgument", reason: status.ReasonInvalidArgument},
		{code: "InvalidBucketName", reason: status.ReasonInvalidArgument},
		{code: "NoSuchBucket", reason: status.ReasonBucketNotFound},

		{code: "SecondLevelDomainForbidden", reason: status.ReasonWrongEndpoint, hint: "the endpoint must be a host that a bucket's name can stand before"},
		{code: "NonStandardHostForbidden", reason: status.ReasonWrongEndpoint, hint: "set the endpoint to one of the region's"},
		{code: "PublicEndpointForbidden", reason: status.ReasonWrongEndpoint, hint: "the account may not use the public endpoint: set network to internal, or another endpoint"},

		{code: "InvalidAccessKeyId", reason: status.ReasonCredentials, hint: "the key is unknown or disabled: " + renew},
		{code: "SignatureDoesNotMatch", reason: status.ReasonCredentials, hint: "the secret is not the key's"},
		{code: "SecurityTokenExpired", reason: status.ReasonCredentials, hint: "the temporary key has expired: " + renew},
		{code: "InvalidSecurityToken", reason: status.ReasonCredentials, hint: "the security token is not valid: " + renew},
		{code: "AccessKeyIdAndSecurityTokenNotMatch", reason: status.ReasonCredentials, hint: "the security token is not the key's: " + renew},
		{code: "RequestTimeTooSkewed", reason: status.ReasonClockSkew, hint: "set this machine's clock"},

		{code: "UserDisable", reason: status.ReasonAccessDenied, hint: suspended},
		{code: "InDebt*", reason: status.ReasonAccessDenied, hint: suspended},
		{code: "BucketDisable", reason: status.ReasonAccessDenied, hint: suspended},

		{code: "*QpsLimitExceeded", reason: status.ReasonThrottled},
		{code: "NeedVerifyDomainOwnership", reason: status.ReasonClientError}, // of calls that are not made here
		{code: "NoNeedCreateCnameToken", reason: status.ReasonClientError},

		{ec: "0003-00001403", endpoint: true, reason: status.ReasonWrongEndpoint},
		{ec: "0002-00000504", reason: status.ReasonClockSkew, hint: "set this machine's clock"},
		{ec: "0002-*", reason: status.ReasonCredentials},
		{},
	}
}

// meaningOf returns what a refusal means. endpoint is what it names as the right
// one, "" if it names none: that always reaches the operator.
func meaningOf(httpStatus int, code, ec, endpoint string) (status.Reason, string) {
	var found meaning
	for _, m := range meanings() {
		if m.matches(code, ec, endpoint) {
			found = m
			break
		}
	}
	if found.reason == "" {
		found.reason = reasonForStatus(httpStatus)
	}
	if endpoint != "" {
		found.hint = strings.TrimPrefix(found.hint+"; the bucket answers at "+endpoint+": set its region", "; ")
	}
	return found.reason, found.hint
}

func (m meaning) matches(code, ec, endpoint string) bool {
	return matchesPattern(m.code, code) && matchesPattern(m.ec, ec) && (endpoint != "" || !m.endpoint)
}

// matchesPattern reports whether text has the pattern; "" is that of any text.
func matchesPattern(pattern, text string) bool {
	if pattern == "" {
		return true
	}
	ok, err := path.Match(pattern, text)
	return ok && err == nil
}

// reasonForStatus is what is left to go by where the code says nothing.
func reasonForStatus(httpStatus int) status.Reason {
	switch {
	case httpStatus >= 500:
		return status.ReasonServerError
	case httpStatus == 429:
		return status.ReasonThrottled
	case httpStatus == 403:
		return status.ReasonAccessDenied
	case httpStatus == 401:
		return status.ReasonCredentials
	case httpStatus >= 400:
		return status.ReasonClientError
	}
	return status.ReasonBadResponse
}
