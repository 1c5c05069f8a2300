package ststest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// authorization has the parts of the header of a signed request.
type authorization struct{ id, headers, signature string }

func parseAuthorization(text string) (a authorization, ok bool) {
	rest, ok := strings.CutPrefix(text, "ACS3-HMAC-SHA256 ")
	for part := range strings.SplitSeq(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Credential":
			a.id = value
		case "SignedHeaders":
			a.headers = value
		case "Signature":
			a.signature = value
		}
	}
	return a, ok && a.id != "" && a.headers != "" && a.signature != ""
}

// checkSignature follows the documentation of the signature V3 word by word, in its own code:
// https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
// Like the real STS it repeats all that was signed when it does not match.
func (s *STS) checkSignature(r *http.Request) *fault {
	said, ok := parseAuthorization(r.Header.Get("Authorization"))
	if !ok {
		return &fault{status: 400, Code: "MissingAccessKeyId", Message: "AccessKeyId is mandatory for this action."}
	}
	k, known := s.keys[said.id]
	if !known {
		return &fault{status: 404, Code: "InvalidAccessKeyId.NotFound", Message: "Specified access key is not found."}
	}
	token := r.Header.Get("X-Acs-Security-Token")
	if token != k.Token || !k.Expires.IsZero() && !s.now().Before(k.Expires) {
		return &fault{status: 400, Code: "InvalidSecurityToken.Expired", Message: "Specified SecurityToken is expired: " + token}
	}
	nonce := r.Header.Get("X-Acs-Signature-Nonce")
	if nonce == "" || s.nonces[nonce] {
		return &fault{status: 400, Code: "SignatureNonceUsed", Message: "Specified signature nonce was used already."}
	}
	s.nonces[nonce] = true
	if want := mustSign(r); said.headers != want {
		return &fault{status: 400, Code: "IncompleteSignature", Message: "These headers must be signed: " + want}
	}
	canonical := canonicalRequest(r, said.headers)
	mac := hmac.New(sha256.New, []byte(k.Secret))
	fmt.Fprintf(mac, "ACS3-HMAC-SHA256\n%s", digest([]byte(canonical)))
	if said.signature != hex.EncodeToString(mac.Sum(nil)) {
		return &fault{status: 400, Code: "SignatureDoesNotMatch",
			Message: "Specified signature is not matched with our calculation. server canonical request is: " + canonical}
	}
	return nil
}

// mustSign returns the names of the headers that a signature must cover.
func mustSign(r *http.Request) string {
	names := []string{"host"}
	for name := range r.Header {
		if name = strings.ToLower(name); strings.HasPrefix(name, "x-acs-") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ";")
}

func canonicalRequest(r *http.Request, headers string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n/\n%s\n", r.Method, canonicalQuery(r.URL.Query()))
	for name := range strings.SplitSeq(headers, ";") {
		value := r.Header.Get(name)
		if name == "host" {
			value = r.Host
		}
		fmt.Fprintf(&b, "%s:%s\n", name, strings.TrimSpace(value))
	}
	body, _ := io.ReadAll(r.Body) // the part that ParseForm left
	fmt.Fprintf(&b, "\n%s\n%s", headers, digest(body))
	return b.String()
}

func canonicalQuery(query url.Values) string {
	var pairs []string
	for name := range query {
		pairs = append(pairs, escape(name)+"="+escape(query.Get(name)))
	}
	slices.Sort(pairs)
	return strings.Join(pairs, "&")
}

// escape leaves A-Z, a-z, 0-9, "-", "_", "." and "~" alone.
func escape(text string) string {
	var b strings.Builder
	for _, c := range []byte(text) {
		if strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

func digest(text []byte) string {
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}
