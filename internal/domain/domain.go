// Package domain has the names that the exporter watches: a Name is one custom
// domain of one bucket. It accepts the spellings of people, and keeps the one of
// the DNS and OSS.
package domain

import (
	"errors"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/net/idna"
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

var (
	hostLabelPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$`)
	digitsPattern    = regexp.MustCompile(`^[0-9]+$`)
)

// ParseCname accepts a full domain name, with "*." before it for a wildcard.
func ParseCname(text string) (base string, wildcard bool, err error) {
	if err := checkBare(text); err != nil {
		return "", false, err
	}
	name, wildcard := strings.CutPrefix(text, "*.")
	base, err = canonical(name)
	return base, wildcard, err
}

// canonical returns name as DNS and OSS know it: in ASCII, lower case, without a trailing dot.
func canonical(name string) (string, error) {
	if strings.ContainsFunc(name, func(r rune) bool { return r > unicode.MaxASCII }) {
		ascii, err := idna.Lookup.ToASCII(name)
		if err != nil {
			return "", errors.New(`not a valid international name; write its ASCII form, such as "xn--bcher-kva.example"`)
		}
		if strings.ContainsFunc(name, notInName) {
			return "", errors.New(`has characters that are no part of a domain; write letters, digits and "-" only`)
		}
		name = ascii
	}
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	return name, checkDomain(name)
}

// notInName reports whether r is never part of a domain, in any script.
func notInName(r rune) bool {
	return !unicode.In(r, unicode.Letter, unicode.Mark, unicode.Digit) && !strings.ContainsRune("-.。．｡", r)
}

// checkBare refuses an address, and more than a domain, such as a URL.
func checkBare(text string) error {
	if _, err := netip.ParseAddr(text); err == nil {
		return errors.New("an IP address has no CNAME; write the domain")
	}
	for _, extra := range []struct{ mark, name string }{
		{"://", "a scheme"},
		{"@", "a user"},
		{"/", "a path"},
		{"?", "a query"},
		{":", "a port"},
		{" ", "spaces"},
	} {
		if strings.Contains(text, extra.mark) {
			return fmt.Errorf("has %s; write only the domain, %q", extra.name, bare(text))
		}
	}
	return nil
}

// bare returns the domain inside a URL or host:port, an example if there is none.
func bare(text string) string {
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	if end := strings.IndexAny(text, "/?#"); end >= 0 {
		text = text[:end]
	}
	text = text[strings.LastIndexByte(text, '@')+1:]
	text, _, _ = strings.Cut(text, ":")
	text, wildcard := strings.CutPrefix(strings.TrimSpace(text), "*.")
	base, err := canonical(text)
	if err != nil {
		return "www.example.com"
	}
	return Name{Base: base, Wildcard: wildcard}.Cname()
}

// checkDomain checks a name that is ASCII, lower case and without "*." before or "." behind it.
func checkDomain(name string) error {
	labels := strings.Split(name, ".")
	last := labels[len(labels)-1]
	switch {
	case name == "":
		return errors.New(`empty; write a domain, such as "www.example.com"`)
	case strings.Contains(name, "*"):
		return errors.New(`a wildcard is one "*." in front; write it as "*.example.com"`)
	case strings.HasPrefix(name, "_dnsauth."):
		return fmt.Errorf("this is the name of the TXT record; write the domain it proves, %q", strings.TrimPrefix(name, "_dnsauth."))
	case len(name) > 253:
		return fmt.Errorf("%d characters long; a domain has at most 253", len(name))
	case len(labels) < 2:
		return errors.New(`only one label; write the full domain, such as "www.example.com"`)
	case digitsPattern.MatchString(last):
		return errors.New(`ends in a number; write a domain, such as "www.example.com"`)
	}
	return checkLabels(labels)
}

// CheckHost accepts a host name of any number of labels, in ASCII.
func CheckHost(name string) error { return checkLabels(strings.Split(strings.ToLower(name), ".")) }

func checkLabels(labels []string) error {
	for _, label := range labels {
		if !hostLabelPattern.MatchString(label) {
			return fmt.Errorf(`%.64q is no part of a domain; write 1 to 63 letters, digits and "-", with no "-" at either end`, label)
		}
	}
	return nil
}
