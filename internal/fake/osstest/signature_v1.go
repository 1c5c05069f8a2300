package osstest

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"
)

const schemeV1 = "OSS"

// claimV1 reads "<access key id>:<signature>".
func claimV1(c *call, authorization string) (*claim, *refusal) {
	keyID, signature, found := strings.Cut(authorization, ":")
	if !found || keyID == "" || signature == "" {
		return nil, invalidArgument("0002-00000062", invalidClaim)
	}
	signedAt, refused := signingTime(c.Header)
	if refused != nil {
		return nil, refused
	}
	toSign := stringToSignV1(c)
	return &claim{
		keyID:        keyID,
		signature:    signature,
		signedAt:     signedAt,
		stringToSign: toSign,
		mac: func(secret string) string {
			h := hmac.New(sha1.New, []byte(secret))
			h.Write([]byte(toSign))
			return base64.StdEncoding.EncodeToString(h.Sum(nil))
		},
	}, nil
}

// stringToSignV1 is VERB, Content-MD5, Content-Type and Date, a line each (empty if absent), then the x-oss-
// headers and the resource.
func stringToSignV1(c *call) string {
	return strings.Join([]string{
		c.Method,
		c.Header.Get("Content-Md5"),
		c.Header.Get("Content-Type"),
		signingDate(c.Header),
		canonicalHeaders(c.Request, func(name string) bool { return strings.HasPrefix(name, ossPrefix) }) + resourceV1(c),
	}, "\n")
}

// resourceV1 is the bucket, the object and the sub-resources, none of them encoded.
func resourceV1(c *call) string {
	var names []string
	for name := range c.query {
		if isSubResource(name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for i, name := range names {
		if value := c.query.Get(name); value != "" {
			names[i] = name + "=" + value
		}
	}
	resource := c.resource()
	if len(names) > 0 {
		resource += "?" + strings.Join(names, "&")
	}
	return resource
}

// resource is the path that both versions sign, whatever the style of the request: /bucket/object.
func (c *call) resource() string {
	if c.bucket == "" {
		return "/"
	}
	return "/" + c.bucket + "/" + c.key
}

// isSubResource tells the query parameters that V1 signs. wildcard is not among them.
func isSubResource(name string) bool {
	switch name {
	case "acl", "append", "bucketInfo", "cname", "comp", "cors", "delete", "lifecycle", "live", "location", "logging",
		"objectMeta", "partNumber", "policy", "position", "qos", "referer", "replication", "resourceGroup", "restore",
		"security-token", "stat", "symlink", "tagging", "uploadId", "uploads", "versionId", "versioning", "versions",
		"website", "response-cache-control", "response-content-disposition", "response-content-encoding",
		"response-content-language", "response-content-type", "response-expires":
		return true
	}
	return strings.HasPrefix(name, ossPrefix)
}
