package secret_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-kit/log"
	"gopkg.in/yaml.v3"

	"oss_cname_exporter/internal/secret"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// TestSecretNeverPrints goes through every verb and every encoder that could
// meet a secret, bare and inside other values; %p of a text is beyond any
// Formatter, and beyond go vet.
func TestSecretNeverPrints(t *testing.T) {
	const text = "s3cret"
	plain := secret.Value(text)
	key := secret.Key{ID: "id", Secret: plain, Token: plain}
	token := ossclient.Token{Value: plain}
	values := []any{
		plain, &plain, []secret.Value{plain}, map[string]secret.Value{"key": plain},
		key, &key, token, &token, status.Status{Token: plain}, &status.Status{Token: plain}, []any{key, token}, struct{ Any any }{plain}, fmt.Errorf("wrapped: %v", plain),
	}
	var out bytes.Buffer
	for _, verb := range "vsqxXdcboeEfFgGtTU" {
		for _, flags := range []string{"", "+", "#", "-50", "050", ".2"} {
			for _, value := range values {
				fmt.Fprintf(&out, "%"+flags+string(verb)+"\n", value)
			}
		}
	}
	for _, value := range values {
		fmt.Fprintln(&out, value)
		asJSON, _ := json.Marshal(value)
		out.Write(asJSON)
		asXML, _ := xml.Marshal(value)
		out.Write(asXML)
		asYAML, _ := yaml.Marshal(value)
		out.Write(asYAML)
		_ = log.NewLogfmtLogger(&out).Log("key", value)
		_ = log.NewJSONLogger(&out).Log("key", value)
		slog.New(slog.NewTextHandler(&out, nil)).Info("msg", "key", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("msg", "key", value)
	}
	fmt.Fprint(&out, errors.Join(fmt.Errorf("%w: %s", errors.New("cause"), plain)))
	hex := fmt.Sprintf("%x", text)
	for _, leak := range []string{text, hex, strings.ToUpper(hex), "115 51 99"} {
		if at := strings.Index(out.String(), leak); at >= 0 {
			t.Errorf("%q is printed: …%.80q…", leak, out.String()[max(0, at-40):])
		}
	}
	if n := strings.Count(out.String(), "(secret)"); n < 500 {
		t.Errorf("only %d secrets were met", n)
	}
}
