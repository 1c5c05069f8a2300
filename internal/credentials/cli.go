package credentials

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

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
	AccessKeyID     string      `json:"access_key_id"`
	AccessKeySecret secret.Text `json:"access_key_secret"`
	StsToken        secret.Text `json:"sts_token"`
	StsExpiration   int64       `json:"sts_expiration"`

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
	CredentialsURI string `json:"credentials_uri"`

	CloudSSOSignInURL         string      `json:"cloud_sso_sign_in_url"`
	CloudSSOAccountID         string      `json:"cloud_sso_account_id"`
	CloudSSOAccessConfig      string      `json:"cloud_sso_access_config"`
	CloudSSOAccessTokenExpire int64       `json:"cloud_sso_access_token_expire"`
	AccessToken               secret.Text `json:"access_token"`

	OAuthSiteType          string      `json:"oauth_site_type"`
	OAuthAccessToken       secret.Text `json:"oauth_access_token"`
	OAuthAccessTokenExpire int64       `json:"oauth_access_token_expire"`

	PrivateKey  secret.Text `json:"private_key"`   // of the mode RsaKeyPair, which is refused
	KeyPairName string      `json:"key_pair_name"` // same
	BearerToken secret.Text `json:"bearer_token"`  // of the mode BearerToken, which is refused
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
			return p.withMode(), nil
		}
	}
	return cliProfile{}, fmt.Errorf("no profile %q; write one with aliyun configure --profile", name)
}

// The CLI's modes.
const (
	modeAK            = "AK"
	modeStsToken      = "StsToken"
	modeRole          = "RamRoleArn"
	modeRoleOfECS     = "RamRoleArnWithRoleName"
	modeRoleOfProfile = "ChainableRamRoleArn"
	modeECS           = "EcsRamRole"
	modeOIDC          = "OIDC"
	modeExternal      = "External"
	modeURI           = "CredentialsURI"
	modeCloudSSO      = "CloudSSO"
	modeOAuth         = "OAuth"
	modeKeyPair       = "RsaKeyPair"
	modeBearer        = "BearerToken"
	modeAnonymous     = "Anonymous"
)

// withMode returns p with its mode as the constants spell it; a mode that is
// missing follows from the fields, as the CLI has it.
func (p cliProfile) withMode() cliProfile {
	for _, mode := range []string{
		modeAK, modeStsToken, modeRole, modeRoleOfECS, modeRoleOfProfile, modeECS, modeOIDC, modeExternal, modeURI,
		modeCloudSSO, modeOAuth, modeKeyPair, modeBearer, modeAnonymous,
	} {
		if strings.EqualFold(p.Mode, mode) {
			p.Mode = mode
			return p
		}
	}
	if p.Mode != "" {
		return p
	}
	hasKey := p.AccessKeyID != "" && p.AccessKeySecret != ""
	switch {
	case hasKey && p.StsToken != "":
		p.Mode = modeStsToken
	case hasKey && p.RAMRoleARN != "":
		p.Mode = modeRole
	case hasKey:
		p.Mode = modeAK
	case p.PrivateKey != "" && p.KeyPairName != "":
		p.Mode = modeKeyPair
	case p.RAMRoleName != "":
		p.Mode = modeECS
	case p.ProcessCommand != "":
		p.Mode = modeExternal
	case p.OIDCProviderARN != "" && p.OIDCTokenFile != "" && p.RAMRoleARN != "":
		p.Mode = modeOIDC
	case p.CloudSSOSignInURL != "":
		p.Mode = modeCloudSSO
	case p.BearerToken != "":
		p.Mode = modeBearer
	}
	return p
}

// key returns the key that the profile spells out.
func (p cliProfile) key() secret.Key {
	return secret.Key{ID: p.AccessKeyID, Secret: p.AccessKeySecret, Token: p.StsToken}
}
