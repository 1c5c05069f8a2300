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

	secrets []secret.Value // that are still in the texts
}

// noToken is the code of the answer that there is no token.
const noToken = "CnameTokenNotFound"

// readEnvelope reads a refusal, without the parts of secrets. OSS puts the envelope
// into a header where the body must be empty. The Code is "" if there is no
// envelope of OSS. The answer that there is no token is not searched for them: no
// text of it is shown, unless it is about another domain. The SDK never sees a
// refusal: it takes the code out of a body that is cut short, lets the body
// overrule the status, and panics at a JSON null.
func readEnvelope(resp *http.Response, body []byte, secrets []secret.Value) envelope {
	if len(body) == 0 {
		body, _ = base64.StdEncoding.DecodeString(resp.Header.Get("x-oss-err"))
	}
	var plain envelope
	if xml.Unmarshal(body, &plain) == nil && resp.StatusCode == http.StatusNotFound && plain.Code == noToken && plain.Endpoint == "" {
		plain.EC = cmp.Or(plain.EC, resp.Header.Get(ecHeader))
		plain.RequestID = cmp.Or(plain.RequestID, resp.Header.Get(requestIDHeader))
		plain.Permission, plain.secrets = permission{}, secrets
		return plain
	}
	id := secret.Hide(resp.Header.Get(requestIDHeader), secrets...)
	var e envelope
	err := xml.Unmarshal([]byte(secret.Hide(string(body), secrets...)), &e)
	for _, text := range []*string{&e.Code, &e.EC, &e.Bucket, &e.Cname, &e.Endpoint} {
		*text = strings.TrimSpace(*text)
	}
	if err != nil || e.Code == "" {
		return envelope{RequestID: secret.RemoteText(id)}
	}
	e.RequestID = cmp.Or(e.RequestID, id)
	e.EC = cmp.Or(e.EC, secret.Hide(resp.Header.Get(ecHeader), secrets...))
	if secret.IsHidden(e.Endpoint) {
		e.Endpoint = "" // it would become an advice
	}
	for _, text := range []*string{&e.Code, &e.Message, &e.EC, &e.RequestID, &e.Endpoint} {
		*text = secret.RemoteText(*text)
	}
	return e
}

// newRefusal returns the meaning of an answer whose status is no 2xx, or whose
// body is an error all the same: of OSS, or of a proxy.
func newRefusal(operation string, resp *http.Response, said envelope) *Error {
	e := &Error{Operation: operation, Status: resp.StatusCode, RequestID: said.RequestID, secrets: said.secrets}
	if seconds, err := strconv.Atoi(resp.Header.Get("Retry-After")); err == nil { // OSS does not use the form of a date
		e.RetryAfter = time.Duration(min(max(seconds, 0), 3600)) * time.Second
	}
	found := vendor.FindCode(said.Code, said.EC)
	if said.Endpoint != "" { // in OSS's own error it is where the bucket answers, whatever the code
		found = vendor.Code{Reason: status.ReasonWrongEndpoint, Action: "the bucket answers at " + said.Endpoint + ": set its region"}
	}
	if e.Reason, e.Hint = found.Reason, found.Action; e.Reason == "" {
		e.Reason = reasonForStatus(e.Status, said.Code != "")
	}
	message := strings.TrimSuffix(said.Message, ".")
	switch {
	case said.Code == "":
		e.Err = fmt.Errorf("%s, and the body is not an error of OSS", http.StatusText(e.Status))
	case e.Status/100 == 2: // an answer that contradicts itself
		if e.Err = fmt.Errorf("the body is the error %s: %s", said.Code, message); said.Endpoint == "" {
			e.Reason = status.ReasonBadResponse
		}
	default:
		e.Code, e.EC, e.bucket, e.cname, e.Err = said.Code, said.EC, said.Bucket, said.Cname, errors.New(message)
		if said.secrets != nil {
			e.Err = &remoteError{e.Err, said.secrets}
		}
		e.otherOwner = e.Code == "BucketNotBelongTo" || e.Reason == status.ReasonAccessDenied && strings.Contains(message, otherOwner)
	}
	if e.Reason == status.ReasonAccessDenied {
		e.explain(said.Permission)
	}
	e.again = e.Reason == status.ReasonServerError || e.Reason == status.ReasonTimeout
	return e
}

// explain puts OSS's diagnosis of a refused permission into the words of e.
func (e *Error) explain(p permission) {
	if text, action := p.explain(); text != "" {
		e.Err, e.Hint, e.advice = errors.New(text), action.String(), action
	}
}

// otherOwner is the part of the message of an AccessDenied by which OSS says that
// the bucket is another account's; no code says it alone.
const otherOwner = "does not belong to you"

// reasonForStatus returns the reason where the code says nothing. Where it is not
// OSS that refuses, something between us and OSS answered.
func reasonForStatus(httpStatus int, isOSS bool) status.Reason {
	switch {
	case httpStatus >= 500:
		return status.ReasonServerError
	case httpStatus == http.StatusTooManyRequests:
		return status.ReasonThrottled
	case httpStatus == http.StatusRequestTimeout:
		return status.ReasonTimeout
	case !isOSS || httpStatus < 400:
		return status.ReasonBadResponse
	case httpStatus == http.StatusForbidden:
		return status.ReasonAccessDenied
	case httpStatus == http.StatusUnauthorized:
		return status.ReasonCredentials
	}
	return status.ReasonClientError
}
