//go:build budget

package budget_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// root is the folder of the module.
const root = "../.."

var (
	update = flag.Bool("update", false, "lower the numbers of budget.json to those that were counted")
	list   = flag.String("list-count", "", "print the items of one count, such as \"scrape functions\"")
)

// line is a number of budget.json.
type line struct {
	Now  int `json:"now"`            // the most that is allowed
	Goal int `json:"goal,omitempty"` // 0 is none
}

// count is a number and the items that it counts.
type count struct {
	n     int
	items []string
}

func countOf(items []string) count { return count{len(items), items} }

// TestBudget compares the counts with budget.json.
func TestBudget(t *testing.T) {
	counted := map[string]count{}
	countPaths(t, counted)
	countWords(t, counted)
	text, err := os.ReadFile("budget.json")
	if err != nil {
		t.Fatal(err)
	}
	budget := map[string]line{}
	if err := json.Unmarshal(text, &budget); err != nil {
		t.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		c := counted[name]
		allowed, isListed := budget[name]
		t.Logf("%-21s %5d  budget %5d  goal %5d", name, c.n, allowed.Now, allowed.Goal)
		switch {
		case !isListed:
			t.Errorf("%s is not in budget.json", name)
		case c.n > allowed.Now:
			t.Errorf("%s: %d, and the budget is %d; to see them: make budget LIST=%q", name, c.n, allowed.Now, name)
		case c.n < allowed.Now && !*update:
			t.Logf("%s is below its budget: lower it with make budget UPDATE=1", name)
		}
		if c.n < allowed.Now {
			budget[name] = line{c.n, allowed.Goal}
		}
	}
	for name := range budget {
		if _, isCounted := counted[name]; !isCounted {
			t.Errorf("budget.json has %q, which is not counted", name)
		}
	}
	if len(counted[*list].items) > 0 {
		t.Log(*list + ":\n" + strings.Join(counted[*list].items, "\n"))
	}
	if *update && !t.Failed() {
		write(t, budget)
	}
}

func write(t *testing.T, budget map[string]line) {
	t.Helper()
	var b bytes.Buffer
	b.WriteString("{\n")
	names := slices.Sorted(maps.Keys(budget))
	for i, name := range names {
		text, err := json.Marshal(budget[name])
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "  %q: %s%s\n", name, text, map[bool]string{true: ",", false: ""}[i < len(names)-1])
	}
	b.WriteString("}\n")
	if err := os.WriteFile("budget.json", b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}
