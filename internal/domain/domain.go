// Package domain has the names that the exporter watches: a Name is one custom
// domain of one bucket. It accepts the spellings of people, and keeps the one of
// the DNS and OSS.
package domain

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// Name is a custom domain of a bucket. It is comparable.
type Name struct {
	Bucket   string
	Base     string // lower case, in ASCII, without a trailing dot and without the "*." of a wildcard
	Wildcard bool   // every name under Base is meant
}

// Cname returns the domain as operators write it: "*.assets.example.com" for a
// wildcard. It is the value of the label cname.
func (n Name) Cname() string {
	if n.Wildcard {
		return "*." + n.Base
	}
	return n.Base
}

// String returns the bucket and the domain, as Parse reads them:
// "examplebucket/www.example.com".
func (n Name) String() string { return n.Bucket + "/" + n.Cname() }

// Proof returns the name of the TXT record that must carry the token before OSS
// binds the domain.
func (n Name) Proof() string { return "_dnsauth." + n.Base }

// IsApex reports whether the domain is one that is registered as such, as
// "example.com" and "example.com.cn" are: it has no CNAME record in most zones.
func (n Name) IsApex() bool {
	registered, err := publicsuffix.EffectiveTLDPlusOne(n.Base)
	return err == nil && registered == n.Base && !n.Wildcard
}

// Parse reads "examplebucket/www.example.com". The error names the right
// spelling.
func Parse(text string) (Name, error) {
	bucket, cname, found := strings.Cut(text, "/")
	if !found {
		return Name{}, errors.New(`write bucket and domain, such as "examplebucket/www.example.com"`)
	}
	return New(bucket, cname)
}

// New returns the Name of cname at bucket, both as people write them. The error
// names the right spelling.
func New(bucket, cname string) (n Name, err error) {
	if n.Bucket, err = ParseBucket(bucket); err != nil {
		return Name{}, err
	}
	if n.Base, n.Wildcard, err = ParseCname(cname); err != nil {
		return Name{}, err
	}
	return n, nil
}

var bucketPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$`)

// ParseBucket accepts the name of a bucket. It recognizes the upper case name,
// the URL and the host name that are commonly written in its place.
func ParseBucket(text string) (string, error) {
	if bucketPattern.MatchString(text) {
		return text, nil
	}
	lower := strings.ToLower(text)
	if bucketPattern.MatchString(lower) {
		return "", fmt.Errorf("bucket names are lower case; write %q", lower)
	}
	first, _, _ := strings.Cut(strings.TrimPrefix(lower, "oss://"), "/")
	first, _, _ = strings.Cut(first, ".")
	if bucketPattern.MatchString(first) {
		return "", fmt.Errorf("write only the bucket's name, %q", first)
	}
	return "", errors.New(`not a bucket name; write 3 to 63 of a-z, 0-9 and "-", with no "-" at either end`)
}
