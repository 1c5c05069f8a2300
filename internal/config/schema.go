package config

import (
	"encoding/json"
	"maps"
	"slices"
)

// Section is a mapping of the configuration with its keys.
type Section struct {
	Name string // of its definition in the JSON schema; "" is the whole file
	Doc  string
	Keys []Key
}

// Sections returns every mapping of the configuration, the whole file first.
func Sections() []Section {
	t := newParser("", FileOptions{}).tables
	credentials := documented(t.credentials)
	for i := range credentials {
		credentials[i].Needed = "" // by the types that say so
	}
	return []Section{
		{"", "The file", documented(t.root)},
		{"probe", "`probe`: how OSS is asked", documented(t.probe)},
		{"checks", "`checks`: what else is asked, for all targets or for one", documented(t.checks)},
		{"thresholds", "`thresholds`: when something is a problem, for all targets or for one", documented(t.thresholds)},
		{"problems", "`problems`: severities in place of a problem's own, for all targets or for one", documented(t.problems)},
		{"account", "An account", documented(t.account)},
		{"credentials", "`credentials` of an account", credentials},
		{"target", "A target", documented(t.target)},
		{"group", "A group of targets in a file of `target_files`", documented(t.group)},
	}
}

// TypesOf returns the credential types that know a key of credentials, with "*" after those that need it.
func TypesOf(name string) (types []string) {
	for _, t := range credentialsTypes() {
		switch {
		case slices.Contains(t.needs, name):
			types = append(types, t.name+"*")
		case slices.Contains(t.knows, name), name == "type":
			types = append(types, t.name)
		}
	}
	return types
}

// reference is the JSON schema of a section.
func reference(name string) map[string]any { return map[string]any{"$ref": "#/$defs/" + name} }

// Schema returns the JSON schema of a configuration, for editors.
func Schema() []byte {
	definitions := map[string]any{}
	var root map[string]any
	for _, s := range Sections() {
		object := s.schema()
		if s.Name != "" {
			definitions[s.Name] = object
			continue
		}
		root = object
		root["patternProperties"] = map[string]any{"^x-": map[string]any{}}
	}
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"] = "Configuration of oss_cname_exporter"
	root["$defs"] = definitions
	text, err := json.MarshalIndent(root, "", "  ")
	if err != nil {
		panic(err) // of maps, slices and texts
	}
	return append(text, '\n')
}

// schema returns the JSON schema of a mapping with the keys of s. A merge key stands for keys that are needed.
func (s Section) schema() map[string]any {
	properties, needed := map[string]any{"<<": map[string]any{}}, []string{}
	for _, k := range s.Keys {
		property := map[string]any{"description": k.Doc}
		maps.Copy(property, k.Schema)
		properties[k.Name] = property
		if k.Needed != "" {
			needed = append(needed, k.Name)
		}
	}
	object := map[string]any{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
	if len(needed) > 0 {
		object["anyOf"] = []any{map[string]any{"required": needed}, map[string]any{"required": []string{"<<"}}}
	}
	return object
}
