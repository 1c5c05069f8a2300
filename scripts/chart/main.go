// Command chart writes those files of the Helm chart that say what others say:
// copies, because a chart with links renders neither from Git nor on Windows, and
// the schema of its values, whose part below config is the program's own schema.
// Usage: chart ROOT DIRECTORY
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// configSchema is the schema of the configuration, below the root.
const configSchema = "docs/config.schema.json"

// copies are the files of deploy/ that the chart renders.
var copies = []string{"rules.yml", "rules.zh-CN.yml", "dashboard.json"}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: chart ROOT DIRECTORY")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

func write(root, out string) error {
	if err := os.MkdirAll(filepath.Join(out, "files"), 0o755); err != nil {
		return err
	}
	for _, name := range copies {
		text, err := os.ReadFile(filepath.Join(root, "deploy", name))
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(out, "files", name), text, 0o644); err != nil {
			return err
		}
	}
	text, err := schema(root)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(out, "values.schema.json"), text, 0o644)
}

// schema returns the schema of the values, with the configuration's in its
// definitions.
func schema(root string) ([]byte, error) {
	var values, config map[string]any
	for path, into := range map[string]*map[string]any{"scripts/chart/values.schema.json": &values, configSchema: &config} {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return nil, err
		}
		if err := json.Unmarshal(text, into); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	delete(config, "$schema")
	delete(config, "$id")
	values["definitions"].(map[string]any)["config"] = moved(config)
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(values)
	return b.Bytes(), err
}

// moved returns a schema whose references hold where it is only a definition. A
// region is no endpoint: that mistake is refused before the program can. Where the program takes any scalar for text, a chart takes text alone: Helm
// reads YAML 1.1, which makes of on, 0012 and 1.10 something else.
func moved(part any) any {
	switch p := part.(type) {
	case map[string]any:
		for key, value := range p {
			if ref, ok := value.(string); ok && key == "$ref" {
				p[key] = strings.Replace(ref, "#", "#/definitions/config", 1)
			} else if types, ok := value.([]any); ok && key == "type" && slices.Contains(types, "string") && slices.Contains(types, "boolean") {
				p[key] = "string"
			} else {
				p[key] = moved(value)
			}
			if property, ok := value.(map[string]any); ok && key == "region" {
				property["not"] = map[string]any{"pattern": "^oss-|[.]"}
			}
		}
	case []any:
		for i, value := range p {
			p[i] = moved(value)
		}
	}
	return part
}
