package config_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"gopkg.in/yaml.v3"

	"oss_cname_exporter/internal/config"
)

var update = flag.Bool("update", false, "write the documents that are made from the table of keys")

// TestDocuments holds the documents to the tables of keys.
func TestDocuments(t *testing.T) {
	for path, want := range map[string][]byte{
		"../../docs/config.schema.json": config.Schema(),
		"../../docs/configuration.md":   []byte(document()),
	} {
		if *update {
			if err := os.WriteFile(path, want, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not current: go test ./internal/config -run TestDocuments -update (%v)", path, err)
		}
	}
}

func document() string {
	var b strings.Builder
	b.WriteString(`# Configuration

<!-- Written by go test ./internal/config -run TestDocuments -update. -->

One YAML file, named with ` + "`--config.file`" + `. [config.example.yaml](../config.example.yaml) shows every key in its place, and
[config.schema.json](config.schema.json) is its JSON schema. Editors with a YAML language server find it by a line with its path or URL, such as

` + "```yaml" + `
# yaml-language-server: $schema=docs/config.schema.json
` + "```" + `

The file is strict. An unknown key, a duplicate or a bad value is refused, all faults in one go, each with its line and what to write instead.
` + "`--config.check`" + ` reads the file and ends. Values are text, quoted or not. Durations are such as ` + "`500ms`, `30s`, `1h30m`, `14d`" + `. A relative path is beside the file.
Anchors, aliases and merge keys (` + "`<<: *defaults`" + `) work, and keys at the top level that begin with ` + "`x-`" + ` are a place for anchors.

No secret belongs into the file: a key that is written there is refused, and never repeated in a message. ` + "`targets`" + ` may be left out where something else asks:
` + "`/probe` with `unlisted: allow`, or `discover: true` of an account" + `.
`)
	for _, s := range config.Sections() {
		fmt.Fprintf(&b, "\n## %s\n\n", s.Doc)
		isCredentials := s.Name == "credentials"
		head, rule := "| key | values | default | meaning |", "|---|---|---|---|"
		if isCredentials {
			head, rule = head+" types (* needs it) |", rule+"---|"
		}
		fmt.Fprintf(&b, "%s\n%s\n", head, rule)
		for _, k := range s.Keys {
			byDefault := "`" + k.Default + "`"
			switch {
			case k.Needed != "":
				byDefault = "**required**"
			case k.Default == "":
				byDefault = ""
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |", k.Name, k.Values, byDefault, strings.ReplaceAll(strings.ReplaceAll(k.Doc, "<", `\<`), "|", `\|`))
			if isCredentials {
				fmt.Fprintf(&b, " %s |", strings.Join(config.TypesOf(k.Name), ", "))
			}
			b.WriteString("\n")
		}
	}
	b.WriteString(`
The names of credential types are explained in [credentials](credentials.md), the kinds of problems in [problems](problems.md), the resolvers in [DNS](dns.md).
With ` + "`--config.expand-env`" + ` a value may have ` + "`${NAME}`" + ` in it: [flags](flags.md#the-environment-in-the-configuration).
`)
	return b.String()
}

// TestSchema holds the JSON schema to the parser: what the parser accepts is valid, and a slip in a key is not.
func TestSchema(t *testing.T) {
	var schema any
	if err := json.Unmarshal(config.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("config.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	valid := func(text string) error {
		var read any
		if err := yaml.Unmarshal([]byte(text), &read); err != nil {
			t.Fatal(err)
		}
		asJSON, err := json.Marshal(read)
		if err != nil {
			t.Fatal(err)
		}
		instance, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
		if err != nil {
			t.Fatal(err)
		}
		return compiled.Validate(instance)
	}
	example, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		string(example), minimal,
		"accounts: {main: {region: \"${REGION}\", rate_limit: \"${RATE}\"}}\nx-any: [1]\n",
		"accounts: {main: {region: cn-hangzhou}}\ntargets:\n",
	} {
		if err := valid(text); err != nil {
			t.Errorf("%v\n%s", err, text)
		}
	}
	for _, text := range []string{
		"{}", "accounts: {}", "accounts: {main: {}}", "probes: {}" + minimal, "probe: {timeout: 5}" + minimal, "probe: {concurrency: 0}" + minimal,
		"accounts: {main: {region: cn-hangzhou, credentials: {type: rrsa}}}", "accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: abc}]",
	} {
		if valid(text) == nil {
			t.Errorf("accepted %s", text)
		}
	}
}

// TestExampleShowsEveryKey holds config.example.yaml to the tables of keys.
func TestExampleShowsEveryKey(t *testing.T) {
	example, err := os.ReadFile(examplePath)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range config.Sections() {
		for _, k := range s.Keys {
			if s.Name != "problems" && !regexp.MustCompile(`(?m)^[ #-]*`+k.Name+`:`).Match(example) {
				t.Errorf("%s does not show %s", examplePath, k.Name)
			}
		}
	}
	if !bytes.HasPrefix(example, []byte("# yaml-language-server: $schema=")) {
		t.Errorf("%s does not name its schema", examplePath)
	}
}

// TestDefaultsAreTheDocumentedOnes writes each default out.
func TestDefaultsAreTheDocumentedOnes(t *testing.T) {
	want := parse(t, minimal)
	for _, s := range config.Sections() {
		if !slices.Contains([]string{"probe", "checks", "problems"}, s.Name) {
			continue
		}
		for _, k := range s.Keys {
			if k.Default == "" {
				continue
			}
			got := parse(t, s.Name+": {"+k.Name+": "+k.Default+"}"+minimal)
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s.%s: %s makes a difference", s.Name, k.Name, k.Default)
			}
		}
	}
}
