package config_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestEmptyFiles(t *testing.T) {
	for _, text := range []string{"", "\n\n", "# only a comment\n", "---\n", "---\n# x\n", "~", "null\n", "\ufeff"} {
		checkFaults(t, text, "1: empty; write at least accounts and targets, as config.example.yaml does")
	}
}

func TestSyntax(t *testing.T) {
	const block = "; check the quotes and the indentation around here"
	const star = `; quote a value that begins with "*" or "&", as in "*.example.com"`
	for _, tt := range []struct{ name, text, want string }{
		{"bare wildcard", "targets:\n- bucket: b\n  cname: *.example.com\n", "3: not valid YAML: did not find expected alphabetic or numeric character" + star},
		{"bare wildcard, first line", "cname: *.example.com\n", "1: not valid YAML: did not find expected alphabetic or numeric character" + star},
		{"unknown alias", "a: 1\nb: *web\n", `2: not valid YAML: unknown anchor 'web' referenced; quote a value that begins with "*", as in "*.example.com"`},
		{"tab", "probe:\n\ttimeout: 5s\n", "2: not valid YAML: found character that cannot start any token; indent with spaces, not tabs, and quote a value that begins with @, % or a backtick"},
		{"tab after a value", "a: 1\n\tb: 2\n", "2: not valid YAML: found a tab character that violates indentation; indent with spaces, not tabs"},
		{"colon in a value", "a: 1\nb: c: d\n", `2: not valid YAML: mapping values are not allowed in this context; check the indentation, and quote a value that contains ": "`},
		{"no colon", "a: 1\nb\nc: 3\n", `2: not valid YAML: could not find expected ':'; write "key: value"`},
		{"open quote", "a: 1\nb: \"x\nc: 3\n", "2: not valid YAML: found unexpected end of stream; close the quote that opens here"},
		{"open list", "a: 1\nb: [1, 2\nc: 3\n", `2: not valid YAML: did not find expected ',' or ']'; close the "[" that opens here`},
		{"open mapping", "a: 1\nb: {x: 1\nc: 3\n", `2: not valid YAML: did not find expected ',' or '}'; close the "{" that opens here`},
		{"stray bracket", "a: 1\nb: ]\n", "2: not valid YAML: did not find expected node content" + block},
		{"dedent", "a: 1\nb:\n    c: 1\n  d: 2\n", "4: not valid YAML: did not find expected key" + block},
		{"list among keys", "a: 1\n- b\n", "2: not valid YAML: did not find expected key" + block},
		{"surrogate", "a: 1\nb: \"\\ud800\"\n", "2: not valid YAML: found invalid Unicode character escape code" + block},
	} {
		t.Run(tt.name, func(t *testing.T) { checkFaults(t, tt.text, tt.want) })
	}
}

func TestOneDocument(t *testing.T) {
	const second = `a second YAML document; write one, without "---" between parts`
	checkFaults(t, minimal+"---\n"+minimal, "4: "+second)
	checkFaults(t, minimal+"---\n", "4: "+second)
	checkFaults(t, "---\nprobe: {timeout: x}\n"+minimal+"---\n{",
		"2: probe.timeout: \"x\": not a duration; write a number with its unit (ms, s, m, h, d), such as \"30s\"\n"+
			"7: not valid YAML: did not find expected node content; check the quotes and the indentation around here")
	parse(t, "---"+minimal+"...\n")
	parse(t, "\ufeff"+strings.ReplaceAll(minimal, "\n", "\r\n"))
}

func TestUnreadableText(t *testing.T) {
	const want = "not readable as text; save the file as UTF-8 without control characters"
	for _, text := range []string{
		"#\n# \xff\n", "a: b\n\xc3(: c", "\n\n\x00", "\r\n\x1b[0m", "\n\u0085", "\n\ufffe", "\n\U0010ffff",
		"a\n\xed\xa0\x80", "\xff\xfea\x00:\x00",
	} {
		line := "2: "
		switch text[0] {
		case '\xff':
			line = "1: "
		case '\n':
			if text[1] == '\n' {
				line = "3: "
			}
		}
		checkFaults(t, text, line+want)
	}
}

// Nothing a file says, however nested or self-referring, may cost more than reading it.
func TestHostileFilesEnd(t *testing.T) {
	labels := "{" + strings.Repeat("a: 1, ", 100) + "}"
	for name, text := range map[string]string{
		"nested lists":     strings.Repeat("[", 200_000),
		"nested mappings":  strings.Repeat("{a: ", 200_000),
		"nested indents":   strings.Repeat("- ", 50_000),
		"recursive":        "accounts: &a {main: *a}\ntargets: &t [*t, *t]\n",
		"same target":      "accounts: {main: {region: cn-hangzhou}}\ntargets:\n- &t {bucket: b, " + strings.Repeat("x: 1, ", 1000) + "}\n" + strings.Repeat("- *t\n", 10_000),
		"same labels":      "accounts: {main: {region: cn-hangzhou}}\ntargets:\n- {labels: &l " + labels + "}\n" + strings.Repeat("- {labels: *l}\n", 10_000),
		"many anchors":     strings.Repeat("- &a x\n", 10_000),
		"unknown anchor":   "a: *" + strings.Repeat("a", 100_000),
		"past panic":       "#\n-\n{",
		"same account":     "accounts:\n  a: &a {" + strings.Repeat("x: 1, ", 1000) + "}\n" + aliases(10_000) + "targets: []\n",
		"long unknown key": strings.Repeat("k", 1_000_000) + ": 1\n",
	} {
		t.Run(name, func(t *testing.T) {
			if faults := refused(t, text); len(faults) > 400_000 {
				t.Errorf("%d bytes of faults", len(faults))
			}
		})
	}
}

func TestBillionLaughs(t *testing.T) {
	text := "probe: &a0 {timeout: 5s}\n"
	for i := range 30 {
		previous := "*a" + string(rune('0'+i)) + ", "
		text += "x" + string(rune('0'+i)) + ": &a" + string(rune('1'+i)) + " [" + strings.Repeat(previous, 10) + "]\n"
	}
	refused(t, text)
}

func TestReadingStopsAfterAHundredFaults(t *testing.T) {
	got := strings.Split(refused(t, strings.Repeat("x: 1\n", 50)+"targets:\n"+strings.Repeat("- {}\n", 200)), "\n")
	if len(got) != 101 {
		t.Fatalf("%d lines, want 100 faults and a note", len(got))
	}
	if last := got[100]; !strings.HasSuffix(last, ": reading stopped after 100 faults; mend these first") {
		t.Errorf("last line: %s", last)
	}
}

// aliases is n accounts that are all the same mapping.
func aliases(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "  a%d: *a\n", i)
	}
	return b.String()
}
