package config

import "gopkg.in/yaml.v3"

// Key is one key of a mapping, as the documents and the JSON schema have it.
type Key struct {
	Name    string
	Values  string         // the values that it takes, in a few words
	Default string         // as it would be written; "" is none, or that of the section with the same keys above it
	Needed  string         // the remedy if it is missing; "" is optional
	Doc     string         // one sentence without its full stop
	Schema  map[string]any // JSON schema of the value
}

// key is a Key whose value is read into a T.
type key[T any] struct {
	Key
	// read parses a value that is there into to, and reports whether it did; nil is a value that depends on others, and
	// is read by the code of its section.
	read func(p *parser, v value, to *T) bool
}

// kind is a kind of single value: its text is parsed to a V.
type kind[V any] struct {
	parse  func(string) (V, error)
	values string
	schema map[string]any
}

// entryOf returns the key whose single value is read into a field of T.
func entryOf[T, V any](name string, k kind[V], field func(*T) *V, byDefault, doc string) key[T] {
	return key[T]{
		Key{Name: name, Values: k.values, Default: byDefault, Doc: doc, Schema: k.schema},
		func(p *parser, v value, to *T) bool { return read(p.decoder, v, field(to), k.parse) },
	}
}

// needed returns k as a key that must be there; want is the remedy if it is not.
func (k key[T]) needed(want string) key[T] {
	k.Needed = want
	return k
}

// keyValue is the value of a key in a mapping.
type keyValue struct {
	value
	ok bool // the value is there, and was read
}

// readKeys reads the mapping v into to, and returns its values; nil if v is no mapping.
func readKeys[T any](p *parser, v value, keys []key[T], to *T) map[string]keyValue {
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = k.Name
	}
	fields := p.fields(v, names...)
	if fields == nil {
		return nil
	}
	values := make(map[string]keyValue, len(keys))
	for _, k := range keys {
		f := keyValue{value: fields[k.Name]}
		switch {
		case f.node == nil && k.Needed != "":
			p.missing(f.value, k.Needed)
		case f.node != nil && k.read != nil:
			f.ok = k.read(p, f.value, to)
		}
		values[k.Name] = f
	}
	return values
}

// setDefaults reads the defaults of keys into to.
func setDefaults[T any](p *parser, keys []key[T], to *T) {
	for _, k := range keys {
		if k.Default != "" && k.read != nil {
			k.read(p, value{node: &yaml.Node{Kind: yaml.ScalarNode, Value: k.Default}}, to)
		}
	}
}

// documented returns keys without the types that they are read into.
func documented[T any](keys []key[T]) []Key {
	all := make([]Key, len(keys))
	for i, k := range keys {
		all[i] = k.Key
	}
	return all
}
