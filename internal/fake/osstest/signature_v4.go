package osstest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strings"
	"time"
)

const (
	schemeV4        = "OSS4-HMAC-SHA256"
	productV4       = "oss"
	terminatorV4    = "aliyun_v4_request"
	unsignedPayload = "UNSIGNED-PAYLOAD"
)

// claimV4 reads "Credential=…,AdditionalHeaders=…,Signature=…" in any order, spaces around the commas allowed.
// What is signed as the date is the text of the header that dates the request, as it stands there: the older
// family of clients sends GMT text in Date and no x-oss-date.
func claimV4(c *call, authorization string) (*claim, *refusal) {
	fields, refused := fieldsV4(authorization)
	if refused != nil {
		return nil, refused
	}
	signedAt, refused := signingTime(c.Header)
	if refused != nil {
		return nil, refused
	}
	keyID, scope, _ := strings.Cut(fields["Credential"], "/")
	if refused := checkScope(keyID, scope, c.region, signedAt); refused != nil {
		return nil, refused
	}
	if payload := c.Header.Get("X-Oss-Content-Sha256"); payload != unsignedPayload {
		return nil, invalidArgument("0002-00000214", "x-oss-content-sha256 is invalid.").of("x-oss-content-sha256", payload)
	}
	toSign := strings.Join([]string{
		schemeV4,
		signingDate(c.Header),
		scope,
		hexSHA256(canonicalRequest(c, fields["AdditionalHeaders"])),
	}, "\n")
	return &claim{
		keyID:        keyID,
		signature:    fields["Signature"],
		signedAt:     signedAt,
		stringToSign: toSign,
		mac:          func(secret string) string { return macV4(secret, scope, toSign) },
	}, nil
}

// fieldsV4 wants Credential and Signature, allows AdditionalHeaders, and wants none of them empty.
func fieldsV4(authorization string) (map[string]string, *refusal) {
	fields := make(map[string]string, 3)
	for field := range strings.SplitSeq(authorization, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(field), "=")
		switch {
		case !found, name != "Credential" && name != "Signature" && name != "AdditionalHeaders":
			return nil, invalidArgument("0002-00000203", invalidClaim)
		case name == "AdditionalHeaders" && value == "":
			return nil, invalidArgument("0002-00000209", invalidClaim)
		}
		fields[name] = value
	}
	if fields["Credential"] == "" || fields["Signature"] == "" {
		return nil, invalidArgument("0002-00000202", invalidClaim)
	}
	return fields, nil
}

// checkScope wants "<date>/<region>/oss/aliyun_v4_request": the day of signing and the region that was asked.
func checkScope(keyID, scope, region string, signedAt time.Time) *refusal {
	parts := strings.Split(scope, "/")
	switch {
	case keyID == "":
		return invalidArgument("0002-00000206", invalidClaim)
	case len(parts) != 4, parts[3] != terminatorV4:
		return invalidArgument("0002-00000213", invalidClaim)
	case parts[2] != productV4:
		return invalidArgument("0002-00000227", "Invalid signing product in Authorization header.")
	case parts[1] != region:
		return invalidArgument("0002-00000226", "Invalid signing region in Authorization header.")
	case parts[0] != signedAt.Format("20060102"):
		return invalidArgument("", "Invalid signing date in Authorization header.")
	}
	return nil
}

// canonicalRequest is verb, URI, query, headers, the names of the additional headers and the payload's hash.
func canonicalRequest(c *call, additional string) string {
	names := strings.Split(strings.ToLower(additional), ";")
	slices.Sort(names)
	signed := func(name string) bool {
		return strings.HasPrefix(name, ossPrefix) || name == "content-type" || name == "content-md5" ||
			slices.Contains(names, name)
	}
	r := c.Request
	if slices.Contains(names, "host") {
		r = r.Clone(r.Context()) // net/http takes Host out of the headers
		r.Header.Set("Host", r.Host)
	}
	return strings.Join([]string{
		c.Method,
		strings.ReplaceAll(escape(c.resource()), "%2F", "/"),
		canonicalQuery(c.query),
		canonicalHeaders(r, signed),
		strings.Join(names, ";"),
		unsignedPayload,
	}, "\n")
}

// canonicalQuery sorts by encoded name, and writes a parameter without a value without its "=".
func canonicalQuery(query url.Values) string {
	encoded := make(map[string][]string, len(query))
	names := make([]string, 0, len(query))
	for name, values := range query {
		name = escape(name)
		names, encoded[name] = append(names, name), values
	}
	slices.Sort(names)
	var pairs []string
	for _, name := range names {
		for _, value := range encoded[name] {
			if value == "" {
				pairs = append(pairs, name)
			} else {
				pairs = append(pairs, name+"="+escape(value))
			}
		}
	}
	return strings.Join(pairs, "&")
}

// escape leaves only A-Z a-z 0-9 - . _ ~ as they are.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// macV4 signs with a key derived from the secret and each part of the scope in turn.
func macV4(secret, scope, stringToSign string) string {
	key := []byte("aliyun_v4" + secret)
	for part := range strings.SplitSeq(scope, "/") {
		key = hmacSHA256(key, part)
	}
	return hex.EncodeToString(hmacSHA256(key, stringToSign))
}

func hmacSHA256(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func hexSHA256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
