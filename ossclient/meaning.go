package ossclient

import (
	"net/http"

	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/vendor"
)

// meaningOf returns why a refusal of OSS is no answer, and the action. An
// endpoint in OSS's own error is where the bucket answers, whatever the code.
func meaningOf(httpStatus int, code, ec, endpoint string) (reason status.Reason, action string) {
	if endpoint != "" {
		return status.ReasonWrongEndpoint, "the bucket answers at " + endpoint + ": set its region"
	}
	found := vendor.FindCode(code, ec)
	if found.Reason == "" {
		found.Reason = reasonForStatus(httpStatus)
	}
	return found.Reason, found.Action
}

// reasonForStatus returns the reason where the code says nothing.
func reasonForStatus(httpStatus int) status.Reason {
	switch {
	case httpStatus >= 500:
		return status.ReasonServerError
	case httpStatus == http.StatusTooManyRequests:
		return status.ReasonThrottled
	case httpStatus == http.StatusRequestTimeout:
		return status.ReasonTimeout
	case httpStatus == http.StatusForbidden:
		return status.ReasonAccessDenied
	case httpStatus == http.StatusUnauthorized:
		return status.ReasonCredentials
	case httpStatus >= 400:
		return status.ReasonClientError
	}
	return status.ReasonBadResponse
}
