package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/region"
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
	if r, named := region.Named(text); named {
		return "", fmt.Errorf("is the name of a region in the console; write its id, %s", region.Called(r.ID))
	}
	plain, _, _ := strings.Cut(strings.ToLower(text), ".")
	plain = strings.TrimSuffix(strings.TrimPrefix(plain, "oss-"), "-internal")
	switch {
	case len(plain) > 63 || !regionPattern.MatchString(plain):
		return "", errors.New(`not a region id; write one such as "cn-hangzhou"`)
	case plain != text:
		return "", fmt.Errorf("write the plain region id, %s", region.Called(plain))
	}
	return plain, nil
}

// SeriesLabels returns the label names of the exporter's own series, and "configured", which /sd has beside them. A target
// that set one of them would make two series the same, and the whole scrape fail.
func SeriesLabels() []string {
	return []string{
		"account", "answer", "bucket", "by", "check", "checks", "cname", "code", "configured", "destination", "operation", "outcome",
		"problem", "reason", "region", "scheme", "severity", "source", "state", "status",
	}
}

// ScrapeLabels returns the label names that Prometheus, its service discovery and its alerts set on every series. A
// target's own would be renamed to exported_<name>, and alerts and dashboards would not find it.
func ScrapeLabels() []string {
	return []string{
		"alertname", "alertstate", "cluster", "container", "endpoint", "host", "hostname", "instance", "job", "namespace", "node", "pod",
		"prometheus", "prometheus_replica", "replica", "service",
	}
}

func checkLabelName(name string) error {
	another := fmt.Sprintf("write another name, such as %q", "my_"+name)
	switch {
	case slices.Contains(SeriesLabels(), name):
		return fmt.Errorf("the exporter sets this label itself; %s", another)
	case name == "le" || name == "quantile":
		return fmt.Errorf("the label is read by Prometheus as a bound of a histogram or summary; %s", another)
	case slices.Contains(ScrapeLabels(), name) || strings.HasPrefix(name, "exported_") || strings.HasPrefix(name, "kubernetes_"):
		return fmt.Errorf("the label is set by Prometheus, which renames a target's own; %s", another)
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

// maxLabelValue bounds a label's value in bytes: it is on every series of its target, a YAML alias repeats it for
// nothing, and some storages cut or refuse values of 1 KiB.
const maxLabelValue = 1023

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

// bucketName accepts the name of a bucket, and says where a domain belongs.
func bucketName(text string) (string, error) {
	name, err := domain.ParseBucket(text)
	if err == nil || !strings.Contains(text, ".") || strings.Contains(text, "/") {
		return name, err
	}
	if _, known := region.ParseHost(text); known {
		return "", err
	}
	if _, _, notDomain := domain.ParseCname(text); notDomain == nil {
		return "", errors.New("is a domain, which belongs into cname; write the bucket's name")
	}
	return "", err
}
