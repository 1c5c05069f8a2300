package judge

import (
	"fmt"
	"time"
)

// Thresholds are the limits of the judgement. A zero field is its default.
type Thresholds struct {
	TokenWarning        time.Duration // how long before its end a token that is needed is a warning; default 24h
	TokenCritical       time.Duration // the same for critical; default 6h
	CertificateWarning  time.Duration // how long before its end a certificate is a warning; default 14d
	CertificateCritical time.Duration // the same for critical; default 3d
	FactsStale          time.Duration // how old facts make a failing probe critical; default 6h
}

// The defaults of Thresholds.
const (
	DefaultTokenWarning        = 24 * time.Hour
	DefaultTokenCritical       = 6 * time.Hour
	DefaultCertificateWarning  = 14 * 24 * time.Hour
	DefaultCertificateCritical = 3 * 24 * time.Hour
	DefaultFactsStale          = 6 * time.Hour
)

// WithDefaults returns t with the defaults in place of zeros.
func (t Thresholds) WithDefaults() Thresholds {
	set := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	set(&t.TokenWarning, DefaultTokenWarning)
	set(&t.TokenCritical, DefaultTokenCritical)
	set(&t.CertificateWarning, DefaultCertificateWarning)
	set(&t.CertificateCritical, DefaultCertificateCritical)
	set(&t.FactsStale, DefaultFactsStale)
	return t
}

// Rules is how the operator wants a domain to be judged. The zero value is the
// defaults.
type Rules struct {
	Thresholds Thresholds
	Severities map[Kind]Severity // in place of a kind's own; Off switches the kind off
}

// override returns the severity of a problem that has severity s unless the
// operator chose another; "" if the kind is switched off.
func (r Rules) override(kind Kind, s Severity) Severity {
	chosen, ok := r.Severities[kind]
	switch {
	case chosen == Off:
		return ""
	case ok:
		return chosen
	}
	return s
}

// within returns the severity of a token or certificate by its time left, and the
// threshold that decided.
func within(name string, left, warning, critical time.Duration) (s Severity, threshold string) {
	switch {
	case left < critical:
		return Critical, thresholdText(name+"_critical", critical)
	case left < warning:
		return Warning, thresholdText(name+"_warning", warning)
	}
	return "", ""
}

// thresholdText writes a threshold as the configuration does: "token_critical: 6h".
func thresholdText(name string, d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 2*day && d%day == 0:
		return fmt.Sprintf("%s: %dd", name, d/day)
	case d%time.Hour == 0:
		return fmt.Sprintf("%s: %dh", name, d/time.Hour)
	case d%time.Minute == 0:
		return fmt.Sprintf("%s: %dm", name, d/time.Minute)
	}
	return name + ": " + d.String()
}
