package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"oss_cname_exporter/internal/domain"
)

// readTargetFiles reads the files of targets that the patterns name, each file once. Relative ones are beside the
// configuration. A pattern may match nothing yet; a file that is named in full must be there.
func (p *parser) readTargetFiles(v value) {
	if !v.empty() && p.dir == "" {
		p.fault(v, "of no use here; only a configuration that is a file can name others")
		return
	}
	known := map[string]bool{}
	for _, item := range p.items(v) {
		var pattern string
		if !require(p.decoder, item, &pattern, filePattern, `a file or a pattern, such as "targets.d/*.yml"`) {
			continue
		}
		if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(p.dir, pattern)
		}
		p.config.TargetFiles = append(p.config.TargetFiles, pattern)
		paths, err := p.files.Matching(pattern)
		if err != nil {
			p.fault(item, "%s: %v", quoteKey(pattern), err)
		} else if len(paths) == 0 {
			p.warn(item, "%s matches no file yet", quoteKey(pattern))
		}
		for _, path := range paths {
			if !known[path] && !p.full() {
				known[path] = true
				p.readTargetFile(item, path)
			}
		}
	}
}

// readTargetFile reads a list in the shape of Prometheus' file_sd. at is where the file is named.
func (p *parser) readTargetFile(at value, path string) {
	text, err := p.files.Read(path)
	if err != nil {
		p.fault(at, "reading %s: %v", quoteKey(path), err)
		return
	}
	named := p.file
	p.file = path
	defer func() { p.file = named }()
	if filepath.Ext(path) == ".json" {
		// The one thing of JSON that YAML cannot read. "\\" is a pair of its own and may stand before a slash.
		text = []byte(strings.NewReplacer(`\\`, `\\`, `\/`, `/`).Replace(string(text)))
	}
	root, isYAML := p.document(text, `write a list of targets, "[]" for none`)
	if isYAML {
		for _, group := range p.items(root) {
			p.readGroup(group)
		}
	}
	p.nameSlips(text, isYAML)
}

// readGroup reads targets, each "bucket/cname", with the labels of all of them. The labels account and region are the
// keys account and region of a target; the others are its own labels.
func (p *parser) readGroup(v value) {
	common := Target{CacheTTL: p.config.Probe.CacheTTL, Checks: p.checks, Rules: p.config.Rules}
	f := readKeys(p, v, p.tables.group, &common)
	if f == nil {
		return
	}
	labels := f["labels"].value
	account, region := labels.child("account", labels.line, nil), labels.child("region", labels.line, nil)
	var own []entry
	for _, e := range p.entries(labels) {
		switch e.key {
		case "account":
			account = e.value
		case "region":
			region = e.value
		default:
			own = append(own, e)
		}
	}
	common.Account = p.readTargetAccount(account, region, value{})
	common.Labels = p.readLabels(own)
	for _, item := range p.items(f["targets"].value) {
		t := common
		if !p.full() && require(p.decoder, item, &t, t.named, `bucket and domain, such as "examplebucket/www.example.com"`) {
			p.checkUnique(item, t)
			p.checkVisit(item, t)
			p.warnOfAgentic(item, t.Bucket, t.Account.Region)
			p.config.Targets = append(p.config.Targets, t)
		}
	}
}

// named returns t for the bucket and domain in text.
func (t Target) named(text string) (Target, error) {
	var err error
	t.Name, err = domain.Parse(text)
	return t, err
}

func filePattern(text string) (string, error) {
	switch filepath.Ext(text) {
	case ".yml", ".yaml", ".json":
	default:
		return "", errors.New("target files end in .yml, .yaml or .json; write one such as \"targets.d/*.yml\"")
	}
	if strings.Contains(text, "**") {
		return "", fmt.Errorf(`"**" matches no folders here; write a pattern for each depth, such as %q and %q`,
			strings.ReplaceAll(text, "**/", ""), strings.ReplaceAll(text, "**", "*"))
	}
	if _, err := filepath.Match(text, ""); err != nil {
		return "", fmt.Errorf(`not a pattern: %w; close the "[", or write a backslash before it`, err)
	}
	return printable(text)
}
