package config

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"

	"gopkg.in/yaml.v3"
)

// maxSlips bounds the lines of a file that cannot be read whose slips are named.
const maxSlips = 5

// lookAlikes are characters that a keyboard or a word processor writes in place of those of YAML.
func lookAlikes() map[rune]string {
	return map[rune]string{
		'：': ":", '，': ",", '｛': "{", '｝': "}", '［': "[", '］': "]", '【': "[", '】': "]",
		'－': "-", '—': "-", '–': "-", '＃': "#", '＊': "*", '／': "/", '＂': `"`, '＇': "'",
		'“': `"`, '”': `"`, '„': `"`, '«': `"`, '»': `"`, '‘': "'", '’': "'", '「': `"`, '」': `"`,
		'\u3000': "a blank", '\u00a0': "a blank", '\u2003': "a blank", '\u2002': "a blank", '\u202f': "a blank", '\u200b': "",
		'\ufeff': "", '\u200c': "", '\u200d': "", '\u2060': "", '、': ",",
	}
}

// fullWidth returns the letter or digit that a Chinese or Japanese keyboard writes as c.
func fullWidth(c rune) (narrow rune, is bool) {
	narrow = c - ('ａ' - 'a')
	return narrow, unicode.IsLetter(narrow) && narrow <= 'z' || '0' <= narrow && narrow <= '9'
}

var (
	quoted     = regexp.MustCompile(`"(?:[^"\\]|\\.)*"|'[^']*'`)
	slashes    = regexp.MustCompile(`(^|\s)(//|/\*)`)
	lostValue  = regexp.MustCompile(`[:,\[{]\s+#\S`)
	openFlow   = regexp.MustCompile(`[\[{][^\]}]*[:,\[{]\s+#\S`)
	iniKey     = regexp.MustCompile(`^\s*([a-z_]+)\s*=[^=]`)
	restOfLine = regexp.MustCompile(`(^|\s)#.*$`)
)

// slipIn names the slip in a line of YAML; "" is none.
func slipIn(line string) string {
	line = quoted.ReplaceAllString(line, `""`)
	if slashes.MatchString(line) {
		return `"//" begins no comment in YAML; write "#"`
	}
	if m := iniKey.FindStringSubmatch(line); m != nil {
		return fmt.Sprintf(`"=" sets no value in YAML; write "%s: "`, m[1])
	}
	alike := lookAlikes()
	for _, c := range restOfLine.ReplaceAllString(line, "") {
		if narrow, is := fullWidth(c); is {
			return fmt.Sprintf("has the full-width character %q (U+%04X); write '%c'", c, c, narrow)
		}
		if write, ok := alike[c]; ok {
			switch {
			case write == "":
				return fmt.Sprintf("has the invisible character U+%04X; remove it", c)
			case len(write) == 1:
				write = "'" + write + "'"
			}
			return fmt.Sprintf("has %q (U+%04X), which is no punctuation of YAML; write %s", c, c, write)
		}
	}
	return ""
}

// nameSlips replaces the faults of a file with the slips that they come from, line by line. A file that is no YAML at all
// has one fault, whose line may be later than the slip.
func (p *parser) nameSlips(text []byte, isYAML bool) {
	file := p.file
	lines := strings.Split(strings.TrimPrefix(string(text), "\ufeff"), "\n")
	if !isYAML {
		p.nameFirstSlips(file, lines)
		return
	}
	named := map[int]bool{}
	var faults Faults
	for _, f := range p.faults {
		slip := ""
		if f.File == file && f.Line <= len(lines) {
			slip = slipBehind(lines[f.Line-1], f)
		}
		if slip != "" {
			f.Text = slip
		}
		if slip == "" || !named[f.Line] {
			faults = append(faults, f)
		}
		named[f.Line] = named[f.Line] || slip != ""
	}
	p.faults = faults
}

// slipBehind names the slip in the line of a fault; "" is none.
func slipBehind(line string, f Fault) string {
	isLost := strings.Contains(f.Text, "missing; write") && lostValue.MatchString(quoted.ReplaceAllString(line, `""`))
	if slip := slipIn(line); slip != "" || !isLost {
		return slip
	}
	return `"#" begins a comment; quote a value that begins with it, as in "#web"`
}

// nameFirstSlips replaces the fault of a file that is no YAML with the first slips in it.
func (p *parser) nameFirstSlips(file string, lines []string) {
	last := p.faults[len(p.faults)-1]
	var slips Faults
	for i, line := range lines[:min(last.Line+1, len(lines))] {
		slip := slipIn(line)
		if slip == "" && openFlow.MatchString(quoted.ReplaceAllString(line, `""`)) {
			slip = `"#" begins a comment; quote a value that has it, as in "#web"`
		}
		if slip != "" && len(slips) < maxSlips {
			slips = append(slips, Fault{file, i + 1, slip})
		}
	}
	if len(slips) > 0 {
		p.faults = append(p.faults[:len(p.faults)-1], slips...)
	}
}

// foreignFiles are top-level keys of files that are often given in place of a configuration.
func foreignFiles() []struct{ marks, what string } {
	return []struct{ marks, what string }{
		{"scrape_configs rule_files alerting remote_write global", "this is a configuration of Prometheus; the exporter has one of its own, which begins as config.example.yaml does"},
		{"groups", "these are rules of Prometheus; give them to Prometheus, and write accounts and targets here"},
		{"modules", "this is a configuration of blackbox_exporter; write accounts and targets, as config.example.yaml does"},
		{"tls_server_config basic_auth_users http_server_config", "this is a web configuration; name it with --web.config.file, and write accounts and targets here"},
		{"apiVersion kind", "this is a Kubernetes manifest; write what stands below its data, as a file of its own"},
		{"replicaCount image serviceMonitor fullnameOverride existingConfigMap", "these are values of a Helm chart; write what stands below config, as a file of its own"},
		{"profiles current", "this is a file of Alibaba Cloud's CLI; name it as profile_file of credentials of type profile"},
	}
}

// isForeign refuses a file of another tool as a whole.
func (p *parser) isForeign(v value) bool {
	if v.node.Kind == yaml.SequenceNode && len(v.node.Content) > 0 && v.node.Content[0].Kind == yaml.MappingNode {
		for i := 0; i < len(v.node.Content[0].Content); i += 2 {
			if v.node.Content[0].Content[i].Value == "targets" {
				p.fault(v, "this is a list of targets; name its file in target_files, and write accounts here")
				return true
			}
		}
	}
	if v.node.Kind != yaml.MappingNode {
		return false
	}
	lines := map[string]int{}
	for i := 0; i < len(v.node.Content); i += 2 {
		lines[v.node.Content[i].Value] = v.node.Content[i].Line
	}
	for _, foreign := range foreignFiles() {
		for mark := range strings.FieldsSeq(foreign.marks) {
			if line, has := lines[mark]; has && lines["accounts"] == 0 {
				p.fault(value{line: line}, "%s", foreign.what)
				return true
			}
		}
	}
	return false
}
