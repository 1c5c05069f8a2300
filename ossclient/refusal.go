package ossclient

import (
	"cmp"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/internal/vendor"
)

// ecHeader carries the detailed error code.
const ecHeader = "X-Oss-Ec"

// refusal is an answer whose status is no 2xx, or whose body is an error all the
// same: of OSS, or of a proxy. The SDK never sees it: the SDK takes the code out
// of a body that is cut short, lets the body overrule the status, and panics at a
// JSON null.
type refusal struct {
	status   int
	header   http.Header
	token    secret.Text // of the key that was refused; "" if it has none
	envelope envelope
	foreign  bool // the answer has no envelope of OSS
}

// envelope is the body of a refusal of OSS. It names a bucket, a domain or the
// right endpoint where that matters.
type envelope struct {
	XMLName   xml.Name `xml:"Error"`
	Code      string
	Message   string
	RequestID string `xml:"RequestId"`
	EC        string
	Bucket    string
	Cname     string
	Endpoint  string

	ServerTime string     // of RequestTimeTooSkewed: OSS's clock
	Permission permission `xml:"AccessDeniedDetail"`
}

// newRefusal reads a refusal. OSS puts the envelope into a header where the
// body must be empty.
func newRefusal(resp *http.Response, body []byte, secrets []secret.Text) *refusal {
	r := &refusal{status: resp.StatusCode, header: resp.Header, token: secrets[0]}
	if len(body) == 0 {
		body, _ = base64.StdEncoding.DecodeString(resp.Header.Get("x-oss-err"))
	}
	e := &r.envelope
	err := xml.Unmarshal([]byte(secret.Hide(string(body), secrets...)), e)
	for _, text := range []*string{&e.Code, &e.EC, &e.Bucket, &e.Cname, &e.Endpoint} {
		*text = strings.TrimSpace(*text)
	}
	r.foreign = err != nil || e.Code == ""
	if secret.IsHidden(e.Endpoint) {
		e.Endpoint = "" // it would become an advice
	}
	e.Endpoint = secret.RemoteText(e.Endpoint)
	r.header.Set(ecHeader, secret.Hide(r.header.Get(ecHeader), secrets...))
	return r
}

// Error implements error for the SDK. People read the text of asError.
func (r *refusal) Error() string { return "refused with " + strconv.Itoa(r.status) }

// asError returns the meaning of the refusal.
func (r *refusal) asError(operation string) *Error {
	e := &Error{
		Operation:  operation,
		Status:     r.status,
		RequestID:  secret.RemoteText(r.header.Get(requestIDHeader)),
		RetryAfter: retryAfter(r.header),
	}
	if r.foreign {
		e.Reason, e.Err = reasonForStatus(r.status), fmt.Errorf("%s, and the body is not an error of OSS", http.StatusText(r.status))
		if e.Reason == status.ReasonClientError || e.Reason == status.ReasonAccessDenied || e.Reason == status.ReasonCredentials {
			e.Reason = status.ReasonBadResponse // something between us and OSS answered
		}
		return e
	}
	e.RequestID = cmp.Or(secret.RemoteText(r.envelope.RequestID), e.RequestID)
	message := strings.TrimSuffix(secret.RemoteText(r.envelope.Message), ".")
	if r.status/100 == 2 { // an answer that contradicts itself
		e.Reason = status.ReasonBadResponse
		e.Err = fmt.Errorf("the body is the error %s: %s", secret.RemoteText(r.envelope.Code), message)
		reason, action := meaningOf(r.status, r.envelope.Code, r.envelope.EC, r.envelope.Endpoint)
		if e.Hint = action; reason == status.ReasonWrongEndpoint && r.envelope.Endpoint != "" {
			e.Reason = reason
		}
		return e
	}
	e.Code = secret.RemoteText(r.envelope.Code)
	e.bucket, e.cname = r.envelope.Bucket, r.envelope.Cname
	e.EC = cmp.Or(secret.RemoteText(r.envelope.EC), secret.RemoteText(r.header.Get(ecHeader)))
	e.Reason, e.Hint = meaningOf(r.status, e.Code, e.EC, r.envelope.Endpoint)
	e.Err = errors.New(message)
	if e.Reason == status.ReasonAccessDenied {
		if text, action := r.envelope.Permission.explain(); text != "" {
			e.Err, e.Hint, e.advice = errors.New(text), action.String(), action
		}
	}
	e.otherOwner = e.Code == "BucketNotBelongTo" || e.Reason == status.ReasonAccessDenied && strings.Contains(r.envelope.Message, otherOwner)
	return e
}

// otherOwner is the part of the message of an AccessDenied by which OSS says that
// the bucket is another account's; no code says it alone.
const otherOwner = "does not belong to you"

// retryAfter reads a Retry-After in seconds. The date form is not used by OSS.
func retryAfter(h http.Header) time.Duration {
	seconds, err := strconv.Atoi(h.Get("Retry-After"))
	if err != nil || seconds < 0 {
		return 0
	}
	return time.Duration(min(seconds, 3600)) * time.Second
}

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
