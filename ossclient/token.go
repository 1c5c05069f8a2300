package ossclient

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// Domain names what a token is for: one custom domain of one bucket.
type Domain struct {
	Bucket   string
	Cname    string // the domain without a leading "*."
	Wildcard bool   // the token is for *.Cname
}

// Proof returns the name of the TXT record that must carry the token's value
// for OSS to bind the domain.
func (d Domain) Proof() string { return "_dnsauth." + d.Cname }

// Token is the proof of ownership that OSS holds for a Domain.
type Token struct {
	Value   Secret // what the TXT record _dnsauth.<domain> must carry
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
func parseToken(body io.Reader, asked Domain) (Token, error) {
	var reply tokenReply
	if err := xml.NewDecoder(body).Decode(&reply); err != nil {
		return Token{}, fmt.Errorf("reading reply: %w", err)
	}
	if reply.Token == "" {
		return Token{}, fmt.Errorf("reply has no Token")
	}
	if err := asked.matches(reply.Bucket, reply.Cname); err != nil {
		return Token{}, err
	}
	expires, err := parseTime(reply.ExpireTime)
	if err != nil {
		return Token{}, fmt.Errorf("reading ExpireTime: %w", err)
	}
	return Token{Value: Secret(reply.Token), Expires: expires}, nil
}

// explain turns the one refusal that is an answer into ErrNoToken, after
// checking that it is about d where it says what it is about.
func (d Domain) explain(failure *Error) error {
	if failure == nil {
		return nil
	}
	if failure.Status != http.StatusNotFound || failure.Code != "CnameTokenNotFound" {
		return failure
	}
	if err := d.matches(cmp.Or(failure.bucket, d.Bucket), cmp.Or(failure.cname, d.Cname)); err != nil {
		failure.Reason, failure.Err = ReasonBadResponse, err
		return failure
	}
	return ErrNoToken
}

// matches reports an answer that is about another domain. Whether OSS repeats
// a wildcard domain with its "*." is documented nowhere, so both are taken.
func (d Domain) matches(bucket, cname string) error {
	if err := matchesBucket(d.Bucket, bucket); err != nil {
		return err
	}
	if d.Wildcard {
		cname = strings.TrimPrefix(cname, "*.")
	}
	if !strings.EqualFold(cname, d.Cname) {
		return fmt.Errorf("reply is about cname %.80q, asked about %q", cname, d.Cname)
	}
	return nil
}

// matchesBucket reports an answer that is about another bucket.
func matchesBucket(asked, bucket string) error {
	if bucket != asked {
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
