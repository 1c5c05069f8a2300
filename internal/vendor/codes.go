package vendor

import (
	"path"
	"slices"

	"oss_cname_exporter/internal/status"
)

// Code is an error that OSS answers with. Code and EC are patterns of path.Match;
// "" matches any.
type Code struct {
	Code    string
	EC      string        // the detailed code, which OSS does not always send
	Status  int           // the HTTP status that is documented; 0 is several
	Reason  status.Reason // why there is no answer; "" is that of the HTTP status
	Meaning string        // in one clause, for documents
	Action  string        // in one clause, for messages; "" if Code and message say enough
	Source
}

// FindCode returns the first row that an error with that code and EC matches;
// the zero Code if none does.
func FindCode(code, ec string) Code {
	isMatch := func(pattern, text string) bool {
		ok, err := path.Match(pattern, text)
		return pattern == "" || pattern == text || ok && err == nil
	}
	for i := range codes {
		if c := &codes[i]; isMatch(c.Code, code) && isMatch(c.EC, ec) {
			return *c
		}
	}
	return Code{}
}

const (
	renew       = "renew the account's key"
	suspended   = "the account or its bucket is suspended: look at bills and notices in the console"
	wrongRegion = "set the bucket's region or endpoint"
	fitRegion   = "the region does not fit the endpoint or the bucket: set the account's region to the endpoint's, and both to the bucket's"
)

// Codes returns the errors, the first that matches counts: the ECs that mean one
// thing whatever the code, then the codes, then the ECs that refine no known code.
func Codes() []Code { return slices.Clone(codes) }

