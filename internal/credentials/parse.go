package credentials

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"oss_cname_exporter/internal/secret"
)

// keyText is a key as the vendor's services and tools write it in JSON. Names
// are read in any case.
type keyText struct {
	AccessKeyID     string `json:"AccessKeyId"`
	AccessKeySecret string
	SecurityToken   string
	Expiration      instant
}

// keyReply has a key in any of its places: bare (the metadata service, a program of
// the OSS SDK, a credentials URI), inside Credentials (STS), or spelt as the CLI's
// External mode has it.
type keyReply struct {
	Code string
	keyText
	Credentials *keyText

	Mode      string  `json:"mode"`
	CLIID     string  `json:"access_key_id"`
	CLISecret string  `json:"access_key_secret"`
	CLIToken  string  `json:"sts_token"`
	CLIEnd    instant `json:"sts_expiration"`
}

// instant is an RFC 3339 text or a number of Unix seconds; "", 0 and null are
// none.
type instant struct{ time.Time }

// UnmarshalJSON implements json.Unmarshaler.
func (i *instant) UnmarshalJSON(text []byte) error {
	if seconds, err := strconv.ParseInt(string(text), 10, 64); err == nil {
		if seconds != 0 {
			i.Time = time.Unix(seconds, 0)
		}
		return nil
	}
	var quoted string
	if err := json.Unmarshal(text, &quoted); err != nil || quoted == "" {
		return err
	}
	var err error
	i.Time, err = time.Parse(time.RFC3339, quoted)
	return err
}

// parseKey finds the key in text. The error does not quote it but for a word of
// its own, without its parts of secrets.
func parseKey(text []byte, secrets ...secret.Value) (secret.Key, error) {
	var r keyReply
	if json.Unmarshal(text, &r) != nil {
		return secret.Key{}, errors.New("no key as JSON in it")
	}
	found := r.keyText
	switch {
	case r.Code != "" && r.Code != "Success":
		return secret.Key{}, fmt.Errorf("the code is %.40q", secret.RemoteText(r.Code, secrets...))
	case r.Mode != "" && r.Mode != "AK" && r.Mode != "StsToken":
		return secret.Key{}, fmt.Errorf("the mode is %.40q; it can be AK or StsToken", secret.RemoteText(r.Mode, secrets...))
	case r.Credentials != nil:
		found = *r.Credentials
	case r.CLIID != "":
		found = keyText{r.CLIID, r.CLISecret, r.CLIToken, r.CLIEnd}
		if found.Expiration.IsZero() {
			found.Expiration = r.Expiration
		}
	}
	key := secret.Key{
		ID: found.AccessKeyID, Secret: secret.Value(found.AccessKeySecret),
		Token: secret.Value(found.SecurityToken), Expires: found.Expiration.Time,
	}
	return key.Trimmed()
}
