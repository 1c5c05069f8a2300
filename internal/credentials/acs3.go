package credentials

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"oss_cname_exporter/internal/secret"
)

// signACS3 signs a request without a body as Alibaba Cloud's signature V3 has
// it (ACS3-HMAC-SHA256), and returns the signature:
// https://www.alibabacloud.com/help/en/sdk/product-overview/v3-request-structure-and-signature
func signACS3(req *http.Request, key secret.Key, action, version string, now time.Time) secret.Value {
	return signACS3At(req, key, action, version, now.UTC().Format(time.RFC3339), nonce())
}

func signACS3At(req *http.Request, key secret.Key, action, version, date, nonce string) secret.Value {
	const algorithm = "ACS3-HMAC-SHA256"
	payload := hexSHA256("")
	signed := map[string]string{
		"host":                  req.URL.Host,
		"x-acs-action":          action,
		"x-acs-content-sha256":  payload,
		"x-acs-date":            date,
		"x-acs-signature-nonce": nonce,
		"x-acs-version":         version,
	}
	if key.Token != "" {
		signed["x-acs-security-token"] = string(key.Token)
	}
	var names, lines []string
	for name := range signed {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		lines = append(lines, name+":"+signed[name]+"\n")
		req.Header.Set(name, signed[name])
	}
	req.Header.Del("Host") // it is req.Host
	headers := strings.Join(names, ";")
	canonical := strings.Join([]string{req.Method, "/", req.URL.RawQuery, strings.Join(lines, ""), headers, payload}, "\n")
	mac := hmac.New(sha256.New, []byte(key.Secret))
	mac.Write([]byte(algorithm + "\n" + hexSHA256(canonical)))
	signature := hex.EncodeToString(mac.Sum(nil))
	req.Header.Set("Authorization", algorithm+" Credential="+key.ID+",SignedHeaders="+headers+",Signature="+signature)
	return secret.Value(signature)
}

// encode returns values as the signature wants a query: sorted, and with %20
// for a blank.
func encode(values url.Values) string { return strings.ReplaceAll(values.Encode(), "+", "%20") }

func hexSHA256(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// nonce returns a number that no other request has.
func nonce() string { return rand.Text() }
