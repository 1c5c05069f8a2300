package ossclient

import (
	"encoding/xml"
	"fmt"
	"strings"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/secret"
)

// Token is the proof of ownership that OSS holds for a domain.
type Token struct {
	Value   secret.Text // the value that the TXT record _dnsauth.<domain> must carry
	Expires time.Time
}

// tokenReply is the body of a GetCnameToken answer as GetCnameToken's API page
// documents it. XMLName makes any other root element an error.
type tokenReply struct {
	XMLName    xml.Name `xml:"CnameToken"`
	Bucket     string
	Cname      string
	Token      string
	ExpireTime string
}

// parseToken reads the body of a 200 and refuses whatever does not answer the
// question that was asked.
func parseToken(body []byte, asked domain.Name) (Token, error) {
	var reply tokenReply
	if err := xml.Unmarshal(body, &reply); err != nil {
		return Token{}, fmt.Errorf("reading reply: %w", err)
	}
	value := strings.TrimSpace(reply.Token)
	if value == "" {
		return Token{}, fmt.Errorf("reply has no Token")
	}
	if err := matches(asked, reply.Bucket, reply.Cname); err != nil {
		return Token{}, err
	}
	expires, err := parseTime(reply.ExpireTime)
	if err != nil {
		return Token{}, fmt.Errorf("reading ExpireTime: %w", err)
	}
	return Token{Value: secret.Text(value), Expires: expires}, nil
}

// matches reports an answer that is about another domain. Whether OSS repeats
// a wildcard domain with its "*." is documented nowhere, so both are taken.
func matches(asked domain.Name, bucket, cname string) error {
	if err := matchesBucket(asked.Bucket, bucket); err != nil {
		return err
	}
	cname = strings.TrimSpace(cname)
	if asked.Wildcard {
		cname = strings.TrimPrefix(cname, "*.")
	}
	if !strings.EqualFold(cname, asked.Base) {
		return fmt.Errorf("reply is about cname %.80q, asked about %q", cname, asked.Base)
	}
	return nil
}

// matchesBucket reports an answer that is about another bucket.
func matchesBucket(asked, bucket string) error {
	if strings.TrimSpace(bucket) != asked {
		return fmt.Errorf("reply is about bucket %.80q, asked about %q", bucket, asked)
	}
	return nil
}

// parseTime reads an instant in any of the formats in which OSS writes one:
// ExpireTime is an IMF-fixdate, a certificate's dates come with a one-digit
// day or month first, LastModified is RFC 3339. GMT is literal on purpose: as
// a zone, an unknown name would parse as offset 0 without an error.
func parseTime(text string) (time.Time, error) {
	for _, layout := range [...]string{
		"Mon, 2 Jan 2006 15:04:05 GMT",
		"Jan _2 15:04:05 2006 GMT",
		time.RFC3339,
	} {
		if t, err := time.Parse(layout, strings.TrimSpace(text)); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%.80q is no date in a format of OSS", text)
}
