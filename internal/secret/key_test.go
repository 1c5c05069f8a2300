package secret_test

import (
	"strings"
	"testing"

	"oss_cname_exporter/internal/secret"
)

func TestTrimmed(t *testing.T) {
	got, err := secret.Key{ID: " id\n", Secret: "\tsecret\r\n", Token: "token\n"}.Trimmed()
	if err != nil || got.ID != "id" || string(got.Secret) != "secret" || string(got.Token) != "token" {
		t.Errorf("got %s %s %s, %v", got.ID, string(got.Secret), string(got.Token), err)
	}
	if _, err := (secret.Key{ID: "i!~", Secret: "s"}).Trimmed(); err != nil {
		t.Errorf("without a token, at the bounds of ASCII: %v", err)
	}
}

func TestKeysThatNoHeaderCarries(t *testing.T) {
	for want, key := range map[string]secret.Key{
		"the access key id is empty":     {Secret: "s"},
		"the access key secret is empty": {ID: "i", Secret: " \n"},
		"the access key id has a line break in it; write only the value, on one line":    {ID: "i\ni", Secret: "s"},
		"the access key secret has a line break in it; write only the value, on one":     {ID: "i", Secret: "s\rs"},
		"the access key secret has a blank in it; write only the value":                  {ID: "i", Secret: "s s"},
		"the security token has a blank in it; write only the value":                     {ID: "i", Secret: "s", Token: "t\tt"},
		"the security token has a control character in it; copy the value anew":          {ID: "i", Secret: "s", Token: "t\x00t"},
		"the access key id has a control character in it; copy the value anew":           {ID: "\x01i", Secret: "s"},
		"the security token has a character in it that is not ASCII; copy the value":     {ID: "i", Secret: "s", Token: "t–t"},
		"the access key secret has a character in it that is not ASCII; copy the value ": {ID: "i", Secret: "\u007fs"},
	} {
		if got, err := key.Trimmed(); err == nil || !strings.HasPrefix(err.Error(), want) || got != (secret.Key{}) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
