package check

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/domain"
)

// The words of --checks that stand alone.
const (
	allChecks = "all"
	noChecks  = "none" // only the token
)

// Checks returns the words of Options.Checks: a check each, or one that stands alone.
func Checks() []string { return []string{"binding", "dns", "http", allChecks, noChecks} }

// selection is the targets of a run, each once.
type selection struct {
	cfg     *config.Config
	filter  config.Filter
	targets []config.Target
	seen    map[domain.Name]bool
	hints   []string // about domains that are not configured
}

// choose returns the targets that opts name.
func choose(cfg *config.Config, opts Options) (*selection, error) {
	s := &selection{cfg: cfg, filter: opts.Filter, seen: map[domain.Name]bool{}}
	if err := s.checkFilter(); err != nil {
		return nil, err
	}
	if len(opts.Domains) == 0 {
		s.add(cfg.Targets...)
	}
	for _, text := range opts.Domains {
		if err := s.name(text); err != nil {
			return nil, fmt.Errorf("%.80q: %w", text, err)
		}
	}
	if asked := len(opts.Domains) > 0 || !s.filter.IsZero(); asked && len(s.targets) == 0 {
		return nil, errors.New("no configured target is chosen by the names and flags together; leave one of them out")
	}
	if err := s.switchChecks(opts.Checks); err != nil {
		return nil, err
	}
	return s, nil
}

// add adds those of targets that the filter chooses.
func (s *selection) add(targets ...config.Target) {
	for _, t := range s.filter.Of(targets) {
		if !s.seen[t.Name] {
			s.seen[t.Name] = true
			s.targets = append(s.targets, t)
		}
	}
}

// name adds the targets that one argument names: bucket/domain, a domain, or
// bucket/* for all domains of a bucket.
func (s *selection) name(text string) error {
	bucket, cname, hasBucket := strings.Cut(text, "/")
	switch {
	case hasBucket && cname == "*":
		return s.addWhere(bucket, func(t *config.Target) string { return t.Bucket }, "bucket")
	case hasBucket:
		return s.addDomain(text)
	}
	base, wildcard, err := domain.ParseCname(text)
	if _, isBucket := domain.ParseBucket(text); err != nil && isBucket == nil {
		return fmt.Errorf(`write bucket and domain, such as "%s/www.example.com", or "%[1]s/*" for all domains of the bucket`, text)
	}
	if err != nil {
		return err
	}
	return s.addWhere(domain.Name{Base: base, Wildcard: wildcard}.Cname(), func(t *config.Target) string { return t.Cname() }, "domain")
}

// addWhere adds the configured targets that have a value. noun is the word for
// such a value.
func (s *selection) addWhere(value string, of func(*config.Target) string, noun string) error {
	var values []string
	found := false
	for i := range s.cfg.Targets {
		t := &s.cfg.Targets[i]
		values = append(values, of(t))
		if of(t) == value {
			s.add(*t)
			found = true
		}
	}
	if found {
		return nil
	}
	remedy := `write both as "examplebucket/www.example.com" to ask about a domain that is not configured`
	if near, is := config.Nearest(value, values); is {
		remedy = fmt.Sprintf("did you mean %q?", near)
	}
	return fmt.Errorf("no configured target has this %s; %s", noun, remedy)
}

// addDomain adds one domain, configured or not.
func (s *selection) addDomain(text string) error {
	name, err := domain.Parse(text)
	if err != nil {
		return err
	}
	t, err := s.cfg.Adopt(config.Query{Bucket: name.Bucket, Cname: name.Cname(), Account: one(s.filter.Account), Region: one(s.filter.Region)})
	if err != nil {
		return err
	}
	if hint := s.hint(t.Name); hint != "" {
		s.hints = append(s.hints, hint)
	}
	s.add(*t)
	return nil
}

// hint names the configured domain that name is probably a slip of; "" if there is none.
func (s *selection) hint(name domain.Name) string {
	var known []string
	near, is := "", false
	for i := range s.cfg.Targets {
		other := s.cfg.Targets[i].Name
		if other == name {
			return ""
		}
		if other.Cname() == name.Cname() {
			near, is = other.String(), true
		}
		known = append(known, other.String())
	}
	if !is {
		near, is = config.Nearest(name.String(), known)
	}
	if is {
		return fmt.Sprintf("%s is not configured; did you mean %s?", name, near)
	}
	return ""
}

// one returns the only value; "" if there is not exactly one.
func one(values []string) string {
	if len(values) == 1 {
		return values[0]
	}
	return ""
}

// checkFilter refuses values that no configured target has.
func (s *selection) checkFilter() error {
	known := map[string]map[string]bool{"--account": {}, "--region": {}}
	for i := range s.cfg.Accounts {
		known["--account"][s.cfg.Accounts[i].Name] = true
		known["--region"][s.cfg.Accounts[i].Region] = true
	}
	for i := range s.cfg.Targets {
		t := &s.cfg.Targets[i]
		known["--region"][t.Account.Region] = true
		for name, value := range t.Labels {
			put(known, "--label="+name, value)
		}
	}
	wanted := map[string][]string{"--account": s.filter.Account, "--region": s.filter.Region}
	for name, values := range s.filter.Labels {
		if known["--label="+name] == nil {
			return fmt.Errorf("--label: no configured target has the label %q; %s", name, suggestion(name, s.cfg.LabelNames))
		}
		wanted["--label="+name] = values
	}
	for _, flag := range slices.Sorted(maps.Keys(wanted)) {
		for _, value := range wanted[flag] {
			if value != "" && !known[flag][value] { // "" is for targets without the label
				return fmt.Errorf("%s: %q is not configured; %s", flag, value, suggestion(value, slices.Sorted(maps.Keys(known[flag]))))
			}
		}
	}
	return nil
}

func put(known map[string]map[string]bool, flag, value string) {
	if known[flag] == nil {
		known[flag] = map[string]bool{}
	}
	known[flag][value] = true
}

// suggestion names the one of known that word is a slip of, else all of them.
func suggestion(word string, known []string) string {
	if near, is := config.Nearest(word, known); is {
		return fmt.Sprintf("did you mean %q?", near)
	}
	if len(known) == 0 {
		return "none is known"
	}
	return "known: " + strings.Join(known, ", ")
}

// switchChecks switches the checks of all targets; nil leaves them as the
// configuration has them.
func (s *selection) switchChecks(names []string) error {
	if len(names) == 0 {
		return nil
	}
	if alone := slices.Contains(names, allChecks) || slices.Contains(names, noChecks); alone && len(names) > 1 {
		return fmt.Errorf("--checks: %s and %s stand alone", allChecks, noChecks)
	}
	has := func(name string) bool { return slices.Contains(names, name) || slices.Contains(names, allChecks) }
	for i := range s.targets {
		checks := &s.targets[i].Checks
		checks.Binding, checks.DNS, checks.HTTP = has("binding"), has("dns"), has("http")
	}
	return nil
}
