package config

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var plainKeyPattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)

// decoder walks YAML nodes and collects what is wrong with them.
type decoder struct {
	file     string
	faults   Faults
	warnings Faults // what is accepted and hardly meant
	// expandText is FileOptions.Expand.
	expandText func(string) (string, error)
}

// value is what the file says in one place.
type value struct {
	path string     // as faults print it: targets[3].bucket
	line int        // where it stands; for an absent value, where it belongs
	node *yaml.Node // never an alias; nil if absent or null
}

// entry is one "key: value" of a mapping.
type entry struct {
	key string
	value
}

// empty reports whether v is absent or holds nothing.
func (v value) empty() bool {
	return v.node == nil || v.node.Kind != yaml.ScalarNode && len(v.node.Content) == 0
}

// child is the value of key in the mapping v.
func (v value) child(key string, line int, node *yaml.Node) value {
	if !plainKeyPattern.MatchString(key) {
		key = quote(key)
	}
	if v.path != "" {
		key = v.path + "." + key
	}
	return value{key, line, present(node)}
}

// present follows an alias (only one: it cannot point to another) and returns nil for null.
func present(node *yaml.Node) *yaml.Node {
	if node != nil && node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	if node != nil && node.Tag == "!!null" {
		return nil
	}
	return node
}

// full reports whether there are enough faults to stop.
func (d *decoder) full() bool { return len(d.faults) >= maxFaults }

func (d *decoder) fault(at value, format string, args ...any) {
	d.faults = d.note(d.faults, at, format, args...)
}

func (d *decoder) warn(at value, format string, args ...any) {
	d.warnings = d.note(d.warnings, at, format, args...)
}

// note adds to faults or warnings, as long as there is room.
func (d *decoder) note(to Faults, at value, format string, args ...any) Faults {
	if len(to) >= maxFaults {
		return to
	}
	text := fmt.Sprintf(format, args...)
	if at.path != "" {
		text = at.path + ": " + text
	}
	return append(to, Fault{d.file, at.line, text})
}

// is reports whether v is absent or of that kind; else it is a fault.
func (d *decoder) is(v value, kind yaml.Kind) bool {
	if v.node == nil || v.node.Kind == kind {
		return true
	}
	d.fault(v, "%s; write %s", kindName(v.node.Kind), kindName(kind))
	return false
}

// entries returns what the mapping v holds, each key once, in the file's order.
func (d *decoder) entries(v value) []entry {
	if v.node == nil || !d.is(v, yaml.MappingNode) {
		return nil
	}
	var entries []entry
	lines := map[string]int{}
	for pair := range slices.Chunk(v.node.Content, 2) {
		key, line := keyText(pair[0]), pair[0].Line
		at := v.child(key, line, pair[1])
		if first, twice := lines[key]; twice {
			d.fault(at, "given twice, first on line %d; keep one", first)
			continue
		}
		lines[key] = line
		entries = append(entries, entry{key, at})
	}
	return entries
}

// keyText returns the text of a key, "" for one that is not text: no rule for keys accepts that.
func keyText(node *yaml.Node) string {
	if node.Kind == yaml.AliasNode {
		node = node.Alias
	}
	return node.Value
}

// fields returns the values of the known keys in the mapping v, absent ones included; nil if v is no mapping.
func (d *decoder) fields(v value, known ...string) map[string]value {
	if !d.is(v, yaml.MappingNode) {
		return nil
	}
	fields := make(map[string]value, len(known))
	for _, key := range known {
		fields[key] = v.child(key, v.line, nil)
	}
	for _, e := range d.entries(v) {
		if _, ok := fields[e.key]; !ok {
			d.fault(value{path: v.path, line: e.line}, "unknown key %s; %s", quote(e.key), suggest(e.key, known))
			continue
		}
		fields[e.key] = e.value
	}
	return fields
}

// items returns what the list v holds.
func (d *decoder) items(v value) []value {
	if v.node == nil || !d.is(v, yaml.SequenceNode) {
		return nil
	}
	items := make([]value, len(v.node.Content))
	for i, node := range v.node.Content {
		items[i] = value{fmt.Sprintf("%s[%d]", v.path, i), node.Line, present(node)}
	}
	return items
}

// read parses the text at v into dst and reports whether it did. An absent value leaves dst, the default, alone.
// Every scalar is its text, quoted or not: each parser knows best what it accepts.
func read[T any](d *decoder, v value, dst *T, parse func(string) (T, error)) bool {
	if v.node == nil || !d.is(v, yaml.ScalarNode) {
		return false
	}
	if v.node.Style&yaml.TaggedStyle != 0 {
		d.fault(v, "tag %s; write the value without it", quote(v.node.Tag))
		return false
	}
	text, err := d.expand(v)
	var got T
	if err == nil {
		got, err = parse(text)
	}
	if err != nil {
		d.fault(v, "%s: %v", quote(v.node.Value), err)
		return false
	}
	*dst = got
	return true
}

// expand returns the text of v with the values of its variables.
func (d *decoder) expand(v value) (string, error) {
	text := v.node.Value
	if !strings.Contains(text, "${") {
		return text, nil
	}
	if d.expandText == nil {
		d.warn(v, `%s: has "${" in it, which stands for itself; to have the environment's value in its place, start with --config.expand-env`, quote(text))
		return text, nil
	}
	return d.expandText(text)
}

// require is read for a value that has no default; want says what to write.
func require[T any](d *decoder, v value, dst *T, parse func(string) (T, error), want string) bool {
	if v.node == nil {
		d.fault(v, "missing; write %s", want)
	}
	return read(d, v, dst, parse)
}
