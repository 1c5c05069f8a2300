package ossclient

import (
	"cmp"
	"context"
	"encoding/xml"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
)

// Token is the proof of ownership that OSS holds for a domain.
type Token struct {
	Value   secret.Value // the value that the TXT record _dnsauth.<domain> must carry
	Expires time.Time
}

// GetCnameToken asks for the token of a domain. The error is ErrNoToken if OSS says
// that there is none, and an *Error for everything else; ctx bounds the whole
// call, retries included.
func (c *Client) GetCnameToken(ctx context.Context, name domain.Name) (token Token, err error) {
	failure := c.ask(ctx, c.getCnameToken, name.Bucket, map[string]string{
		"comp":     "token",
		"cname":    name.Base,
		"wildcard": strconv.FormatBool(name.Wildcard), // some kinds of buckets insist on it
	}, func(body []byte) error {
		token, err = parseToken(body, name)
		return err
	})
	switch {
	case failure == nil:
		return token, nil
	case failure.Status != http.StatusNotFound || failure.Code != noToken || failure.Reason == status.ReasonWrongEndpoint:
		return Token{}, failure
	}
	// It is an answer if it is about name, as far as it names a subject.
	if err := matches(name, cmp.Or(failure.bucket, name.Bucket), cmp.Or(failure.cname, name.Base)); err != nil {
		failure.Reason, failure.Err = status.ReasonBadResponse, &remoteError{err, failure.secrets}
		return Token{}, failure
	}
	return Token{}, ErrNoToken
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
	return Token{Value: secret.Value(value), Expires: expires}, nil
}

// matches reports an answer that is about another bucket or domain. Whether OSS
// repeats a wildcard domain with its "*." is documented nowhere, so both are taken.
func matches(asked domain.Name, bucket, cname string) error {
	cname = strings.TrimSpace(cname)
	if asked.Wildcard {
		cname = strings.TrimPrefix(cname, "*.")
	}
	switch {
	case strings.TrimSpace(bucket) != asked.Bucket:
		return fmt.Errorf("reply is about bucket %.80q, asked about %q", bucket, asked.Bucket)
	case !strings.EqualFold(cname, asked.Base):
		return fmt.Errorf("reply is about cname %.80q, asked about %q", cname, asked.Base)
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
