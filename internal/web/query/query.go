// Package query reads the parameters of a request strictly, and in the same way
// for every path: an unknown name, and an unknown value where the values are
// known, is refused with the known ones. A slip would otherwise be a request
// about something else.
//
// Parameters are those of one request. Known has the names and values that
// targets have, or had.
package query

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
)

// Parameters are those of one request, each checked.
type Parameters struct {
	url.Values               // those of the path alone
	Filter     config.Filter // of account, region, bucket, cname, label and the own labels
	IsPart     bool          // some targets may be left out, or some checks
}

// Known has the labels, accounts and regions that targets have, or had under a
// configuration before: a list that has become empty is an answer, and a slip is
// none. The zero value knows none.
type Known struct {
	mu                        sync.Mutex
	cfg                       *config.Config // noted last
	labels, accounts, regions map[string]bool
}

// Parse reads the parameters in raw: those of a path, and those that choose
// targets of cfg. A label whose name is one of the path's is written as
// label=name=value.
func (k *Known) Parse(raw string, cfg *config.Config, path ...string) (*Parameters, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.cfg != cfg {
		k.note(cfg)
	}
	q := &Parameters{}
	if raw == "" {
		return q, nil
	}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, fmt.Errorf("reading query: %w", err)
	}
	filters := k.filters(&q.Filter)
	known := slices.Compact(slices.Sorted(slices.Values(slices.AppendSeq(slices.Clone(path), maps.Keys(filters)))))
	if err := checkNames(values, known); err != nil {
		return nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if slices.Contains(path, name) {
			continue
		}
		if err := filters[name](values[name]); err != nil {
			return nil, err
		}
		delete(values, name)
		q.IsPart = true
	}
	q.Values, q.IsPart = values, q.IsPart || values.Has("checks")
	return q, nil
}

// note adds the labels, accounts and regions of cfg.
func (k *Known) note(cfg *config.Config) {
	if k.labels == nil {
		k.labels, k.accounts, k.regions = map[string]bool{}, map[string]bool{}, map[string]bool{}
	}
	k.cfg = cfg
	for _, name := range cfg.LabelNames {
		k.labels[name] = true
	}
	for i := range cfg.Accounts {
		k.accounts[cfg.Accounts[i].Name], k.regions[cfg.Accounts[i].Region] = true, true
	}
	for i := range cfg.Targets {
		k.regions[cfg.Targets[i].Account.Region] = true
	}
}

// filters returns the parameters that choose targets: each adds its values to f.
func (k *Known) filters(f *config.Filter) map[string]func(values []string) error {
	f.Labels = map[string][]string{}
	filters := map[string]func([]string) error{}
	for name := range k.labels {
		filters[name] = func(values []string) error {
			f.Labels[name] = append(f.Labels[name], values...)
			return nil
		}
	}
	maps.Copy(filters, map[string]func([]string) error{
		"account": func(values []string) (err error) {
			f.Account, err = Closed("account", values, slices.Sorted(maps.Keys(k.accounts)))
			return err
		},
		"region": func(values []string) (err error) {
			f.Region, err = Closed("region", values, slices.Sorted(maps.Keys(k.regions)))
			return err
		},
		"bucket": func(values []string) (err error) {
			f.Bucket, err = spelled("bucket", values, domain.ParseBucket)
			return err
		},
		"cname": func(values []string) (err error) {
			f.Cname, err = spelled("cname", values, parseCname)
			return err
		},
		"label": func(values []string) error { return k.addLabels(f, values) },
	})
	return filters
}

// addLabels adds labels that are written as name=value to f.
func (k *Known) addLabels(f *config.Filter, values []string) error {
	for _, text := range values {
		name, value, isWhole := strings.Cut(text, "=")
		if !isWhole {
			return fmt.Errorf("label: %.64q: write name=value, such as team=web", text)
		}
		if !k.labels[name] {
			return fmt.Errorf("label: %.64q: no target has that label; known: %s", name, strings.Join(slices.Sorted(maps.Keys(k.labels)), ", "))
		}
		f.Labels[name] = append(f.Labels[name], value)
	}
	return nil
}

// Closed refuses values of a parameter that are none of known.
func Closed[T ~string](name string, values []string, known []T) (read []T, err error) {
	for _, value := range values {
		if !slices.Contains(known, T(value)) {
			texts := make([]string, len(known))
			for i := range known {
				texts[i] = string(known[i])
			}
			return nil, fmt.Errorf("%s: unknown value %.64q; known: %s", name, value, strings.Join(texts, ", "))
		}
		read = append(read, T(value))
	}
	return read, nil
}

// spelled returns values of a parameter as parse spells them.
func spelled(name string, values []string, parse func(string) (string, error)) (read []string, err error) {
	for _, value := range values {
		text, err := parse(value)
		if err != nil {
			return nil, fmt.Errorf("%s: %.64q: %w", name, value, err)
		}
		read = append(read, text)
	}
	return read, nil
}

func parseCname(text string) (string, error) {
	base, wildcard, err := domain.ParseCname(text)
	return domain.Name{Base: base, Wildcard: wildcard}.Cname(), err
}

// Once returns the value of a parameter that may be given once; "" is none.
func Once(values url.Values, name string) (string, error) {
	if n := len(values[name]); n > 1 {
		return "", fmt.Errorf("%s: given %d times; write it once", name, n)
	}
	return values.Get(name), nil
}

// Single returns the parameters in raw, of a path that chooses no targets. Each
// must be one of known, and be given once.
func Single(raw string, known ...string) (url.Values, error) {
	q := &Parameters{}
	var err error
	if q.Values, err = url.ParseQuery(raw); err != nil {
		return nil, fmt.Errorf("reading query: %w", err)
	}
	if err := checkNames(q.Values, known); err != nil {
		return nil, err
	}
	return q.Values, q.Single()
}

// checkNames refuses a name that is none of known.
func checkNames(values url.Values, known []string) error {
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if !slices.Contains(known, name) {
			return fmt.Errorf("unknown parameter %.64q; known: %s", name, strings.Join(known, ", "))
		}
	}
	return nil
}

// Single refuses parameters of the path that are given more than once.
func (q *Parameters) Single() error {
	for _, name := range slices.Sorted(maps.Keys(q.Values)) {
		if _, err := Once(q.Values, name); err != nil {
			return err
		}
	}
	return nil
}

// Timeout reads the parameter timeout; 0 is none.
func (q *Parameters) Timeout() (time.Duration, error) {
	text, err := Once(q.Values, "timeout")
	if err != nil || text == "" {
		return 0, err
	}
	timeout, err := time.ParseDuration(text)
	if err != nil || timeout <= 0 {
		return 0, fmt.Errorf("timeout: %.64q: write a duration, such as 5s", text)
	}
	return timeout, nil
}

// Targets returns those of targets that q chooses, with the checks that it names:
// checks=dns,http asks no other, and checks= asks the token alone.
func (q *Parameters) Targets(targets []config.Target) ([]config.Target, error) {
	targets = q.Filter.Of(targets)
	texts, isSaid := q.Values["checks"]
	if !isSaid {
		return targets, nil
	}
	names, err := Closed("checks", slices.DeleteFunc(strings.Split(strings.Join(texts, ","), ","), func(name string) bool { return name == "" }), config.CheckNames())
	if err != nil {
		return nil, err
	}
	targets = slices.Clone(targets)
	for i := range targets {
		targets[i].Checks = targets[i].Checks.Asking(names)
	}
	return targets, nil
}
