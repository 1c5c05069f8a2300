package ossclient

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
)

// stsFailure words an error of the vendor's library on one line, and says what
// to do. The library's own text may hold all that STS was sent, which STS
// repeats in its messages: of that nothing is taken but the code and the
// request's id.
func stsFailure(err error) error {
	if request, ok := errors.AsType[*url.Error](err); ok {
		if request.Timeout() {
			return errors.New("no answer in time")
		}
		return request.Err
	}
	var refusal struct{ Code, RequestID string }
	if at := strings.Index(err.Error(), "{"); at < 0 || json.Unmarshal([]byte(err.Error()[at:]), &refusal) != nil || refusal.Code == "" {
		return errors.New("the reply is not STS's")
	}
	text := clean(refusal.Code)
	if hint := stsHint(refusal.Code); hint != "" {
		text += "; " + hint
	}
	if refusal.RequestID != "" {
		text += " (request id " + clean(refusal.RequestID) + ")"
	}
	return errors.New(text)
}

// stsHint says what the operator can do about a refusal. Each code
// begins a family. Codes:
// https://help.aliyun.com/zh/ram/developer-reference/api-sts-2015-04-01-errorcodes
func stsHint(code string) string {
	for _, known := range []struct{ code, hint string }{
		{"NoPermission", "allow the caller sts:AssumeRole, and name it in the role's trust policy, with the external id if one is asked for"},
		{"EntityNotExist.Role", "there is no such role: correct role_arn"},
		{"AuthenticationFail.OIDCToken.Expired", "the token in oidc_token_file has expired: see that the cluster still renews the mounted token"},
		{"AuthenticationFail.OIDCToken", "see that the OIDC provider's issuer and client ids are those of the token"},
		{"AuthenticationFail.NoPermission", "correct oidc_provider_arn, and name the provider and the service account in the role's trust policy"},
		{"InvalidTimeStamp", "set this machine's clock"},
		{"IllegalTimestamp", "set this machine's clock"},
		{"InvalidAccessKeyId", "the key that assumes the role is unknown or disabled: renew it"},
		{"InvalidSecurityToken", "the temporary key that assumes the role has expired: renew it"},
		{"SignatureDoesNotMatch", "the access key secret is not the one of the access key id"},
		{"IncompleteSignature", "the access key secret is not the one of the access key id"},
		{"InvalidParameter.DurationSeconds", "set session_duration to at most what the role allows"},
		{"InvalidParameter.Policy", "correct session_policy"},
	} {
		if strings.HasPrefix(code, known.code) {
			return known.hint
		}
	}
	return ""
}
