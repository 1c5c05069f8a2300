package configfile_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/configfile"
)

func TestEnvironmentInValues(t *testing.T) {
	env := map[string]string{"REGION": "cn-hangzhou", "TEAM": "web", "EVIL": "x, y: [z]\n- {", "HOST": "WWW"}
	load := func(text string, getenv func(string) string) (*config.Config, error) {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return configfile.NewSource(path, configfile.SourceOptions{Getenv: getenv}).Load()
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
