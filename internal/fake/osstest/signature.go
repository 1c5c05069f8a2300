package osstest

import (
	"crypto/hmac"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

const (
	maxSkew      = 15 * time.Minute
	iso8601      = "20060102T150405Z"
	bodyTime     = "2006-01-02T15:04:05.000Z"
	ossPrefix    = "x-oss-"
	invalidClaim = "Authorization header is invalid."
)

// claim has the parts of a signature, before any of it is believed.
type claim struct {
	keyID        string
	signature    string
	signedAt     time.Time
	stringToSign string                     // recomputed from the request as it arrived
	mac          func(secret string) string // the signature that the owner of secret would have made
}

// authenticate returns the access key that signed the request.
func (s *Server) authenticate(c *call) (keyID string, refused *refusal) {
	made, refused := s.claimOf(c)
	if refused != nil {
		return "", refused
	}
	k, refused := s.permit(made.keyID, c)
	if refused != nil {
		return "", refused
	}
	if c.at.Sub(made.signedAt).Abs() > maxSkew {
		return "", tooSkewed(made.signedAt, c.at)
	}
	if !hmac.Equal([]byte(made.mac(k.secret)), []byte(made.signature)) {
		return "", mismatch(made)
	}
	return made.keyID, nil
}

// claimOf reads the Authorization header of either version.
func (s *Server) claimOf(c *call) (*claim, *refusal) {
	header := c.Header.Get("Authorization")
	if header == "" {
		return nil, &anonymous
	}
	switch scheme, rest, _ := strings.Cut(header, " "); scheme {
	case schemeV4:
		return claimV4(c, rest)
	case schemeV1:
		return claimV1(c, rest)
	}
	return nil, invalidArgument("0002-00000063", invalidClaim)
}

// signingTime reads x-oss-date, else Date: either as GMT text or as ISO 8601, since clients send both in both.
func signingTime(h http.Header) (time.Time, *refusal) {
	value := signingDate(h)
	if value == "" {
		return time.Time{}, &noDate
	}
	for _, layout := range []string{iso8601, http.TimeFormat} {
		if t, err := time.Parse(layout, value); err == nil {
			return t, nil
		}
	}
	return time.Time{}, &badDate
}

func signingDate(h http.Header) string {
	if date := h.Get("X-Oss-Date"); date != "" {
		return date
	}
	return h.Get("Date")
}

// canonicalHeaders writes the signed headers as "name:value\n", sorted by their lower-case names (not by the whole
// lines: "x-oss-a" comes before "x-oss-a-b", though ':' comes after '-'). net/http has trimmed the values.
func canonicalHeaders(r *http.Request, signed func(name string) bool) string {
	names := make([]string, 0, len(r.Header))
	for name := range r.Header {
		if name = strings.ToLower(name); signed(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var b strings.Builder
	for _, name := range names {
		b.WriteString(name + ":" + strings.Join(r.Header.Values(name), ",") + "\n")
	}
	return b.String()
}

func tooSkewed(signedAt, now time.Time) *refusal {
	refused := skewed
	refused.MaxSkew = maxSkew.Milliseconds()
	refused.RequestTime, refused.ServerTime = signedAt.UTC().Format(bodyTime), now.UTC().Format(bodyTime)
	return &refused
}

func mismatch(made *claim) *refusal {
	refused := wrongSecret
	refused.AccessKeyID, refused.SignatureProvided = made.keyID, made.signature
	refused.StringToSign, refused.StringToSignBytes = made.stringToSign, fmt.Sprintf("% X ", made.stringToSign)
	return &refused
}
