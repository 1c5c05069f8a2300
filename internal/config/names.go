package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
)

var (
	accountPattern = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}$`)
	regionPattern  = regexp.MustCompile(`^[a-z]{2,}(-[a-z0-9]+)+$`)
	labelPattern   = regexp.MustCompile(`^[a-zA-Z_][a-zA-Z0-9_]*$`)
	notInLabel     = regexp.MustCompile(`[^a-zA-Z0-9_]+`)
)

func checkAccountName(name string) error {
	if !accountPattern.MatchString(name) {
		return errors.New(`account names are 1 to 64 letters, digits, "_", "." or "-"; write one such as "main"`)
	}
	return nil
}

// regionID accepts a plain region id, and knows the endpoint names it is mistaken for.
func regionID(text string) (string, error) {
	plain, _, _ := strings.Cut(strings.ToLower(text), ".")
	plain = strings.TrimSuffix(strings.TrimPrefix(plain, "oss-"), "-internal")
	switch {
	case len(plain) > 63 || !regionPattern.MatchString(plain):
		return "", errors.New(`not a region id; write one such as "cn-hangzhou"`)
	case plain != text:
		return "", fmt.Errorf("write the plain region id, %q", plain)
	}
	return plain, nil
}

// reservedLabels returns the label names the exporter's own series use, and "configured", which /sd has beside them.
// A target that set one of them would make two series the same, and the whole scrape fail.
func reservedLabels() []string {
	return []string{"account", "bucket", "check", "checks", "cname", "configured", "destination", "reason", "region", "state", "status"}
}

func checkLabelName(name string) error {
	switch {
	case slices.Contains(reservedLabels(), name):
		return fmt.Errorf("the exporter sets this label itself; write another name, such as %q", "my_"+name)
	case name == "le" || name == "quantile":
		return fmt.Errorf("the label is read by Prometheus as a bound of a histogram or summary; write another name, such as %q", "my_"+name)
	case strings.HasPrefix(name, "__"):
		return errors.New(`names that begin with "__" belong to Prometheus; write another`)
	case !labelPattern.MatchString(name):
		return fmt.Errorf("label names are letters, digits and \"_\", not a digit first; write one such as %q", asLabel(name))
	}
	return nil
}

// asLabel returns the valid label name closest to name.
func asLabel(name string) string {
	name = strings.Trim(notInLabel.ReplaceAllString(name, "_"), "_")
	if len(name) > 64 || !labelPattern.MatchString(name) {
		return "team"
	}
	return name
}

// maxLabelValue bounds a label's value in bytes: it is on every series of its target, and a YAML alias repeats it for nothing.
const maxLabelValue = 1024

// labelValue accepts any text on one line. Control characters go: a NUL ends the exposition for Prometheus' parser.
func labelValue(text string) (string, error) {
	if len(text) > maxLabelValue {
		return "", fmt.Errorf("%d bytes; write at most %d", len(text), maxLabelValue)
	}
	if strings.ContainsFunc(text, unicode.IsControl) {
		return "", errors.New("has control characters; write it without them, on one line")
	}
	return text, nil
}
