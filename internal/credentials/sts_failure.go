package credentials

import (
	"encoding/json"
	"errors"
	"strings"

	"oss_cname_exporter/internal/secret"
)

// stsFailure words a refusal of STS on one line, with its remedy. STS
// repeats the request in its messages: nothing is taken of them but the
// code and the request's id, and of these nothing that is in secrets.
func stsFailure(got httpReply, secrets []secret.Value) error {
	var refusal struct {
		Code      string
		RequestID string `json:"RequestId"`
	}
	if json.Unmarshal(got.body, &refusal) != nil || refusal.Code == "" {
		return got.unexpected("STS's")
	}
	text := secret.RemoteText(refusal.Code, secrets...)
	if hint := stsHint(refusal.Code); hint != "" && !secret.IsHidden(text) {
		text += "; " + hint
	}
	if refusal.RequestID != "" {
		text += " (request id " + secret.RemoteText(refusal.RequestID, secrets...) + ")"
	}
	return errors.New(text)
}

// stsHint returns the remedy for a refusal. Each code
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
