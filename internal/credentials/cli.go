package credentials

import (
	"encoding/json"
	"errors"
	"fmt"

	"oss_cname_exporter/internal/secret"
)

// cliConfig is the configuration file of Alibaba Cloud's CLI, as far as it
// matters here. The CLI's own list of fields:
// https://github.com/aliyun/aliyun-cli/blob/master/config/profile.go
type cliConfig struct {
	Current  string
	Profiles []cliProfile
}

// cliProfile has sts_endpoint, enable_vpc and policy besides, which the CLI
// leaves to the SDKs that read its file.
type cliProfile struct {
	Name, Mode      string
	AccessKeyID     string       `json:"access_key_id"`
	AccessKeySecret secret.Value `json:"access_key_secret"`
	StsToken        secret.Value `json:"sts_token"`

	StsEndpoint string `json:"sts_endpoint"`
	StsRegion   string `json:"sts_region"`
	EnableVPC   bool   `json:"enable_vpc"`

	RAMRoleName     string `json:"ram_role_name"`
	RAMRoleARN      string `json:"ram_role_arn"`
	RAMSessionName  string `json:"ram_session_name"`
	ExpiredSeconds  int    `json:"expired_seconds"`
	Policy          string `json:"policy"`
	ExternalID      string `json:"external_id"`
	SourceProfile   string `json:"source_profile"`
	OIDCProviderARN string `json:"oidc_provider_arn"`
	OIDCTokenFile   string `json:"oidc_token_file"`

	ProcessCommand string `json:"process_command"`

	// Fields by which a mode is recognized that is refused.
	CloudSSOSignInURL string       `json:"cloud_sso_sign_in_url"`
	PrivateKey        secret.Value `json:"private_key"`
	KeyPairName       string       `json:"key_pair_name"`
	BearerToken       secret.Value `json:"bearer_token"`
}

// parseCLIConfig reads the file's text. The error does not quote it.
func parseCLIConfig(text string) (cliConfig, error) {
	config := cliConfig{Current: "default"}
	if text == "" {
		return cliConfig{}, errors.New("the file is empty; write it with aliyun configure")
	}
	if json.Unmarshal([]byte(text), &config) != nil {
		return cliConfig{}, errors.New("not the CLI's JSON; write it with aliyun configure")
	}
	return config, nil
}

func (c cliConfig) profile(name string) (cliProfile, error) {
	for _, p := range c.Profiles {
		if p.Name == name {
			return p, nil
		}
	}
	return cliProfile{}, fmt.Errorf("no profile %q; write one with aliyun configure --profile", name)
}

// key returns the key that the profile spells out.
func (p cliProfile) key() secret.Key {
	return secret.Key{ID: p.AccessKeyID, Secret: p.AccessKeySecret, Token: p.StsToken}
}
