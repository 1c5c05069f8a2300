package config_test

import (
	"os"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"oss_cname_exporter/internal/config"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// minimal is the shortest accepted file.
const minimal = `
accounts: {main: {region: cn-hangzhou}}
targets: [{bucket: examplebucket, cname: www.example.com}]
`

func parse(t *testing.T, text string) *config.Config {
	t.Helper()
	c, err := config.Parse("config.yaml", []byte(text))
	if err != nil {
		t.Fatalf("Parse refused:\n%v\nfor:\n%s", err, text)
	}
	return c
}

// refused returns the faults of text, one to a line.
func refused(t *testing.T, text string) string {
	t.Helper()
	c, err := config.Parse("config.yaml", []byte(text))
	if err == nil {
		t.Fatalf("Parse accepted:\n%s", text)
	}
	if c != nil {
		t.Error("Parse gave a Config beside an error")
	}
	if _, ok := err.(config.Faults); !ok {
		t.Errorf("the error is a %T, not Faults", err)
	}
	return err.Error()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// containsAll reports whether text has each of the parts, which a colon and a blank after "warning" separate.
func containsAll(text, want string) bool {
	for part := range strings.SplitSeq(want, "warning: ") {
		if !strings.Contains(text, part) {
			return false
		}
	}
	return true
}