// codes is the table.
//
//nolint:gochecknoglobals // it is never written, and each refusal is looked up in it
var codes = func() []Code {
	listed, ecs := Source{pageCodes, "2026-11"}, Source{pageECs, "2026-11"}
	guess, binding := Source{inferred, "2026-11"}, Source{pagePutCname, "2026-11"}
	return []Code{
		{EC: "0004-*", Reason: status.ReasonThrottled, Meaning: "throttled", Source: ecs},

		{Code: "AccessDenied", EC: "0003-00001403", Status: 403, Reason: status.ReasonWrongEndpoint, Meaning: "the bucket is in another region", Action: wrongRegion, Source: ecs},
		{Code: "AccessDenied", EC: "0002-00000080", Status: 403, Reason: status.ReasonCredentials, Meaning: "signature V1 is switched off for the account", Action: "signature V1 is switched off for the account: set signature_version to v4", Source: ecs},
		{Code: "AccessDenied", EC: "0002-*", Status: 403, Reason: status.ReasonCredentials, Meaning: "the request is not authenticated", Source: ecs},
		{Code: "AccessDenied", EC: "0018-00000002", Status: 403, Reason: status.ReasonAccessDenied, Meaning: "custom domains are not enabled where the bucket is", Action: "custom domains are not enabled where the bucket is: ask Alibaba Cloud's support", Source: ecs},
		{Code: "AccessDenied", EC: "0003-00000001", Status: 403, Reason: status.ReasonAccessDenied, Meaning: "no permission, or the bucket is another account's", Action: "see that the key may do this, and that the bucket belongs to its account", Source: ecs},
		{Code: "AccessDenied", Status: 403, Reason: status.ReasonAccessDenied, Meaning: "no permission", Source: listed},

		{Code: "InvalidArgument", EC: "0002-0000022[678]", Status: 400, Reason: status.ReasonWrongEndpoint, Meaning: "the signature's region does not fit the host or the bucket", Action: fitRegion, Source: ecs},
		{Code: "InvalidArgument", EC: "0002-*", Status: 400, Reason: status.ReasonCredentials, Meaning: "the signature is malformed", Source: ecs},
		{Code: "InvalidArgument", Status: 400, Reason: status.ReasonInvalidArgument, Meaning: "the domain is missing or malformed", Source: listed},
		{Code: "InvalidBucketName", Status: 400, Reason: status.ReasonInvalidArgument, Meaning: "not a bucket name", Source: listed},
		{Code: "NoSuchBucket", Status: 404, Reason: status.ReasonBucketNotFound, Meaning: "there is no such bucket", Source: listed},
		{Code: "CnameTokenNotFound", Status: 404, Meaning: "there is no token: never created, expired or used", Source: listed},
		{Code: "NoSuchCname", Status: 404, Meaning: "no domain is bound to the bucket", Source: listed},

		{Code: "PermanentRedirect", Status: 403, Reason: status.ReasonWrongEndpoint, Meaning: "the bucket is in another region", Action: wrongRegion, Source: listed},
		{Code: "TemporaryRedirect", Reason: status.ReasonWrongEndpoint, Meaning: "the bucket is behind another endpoint for now", Action: wrongRegion, Source: guess},
		{Code: "SecondLevelDomainForbidden", Status: 403, Reason: status.ReasonWrongEndpoint, Meaning: "the bucket's name is not in the host", Action: "the endpoint must be a host that a bucket's name can stand before", Source: listed},
		{Code: "NonStandardHostForbidden", Status: 403, Reason: status.ReasonWrongEndpoint, Meaning: "the host is none of OSS's", Action: "set the endpoint to one of the region's", Source: listed},
		{Code: "PublicEndpointForbidden", Status: 400, Reason: status.ReasonWrongEndpoint, Meaning: "the account may not use the public endpoint", Action: "the account may not use the public endpoint: set network to internal, or another endpoint", Source: listed},

		{Code: "InvalidAccessKeyId", Status: 403, Reason: status.ReasonCredentials, Meaning: "the key is unknown or disabled", Action: "the key is unknown or disabled: " + renew, Source: listed},
		{Code: "SignatureDoesNotMatch", Status: 403, Reason: status.ReasonCredentials, Meaning: "the secret is not the key's", Action: "the secret is not the key's", Source: listed},
		{Code: "SecurityTokenExpired", Status: 403, Reason: status.ReasonCredentials, Meaning: "the temporary key has expired", Action: "the temporary key has expired: " + renew, Source: listed},
		{Code: "InvalidSecurityToken", Status: 403, Reason: status.ReasonCredentials, Meaning: "the security token is not valid", Action: "the security token is not valid: " + renew, Source: listed},
		{Code: "AccessKeyIdAndSecurityTokenNotMatch", Status: 403, Reason: status.ReasonCredentials, Meaning: "the security token is not the key's", Action: "the security token is not the key's: " + renew, Source: listed},
		{Code: "RequestTimeTooSkewed", Status: 403, Reason: status.ReasonClockSkew, Meaning: "the clocks are more than 15 minutes apart", Action: "set this machine's clock", Source: listed},

		{Code: "UserDisable", Status: 403, Reason: status.ReasonAccessDenied, Meaning: "the account is disabled", Action: suspended, Source: listed},
		{Code: "InDebt*", Status: 403, Reason: status.ReasonAccessDenied, Meaning: "the account is in debt", Action: suspended, Source: listed},
		{Code: "BucketDisable", Status: 403, Reason: status.ReasonAccessDenied, Meaning: "the bucket is disabled", Action: suspended, Source: listed},
		{Code: "AbnormalBucketOwnerStatus", Status: 403, Reason: status.ReasonAccessDenied, Meaning: "the account of the bucket's owner is suspended", Action: suspended, Source: listed},
		{Code: "UbsmsInvalidBid", Status: 403, Reason: status.ReasonAccessDenied, Meaning: "the state of the account does not allow it", Action: suspended, Source: listed},
		{Code: "BucketNotBelongTo", Status: 403, Reason: status.ReasonAccessDenied, Meaning: "the bucket is another account's", Action: "the bucket belongs to another account: correct its name, or use that account's key", Source: listed},

		{Code: "*QpsLimitExceeded", Reason: status.ReasonThrottled, Meaning: "throttled", Source: listed},
		{Code: "ActiveRequestLimitExceeded", Status: 503, Reason: status.ReasonThrottled, Meaning: "throttled", Source: listed},
		{Code: "CpuLimitExceeded", Status: 503, Reason: status.ReasonThrottled, Meaning: "throttled", Source: listed},
		{Code: "*RateLimitExceeded", Status: 503, Reason: status.ReasonThrottled, Meaning: "throttled", Source: listed},
		{Code: "RequestTimeout", Reason: status.ReasonTimeout, Meaning: "OSS waited too long for the request", Source: listed},
		{Code: "NotImplemented", Status: 501, Reason: status.ReasonWrongEndpoint, Meaning: "the endpoint does not know this operation", Action: "see that the endpoint is one of OSS's", Source: listed},

		{Code: "NeedVerifyDomainOwnership", Status: 403, Reason: status.ReasonClientError, Meaning: "binding: the TXT record does not carry the token yet", Action: "publish the token as the TXT record, wait until every name server has it, and bind again", Source: binding},
		{Code: "NoNeedCreateCnameToken", Status: 403, Reason: status.ReasonClientError, Meaning: "creating a token: the domain is bound already", Action: "nothing: the domain needs no token", Source: binding},
		{Code: "NoSuchCnameInRecord", Status: 404, Reason: status.ReasonClientError, Meaning: "binding: the domain has no ICP filing, which a bucket in the Chinese mainland needs", Action: "file the domain for an ICP number, or use a bucket outside the Chinese mainland", Source: binding},
		{Code: "CnameDenied", Status: 403, Reason: status.ReasonClientError, Meaning: "binding: the domain is bound by another account", Action: "prove the ownership with a token, or have the other account unbind the domain", Source: binding},
		{Code: "CnameAlreadyExists", Status: 409, Reason: status.ReasonClientError, Meaning: "binding: the domain is bound to another bucket, or is a domain of the CDN; CnameType says which", Action: "unbind the domain there first: a domain has one bucket in the whole world", Source: binding},
		{Code: "CnameIsRisk", Status: 403, Reason: status.ReasonClientError, Meaning: "binding: the vendor holds the domain to be a risk", Action: "ask Alibaba Cloud's support", Source: binding},
		{Code: "CnameIsForbidden", Status: 403, Reason: status.ReasonClientError, Meaning: "binding: the domain is reserved or blocked", Action: "use another domain, or ask Alibaba Cloud's support", Source: binding},
		{Code: "CertificateInvalidCasId", Status: 400, Reason: status.ReasonClientError, Meaning: "binding: there is no certificate of that CertId in the account", Action: "take the CertId, with the region behind it, from the certificate service of the same account", Source: binding},

		{EC: "0003-00001403", Reason: status.ReasonWrongEndpoint, Meaning: "the bucket is in another region", Action: wrongRegion, Source: ecs},
		{EC: "0002-00000504", Reason: status.ReasonClockSkew, Meaning: "the clocks are more than 15 minutes apart", Action: "set this machine's clock", Source: ecs},
		{EC: "0002-*", Reason: status.ReasonCredentials, Meaning: "the request is not authenticated", Source: ecs},
	}
}()
