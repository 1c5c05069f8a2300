package ossclient

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// stsRefusal is STS's error document.
type stsRefusal struct {
	Code, Message, RequestID string
}

// explain makes one line of the refusal that says what to do and repeats none
// of secrets: of a bad signature STS returns all that was signed.
func (r stsRefusal) explain(status int, secrets []Secret) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d %s", status, clean(r.Code))
	if message := clean(without(secrets, r.Message)); message != "" && !strings.Contains(r.Code, "Signature") {
		b.WriteString(" " + strings.TrimSuffix(message, "."))
	}
	if hint := stsHint(r.Code); hint != "" {
		b.WriteString("; " + hint)
	}
	if r.RequestID != "" {
		fmt.Fprintf(&b, " (request id %s)", clean(r.RequestID))
	}
	return errors.New(b.String())
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

// without returns text with every secret in it hidden, plain or escaped.
func without(secrets []Secret, text string) string {
	for _, s := range secrets {
		if s == "" {
			continue
		}
		text = strings.ReplaceAll(text, string(s), hidden)
		text = strings.ReplaceAll(text, url.QueryEscape(string(s)), hidden)
	}
	return text
}
