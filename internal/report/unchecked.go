package report

import (
	"slices"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/lang"
)

// Unchecked is a check that is off.
type Unchecked struct {
	Check string `json:"check"` // as the configuration names it
	Text  string `json:"text"`  // on the facts that are unknown without it
}

// unknowns returns the facts that are unknown without each check.
func unknowns() map[string]lang.Text {
	return map[string]lang.Text{
		"binding": lang.Textf("not checked: it is unknown whether OSS serves the domain, and with which certificate"),
		"dns":     lang.Textf("not checked: it is unknown whether the TXT record is right, and where the CNAME record leads"),
		"http":    lang.Textf("not checked: it is unknown who answers the visitors, and with which certificate"),
	}
}

// uncheckedNames returns the names of the checks that are off for the domain.
func (d *Domain) uncheckedNames() []string {
	on := d.Target.Checks.Names()
	return slices.DeleteFunc(config.CheckNames(), func(name string) bool { return slices.Contains(on, name) })
}

// Unchecked returns the checks that are off for the domain.
func (d *Domain) Unchecked() (list []Unchecked) {
	for _, name := range d.uncheckedNames() {
		list = append(list, Unchecked{name, d.say(unknowns()[name])})
	}
	return list
}

// UncheckedOf returns the checks that are off for any of domains, in the order
// of the configuration.
func UncheckedOf(domains []*Domain) (list []Unchecked) {
	for _, name := range config.CheckNames() {
		isOff := func(d *Domain) bool { return !slices.Contains(d.Target.Checks.Names(), name) }
		if i := slices.IndexFunc(domains, isOff); i >= 0 {
			list = append(list, Unchecked{name, domains[i].say(unknowns()[name])})
		}
	}
	return list
}
