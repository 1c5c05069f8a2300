package config

import (
	"maps"
	"time"

	"gopkg.in/yaml.v3"

	"oss_cname_exporter/internal/judge"
)

// Bounds of the thresholds. A token lives 72 hours.
const (
	minThreshold      = time.Minute
	maxTokenThreshold = 72 * time.Hour
	maxThreshold      = 365 * 24 * time.Hour
)

// severityDefault is the word for the severity that a kind of problem has by itself.
const severityDefault = "default"

// readThresholds changes the thresholds that the file names; the others stay as they are inherited.
func (p *parser) readThresholds(v value, t *judge.Thresholds) {
	f := p.fields(v, "token_warning", "token_critical", "certificate_warning", "certificate_critical", "facts_stale")
	token, other := durationIn(minThreshold, maxTokenThreshold), durationIn(minThreshold, maxThreshold)
	read(p.decoder, f["token_warning"], &t.TokenWarning, token)
	read(p.decoder, f["token_critical"], &t.TokenCritical, token)
	read(p.decoder, f["certificate_warning"], &t.CertificateWarning, other)
	read(p.decoder, f["certificate_critical"], &t.CertificateCritical, other)
	read(p.decoder, f["facts_stale"], &t.FactsStale, other)
	if v.node == nil {
		return
	}
	inForce := t.WithDefaults()
	for _, pair := range []struct {
		name              string
		critical, warning time.Duration
	}{
		{"token", inForce.TokenCritical, inForce.TokenWarning},
		{"certificate", inForce.CertificateCritical, inForce.CertificateWarning},
	} {
		if pair.critical > pair.warning {
			p.fault(v, "%s_critical is %s, and %[1]s_warning only %[3]s; write a critical that is no longer than the warning", pair.name, short(pair.critical), short(pair.warning))
		}
	}
}

// readProblems returns inherited with the severities that the file names.
func (p *parser) readProblems(v value, inherited map[judge.Kind]judge.Severity) map[judge.Kind]judge.Severity {
	if v.empty() {
		p.is(v, yaml.MappingNode)
		return inherited
	}
	var known []string
	for _, kind := range judge.Kinds() {
		known = append(known, string(kind))
	}
	severities := maps.Clone(inherited)
	if severities == nil {
		severities = map[judge.Kind]judge.Severity{}
	}
	fields := p.fields(v, known...)
	for _, name := range known {
		var word string
		words := oneOf(string(judge.Critical), string(judge.Warning), string(judge.Off), severityDefault)
		if !read(p.decoder, fields[name], &word, words) {
			continue
		}
		if word == severityDefault {
			delete(severities, judge.Kind(name))
		} else {
			severities[judge.Kind(name)] = judge.Severity(word)
		}
	}
	if len(severities) == 0 {
		return nil
	}
	return severities
}
