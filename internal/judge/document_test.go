package judge_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"oss_cname_exporter/internal/judge"
)

var update = flag.Bool("update", false, "write docs/problems.md")

const document = "../../docs/problems.md"

// TestDocument holds docs/problems.md to the table of kinds.
func TestDocument(t *testing.T) {
	want := written()
	if *update {
		if err := os.WriteFile(document, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if has, err := os.ReadFile(document); err != nil || string(has) != want {
		t.Errorf("%s is not the table of kinds (%v): go test ./internal/judge -run TestDocument -update", document, err)
	}
}

// written returns docs/problems.md.
func written() string {
	var b strings.Builder
	b.WriteString(`# Problems

<!-- Written by go test ./internal/judge -run TestDocument -update. -->

A problem of a domain is decided once, in the exporter. The page, the JSON, the log, ` + "`oss_cname_exporter check`" + ` and the alerts repeat the decision.

` + "`oss_cname_problem{bucket, cname, problem, severity}`" + ` is 1 while a domain has the problem. It is 0 for one hour after the problem ended or the
target was removed, and absent otherwise. The alert of a problem has its name in CamelCase, so that ` + "`not_served` is `OSSCnameNotServed`" + `.

| problem | severity | evidence | when | alert |
|---|---|---|---|---|
`)
	for _, k := range judge.Kinds() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | [%s](runbooks.md#%s) |\n",
			k, join(k.Severities(), ", "), code(k.Evidence()), k.Condition(), k.Alert(), strings.ToLower(k.Alert()))
	}
	b.WriteString(`
` + "`oss_cname_account_problem{account, region, check, reason, severity}`" + ` is the same for a failure that more than half of the domains of an account
share, at least two: one wrong key is one problem. The check is ` + "`token`, `binding`, `dns_txt`, `dns_cname` or `http`" + `. The domains' own ` + "`probe_failing` and\n`check_failing`" + ` are then not raised. ` + "`bucket_not_found` and `invalid_argument`" + ` are never shared: each is about one bucket or name. Its alert is [OSSCnameAccountFailing](runbooks.md#osscnameaccountfailing).

## Evidence

A process that was just started has no evidence, and contradicts nothing that another process said before it:

| evidence | a process has it as soon as it exports |
|---|---|
| ` + "`token`" + ` | ` + "`oss_cname_token_last_success_timestamp_seconds`" + ` |
| ` + "`binding`, `dns_txt`, `dns_cname`, `http`" + ` | ` + "`oss_cname_check_last_success_timestamp_seconds`" + ` with that label ` + "`check`" + ` |
| ` + "`attempt`" + ` | ` + "`oss_cname_token_probe_success`" + ` |
| ` + "`history`" + ` | nothing: only the process that saw it knows |

## Thresholds and severities

` + "`thresholds`" + ` and ` + "`problems`" + ` of the configuration, for all targets or for one:

` + "```yaml\n" + `thresholds: {token_warning: 24h, token_critical: 6h, certificate_warning: 14d, certificate_critical: 3d, facts_stale: 6h} # the defaults
problems: {ready_to_bind: off, dangling: critical}
` + "```\n")
	return b.String()
}

func join[T ~string](all []T, separator string) string {
	texts := make([]string, len(all))
	for i, one := range all {
		texts[i] = string(one)
	}
	return strings.Join(texts, separator)
}

func code(all []judge.Evidence) string { return "`" + join(all, "`, `") + "`" }
