package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

var plainKeyPattern = regexp.MustCompile(`^[a-zA-Z0-9_.-]{1,64}$`)

// decoder walks YAML nodes and collects their faults.
type decoder struct {
	file     string
	faults   Faults
	warnings Faults // of values that are accepted and are probably slips
	merged   int    // how many keys were merged
	// expandText is FileOptions.Expand.
	expandText func(string) (string, error)
}

// value is the content of the file in one place.
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
		key = quoteKey(key)
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
	if slip := slipIn(v.node.Value); v.node.Kind == yaml.ScalarNode && iniKey.MatchString(v.node.Value) {
		d.fault(v, "%s", slip)
		return false
	}
	advice := kindName(kind)
	switch only := onlyItem(v.node); {
	case kind == yaml.ScalarNode && only != nil:
		advice += ", " + quote(only.Value)
	case kind == yaml.SequenceNode && v.node.Kind == yaml.ScalarNode && v.node.Value != "":
		advice += ", as in [" + quote(v.node.Value) + "]"
	}
	d.fault(v, "%s; write %s", kindName(v.node.Kind), advice)
	return false
}

// onlyItem returns the only value of a list; nil if it is no list of one value.
func onlyItem(node *yaml.Node) *yaml.Node {
	if node.Kind != yaml.SequenceNode || len(node.Content) != 1 || node.Content[0].Kind != yaml.ScalarNode {
		return nil
	}
	return node.Content[0]
}

// Bounds of the merge keys (<<) of a file: an anchor may be merged many times, and into itself.
const (
	maxMergeDepth = 4
	maxMerged     = 1_000_000
)

// entries returns the keys and values of the mapping v, each key once, in the file's order. Those of merged mappings (<<)
// come after its own, which win over them.
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
	return d.merge(v, entries, lines, 0)
}

// merge returns entries with the keys of the mappings that they merge, and without the merge key.
func (d *decoder) merge(v value, entries []entry, known map[string]int, depth int) []entry {
	i := slices.IndexFunc(entries, func(e entry) bool { return e.key == "<<" })
	if i < 0 {
		return entries
	}
	from := entries[i]
	entries = slices.Delete(entries, i, i+1)
	if depth == maxMergeDepth {
		d.fault(from.value, "merges in merges; write at most %d, one in the other", maxMergeDepth)
		return entries
	}
	mappings := []value{from.value}
	if from.node != nil && from.node.Kind == yaml.SequenceNode {
		mappings = d.items(from.value)
	}
	for _, m := range mappings {
		if m.node == nil || m.node.Kind != yaml.MappingNode {
			d.fault(from.value, `merges no mapping; write the alias of one, as in "<<: *defaults"`)
			continue
		}
		for pair := range slices.Chunk(m.node.Content, 2) {
			key := keyText(pair[0])
			if _, own := known[key]; own && key != "<<" {
				continue
			}
			if d.merged++; d.merged > maxMerged {
				d.fault(from.value, "more than %d merged keys in all", maxMerged)
				return entries
			}
			known[key] = pair[0].Line
			entries = append(entries, entry{key, v.child(key, pair[0].Line, pair[1])})
		}
		entries = d.merge(v, entries, known, depth+1)
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
		if v.path == "" && strings.HasPrefix(e.key, "x-") {
			continue // a place for anchors
		}
		if _, ok := fields[e.key]; !ok {
			d.fault(value{path: v.path, line: e.line}, "%s", unknownKey(e.key, known))
			continue
		}
		fields[e.key] = e.value
	}
	return fields
}

// items returns the values in the list v.
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
// Every scalar is its text, quoted or not: each parser decides on the text.
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
	if key, ok := errors.AsType[hiddenError](err); ok {
		d.fault(v, "%v", key)
		return false
	}
	switch {
	case err != nil && withoutKeys(v.node.Value) == hidden:
		d.fault(v, "not valid here, and not shown because it looks like a key; no key belongs in this file")
		return false
	case err != nil:
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

// require is read for a value that has no default; want is the remedy if it is missing.
func require[T any](d *decoder, v value, dst *T, parse func(string) (T, error), want string) bool {
	if v.node == nil {
		d.missing(v, want)
	}
	return read(d, v, dst, parse)
}

// missing refuses a value that is absent; want is the remedy.
func (d *decoder) missing(at value, want string) { d.fault(at, "missing; write %s", want) }
