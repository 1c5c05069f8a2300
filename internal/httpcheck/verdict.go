package httpcheck

import (
	"encoding/xml"
	"fmt"
	"slices"
	"strings"

	"oss_cname_exporter/internal/status"
)

// verdict says who sent a reply.
type verdict struct {
	by       status.AnsweredBy
	evidence string
	certain  bool
}

// rank orders verdicts: of two schemes that disagree the one with the lower rank is told.
func (v verdict) rank() int {
	return slices.Index([]status.AnsweredBy{
		status.AnsweredByUnbound, status.AnsweredByBlocked, status.AnsweredByBucket, status.AnsweredByOther, status.AnsweredByNothing,
	}, v.by)
}

// blocked lists the Codes with which OSS refuses to serve a domain or its owner's account.
func blocked() []string {
	return []string{"NoSuchCnameInRecord", "CnameForbidden", "CnameDenied", "UserDisable", "InDebt", "InDebtOverdue", "BucketDisable", "UbsmsInvalidBid", "AbnormalBucketOwnerStatus", "DomainForbidden"}
}

// ossError is the error document of OSS, so far as it tells who answers.
type ossError struct {
	XMLName    xml.Name `xml:"Error"`
	Code       string   `xml:"Code"`
	BucketName string   `xml:"BucketName"`
	Bucket     string   `xml:"Bucket"`
}

// verdict says who sent r. Only the head and the error document of OSS are believed: a page that mentions OSS proves
// nothing.
func (r schemeReply) verdict(t Target) verdict {
	if r.header.Get("X-Oss-Request-Id") == "" {
		server := printable(r.header.Get("Server"))
		return verdict{status.AnsweredByOther, fmt.Sprintf("%s answers %d without the headers of OSS (Server: %q)", r.scheme, r.code, server), false}
	}
	var document ossError
	if r.code < 400 || xml.Unmarshal(r.body, &document) != nil || document.Code == "" {
		return verdict{status.AnsweredByBucket, fmt.Sprintf("%s answers %d with the headers of OSS", r.scheme, r.code), false}
	}
	code, bucket := printable(document.Code), printable(document.BucketName+document.Bucket)
	if document.BucketName != "" && document.Bucket != "" {
		bucket = printable(document.BucketName)
	}
	says := fmt.Sprintf("OSS answers %d %s", r.code, code)
	if bucket != "" {
		says += " and names the bucket " + bucket
	}
	switch {
	case document.Code == "NoSuchBucket" || document.Code == "NoSuchCname":
		return verdict{status.AnsweredByUnbound, says, bucket == t.Bucket || isOwnLabel(bucket, t.Host)}
	case slices.Contains(blocked(), document.Code):
		return verdict{status.AnsweredByBlocked, says, true}
	case bucket != "" && bucket != t.Bucket:
		return verdict{status.AnsweredByOther, says, true}
	}
	return verdict{status.AnsweredByBucket, says, bucket == t.Bucket}
}

// isOwnLabel reports whether bucket is the host or its first label: OSS takes that for the name of a bucket if no bucket
// has the domain.
func isOwnLabel(bucket, host string) bool {
	first, _, _ := strings.Cut(host, ".")
	return bucket != "" && (strings.EqualFold(bucket, host) || strings.EqualFold(bucket, first))
}
