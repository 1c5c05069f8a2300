package osstest

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"oss_cname_exporter/internal/domain"
)

// setCommonHeaders sets the headers of every answer of OSS, scripted ones included. A request id is 24 upper-case
// hexadecimal digits, the first eight of them the time.
func (s *Server) setCommonHeaders(h http.Header, at time.Time) {
	h.Set("Server", "AliyunOSS")
	h.Set("Date", at.UTC().Format(http.TimeFormat))
	h.Set("Content-Type", "application/xml")
	h.Set("X-Oss-Request-Id", fmt.Sprintf("%08X%016X", uint32(at.Unix()), s.requestIDs.Add(1)))
}

func writeXML(w http.ResponseWriter, status int, body any) {
	text, err := xml.MarshalIndent(body, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("osstest: marshalling %T: %v", body, err))
	}
	w.Header().Set("Content-Length", strconv.Itoa(len(xml.Header)+len(text)))
	w.WriteHeader(status)
	_, _ = w.Write(append([]byte(xml.Header), text...))
}

// cnameToken is the answer that names a token.
type cnameToken struct {
	XMLName    xml.Name `xml:"CnameToken"`
	Bucket     string
	Cname      string
	Token      string
	ExpireTime string
}

func newCnameToken(d domain.Name, t Token) cnameToken {
	return cnameToken{Bucket: d.Bucket, Cname: d.Base, Token: t.Value, ExpireTime: t.Expires.UTC().Format(http.TimeFormat)}
}

// refusal is any other answer. Its elements stand in the order in which OSS prints them; empty ones are left out.
type refusal struct {
	XMLName   xml.Name `xml:"Error"`
	status    int
	Code      string
	Message   string
	RequestID string `xml:"RequestId"`
	HostID    string `xml:"HostId"`

	Bucket            string `xml:",omitempty"`
	BucketName        string `xml:",omitempty"`
	Cname             string `xml:",omitempty"`
	CnameType         string `xml:",omitempty"`
	Endpoint          string `xml:",omitempty"`
	ArgumentName      string `xml:",omitempty"`
	ArgumentValue     string `xml:",omitempty"`
	AccessKeyID       string `xml:"OSSAccessKeyId,omitempty"`
	SignatureProvided string `xml:",omitempty"`
	StringToSign      string `xml:",omitempty"`
	StringToSignBytes string `xml:",omitempty"`
	MaxSkew           int64  `xml:"MaxAllowedSkewMilliseconds,omitempty"`
	RequestTime       string `xml:",omitempty"`
	ServerTime        string `xml:",omitempty"`

	EC string `xml:",omitempty"`
}

// The refusals, as documented. They are completed and sent in copies only.
var (
	anonymous     = refusal{status: 403, Code: "AccessDenied", EC: "0003-00000001", Message: "Anonymous user has no right to access this bucket."}
	noDate        = refusal{status: 403, Code: "AccessDenied", EC: "0002-00000503", Message: "OSS authentication requires a valid Date."}
	badDate       = refusal{status: 403, Code: "AccessDenied", EC: "0002-00000505", Message: "OSS authentication requires a valid Date."}
	unknownKey    = refusal{status: 403, Code: "InvalidAccessKeyId", EC: "0002-00000902", Message: "The OSS Access Key Id you provided does not exist in our records."}
	unknownSTSKey = refusal{status: 403, Code: "InvalidAccessKeyId", EC: "0002-00000002", Message: "The OSS Access Key Id you provided does not exist in our records."}
	wrongToken    = refusal{status: 403, Code: "InvalidSecurityToken", EC: "0002-00000008", Message: "The security token you provided is invalid."}
	expiredToken  = refusal{status: 403, Code: "SecurityTokenExpired", EC: "0002-00000007", Message: "The security token you provided has expired."}
	skewed        = refusal{status: 403, Code: "RequestTimeTooSkewed", EC: "0002-00000504", Message: "The difference between the request time and the current time is too large."}
	wrongSecret   = refusal{status: 403, Code: "SignatureDoesNotMatch", EC: "0002-00000040", Message: "The request signature we calculated does not match the signature you provided. Check your key and signing method."}
	noSuchBucket  = refusal{status: 404, Code: "NoSuchBucket", EC: "0015-00000101", Message: "The specified bucket does not exist."}
	wrongEndpoint = refusal{status: 403, Code: "AccessDenied", EC: "0003-00001403", Message: "The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint."}
	notYours      = refusal{status: 403, Code: "AccessDenied", EC: "0003-00000001", Message: "The bucket you access does not belong to you."}
	noToken       = refusal{status: 404, Code: "CnameTokenNotFound", EC: "0018-00000301", Message: "Cname token not found."}
	malformedXML  = refusal{status: 400, Code: "MalformedXML", Message: "The XML you provided was not well-formed or did not validate against our published schema."}
	noNeed        = refusal{status: 403, Code: "NoNeedCreateCnameToken", EC: "0018-00000302", Message: "The cname is bound already."}
	unproven      = refusal{status: 403, Code: "NeedVerifyDomainOwnership", EC: "0018-00000115", Message: "The ownership of the domain is not verified."}

	reserved      = refusal{status: 403, Code: "CnameIsForbidden", EC: "0018-00000401", Message: "The cname is reserved."}
	elsewhere     = refusal{status: 409, Code: "CnameAlreadyExists", Message: "The cname is bound to another bucket.", CnameType: "Bucket"}
	notFiled      = refusal{status: 404, Code: "NoSuchCnameInRecord", Message: "The cname has no ICP filing."}
	noCertificate = refusal{status: 400, Code: "CertificateInvalidCasId", EC: "0018-00000204", Message: "The certificate id is invalid."}

	notImplemented = refusal{status: 501, Code: "NotImplemented", Message: "This operation is not implemented."}
)

// invalidArgument is the refusal with many causes; ec is "" where none is documented.
func invalidArgument(ec, message string) *refusal {
	return &refusal{status: 400, Code: "InvalidArgument", EC: ec, Message: message}
}

// of adds the argument found invalid.
func (f *refusal) of(name, value string) *refusal {
	f.ArgumentName, f.ArgumentValue = name, value
	return f
}

// ServeHTTP sends the refusal under the request id that the common headers already carry.
func (f refusal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.RequestID, f.HostID = w.Header().Get("X-Oss-Request-Id"), hostname(r.Host)
	if f.EC != "" {
		w.Header().Set("X-Oss-Ec", f.EC)
	}
	writeXML(w, f.status, f)
}
