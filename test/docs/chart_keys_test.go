package docs_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestChartKeys holds docs/install/chart-keys.md to the chart: each row compares
// with two charts at least, and names a value that the schema knows or says why
// there is none.
func TestChartKeys(t *testing.T) {
	var schema map[string]any
	if err := json.Unmarshal([]byte(read(t, "deploy/helm/oss-cname-exporter/values.schema.json")), &schema); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(read(t, "docs/install/chart-keys.md")) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 8 || strings.HasPrefix(cells[1], "---") || strings.TrimSpace(cells[1]) == "here" {
			continue
		}
		rows++
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		key, others, reason := strings.Trim(cells[1], "`"), cells[2:6], cells[6]
		if (key == "") != (reason != "") {
			t.Errorf("neither or both, a value and a reason: %s", line)
		}
		if key != "" && !hasKey(schema, strings.Split(key, ".")) {
			t.Errorf("the chart has no %s", key)
		}
		if absent := len(others) - len(slices.DeleteFunc(slices.Clone(others), func(s string) bool { return s == "—" })); absent > 2 {
			t.Errorf("only one chart has it: %s", line)
		}
	}
	if rows < 80 {
		t.Errorf("only %d rows", rows)
	}
}

// hasKey reports whether a schema of an object knows the path of a key.
func hasKey(schema map[string]any, path []string) bool {
	properties, _ := schema["properties"].(map[string]any)
	part, ok := properties[path[0]].(map[string]any)
	return ok && (len(path) == 1 || hasKey(part, path[1:]))
}
