package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oss_cname_exporter/internal/config"
)

func TestEnvironmentInValues(t *testing.T) {
	env := map[string]string{"REGION": "cn-hangzhou", "TEAM": "web", "EVIL": "x, y: [z]\n- {", "HOST": "WWW"}
	load := func(text string, getenv func(string) string) (*config.Config, error) {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return config.NewSource(path, config.SourceOptions{Getenv: getenv}).Load()
	}
	text := func(region, label string) string {
		return "accounts: {main: {region: \"" + region + "\"}} # ${COMMENT}\ntargets: [{bucket: abc, cname: \"${HOST}.example.com\", labels: {team: \"" + label + "\"}}]\n"
	}
	for _, test := range []struct {
		region, label string
		want          string // label, or the error's end
	}{
		{"${REGION}", "${TEAM}", "web"},
		{"cn-${NOT}", "${TEAM}", `:1: accounts.main.region: "cn-${NOT}": the environment has no NOT, or it is empty; set it`},
		{"cn-hangzhou", "a ${TEAM} b ${TEAM}", "a web b web"},
		{"cn-hangzhou", "$TEAM", "$TEAM"},
		{"cn-hangzhou", "$${TEAM}", "${TEAM}"},
		{"cn-hangzhou", "$$${TEAM}", "$${TEAM}"},
		{"cn-hangzhou", "${EVIL}", `:2: targets[0].labels.team: "${EVIL}": has control characters; write it without them, on one line`},
		{"cn-hangzhou", "${TEAM", `:2: targets[0].labels.team: "${TEAM": not a variable; write one such as "${REGION}", or "$${" for a plain "${"`},
		{"cn-hangzhou", "${TEAM:-x}", `:2: targets[0].labels.team: "${TEAM:-x}": not a variable; write one such as "${REGION}", or "$${" for a plain "${"`},
		{"cn-hangzhou", "${}", `:2: targets[0].labels.team: "${}": not a variable; write one such as "${REGION}", or "$${" for a plain "${"`},
	} {
		c, err := load(text(test.region, test.label), func(name string) string { return env[name] })
		if err != nil {
			if !strings.HasSuffix(err.Error(), test.want) {
				t.Errorf("%s, %s: %v", test.region, test.label, err)
			}
			continue
		}
		if got := c.Targets[0]; got.Labels["team"] != test.want || got.Account.Region != "cn-hangzhou" || got.Cname() != "www.example.com" || c.Warnings != nil {
			t.Errorf("%s, %s: %+v, warnings %v", test.region, test.label, got, c.Warnings)
		}
	}
	c, err := load("accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: abc, cname: www.example.com, labels: {team: \"${TEAM}\"}}]\n", nil)
	if err != nil || c.Targets[0].Labels["team"] != "${TEAM}" {
		t.Errorf("without the flag: %v, %v", c, err)
	} else if got := c.Warnings.Error(); !strings.HasSuffix(got, `config.yaml:2: targets[0].labels.team: "${TEAM}": has "${" in it, which stands for itself; to have the environment's value in its place, start with --config.expand-env`) {
		t.Errorf("warned %q", got)
	}
}

func TestDurationsHaveDays(t *testing.T) {
	for text, want := range map[string]string{"1d": "24h0m0s", "0.5d": "12h0m0s", "90s": "1m30s", "1h30m": "1h30m0s"} {
		if got := parse(t, "probe: {cache_ttl: "+text+"}"+minimal).Probe.CacheTTL.String(); got != want {
			t.Errorf("%s is %s", text, got)
		}
	}
}

// TestLabelsOfPrometheus has names that mean something to it.
func TestLabelsOfPrometheus(t *testing.T) {
	with := func(name string) (*config.Config, error) {
		return config.Parse("c.yaml", []byte("accounts: {main: {region: cn-hangzhou}}\ntargets: [{bucket: abc, cname: www.example.com, labels: {"+name+": x}}]\n"))
	}
	for _, name := range []string{"le", "quantile"} {
		if _, err := with(name); err == nil || !strings.Contains(err.Error(), `write another name, such as "my_`+name+`"`) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, name := range []string{"instance", "job"} {
		if c, err := with(name); err != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings.Error(), "exported_"+name) {
			t.Errorf("%s: %v, %v", name, c, err)
		}
	}
}
