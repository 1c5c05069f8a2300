package ossclient

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"
)

// Profile is one profile in the configuration file of Alibaba Cloud's CLI.
type Profile struct {
	File   string              // "" is ALIBABA_CLOUD_CONFIG_FILE, else ~/.aliyun/config.json
	Name   string              // "" is ALIBABA_CLOUD_PROFILE, else the file's current one
	Getenv func(string) string // os.Getenv or a stand-in
	STS    STS                 // for profiles that play a role
}

// FromProfile gets keys the way the CLI would. It reads the file each time it
// is asked, and starts anew when the file has changed. The file is read here,
// and only what it leads to is the vendor's library's: the library's own
// reader takes what a profile lacks from the environment, prints what a program
// of a profile says and writes it back to the file, falls back to the
// metadata service's old mode, and never returns from a profile that is its own
// source.
func FromProfile(p Profile) Credentials {
	p.File = cmp.Or(p.File, p.Getenv("ALIBABA_CLOUD_CONFIG_FILE"), filepath.Join(p.Getenv("HOME"), ".aliyun", "config.json"))
	p.Name = cmp.Or(p.Name, p.Getenv("ALIBABA_CLOUD_PROFILE"))
	return &profileReader{Profile: p}
}

type profileReader struct {
	Profile

	mu   sync.Mutex  // guards all below
	text string      // of the file, when source was made
	from Credentials // what the profile says
}

// Key implements Credentials.
func (r *profileReader) Key(ctx context.Context) (Key, error) {
	from, err := r.source()
	if err != nil {
		return Key{}, fmt.Errorf("reading profile_file %q: %w", r.File, err)
	}
	return from.Key(ctx)
}

func (r *profileReader) source() (Credentials, error) {
	text, err := readBounded(r.File)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.from != nil && text == r.text {
		return r.from, nil
	}
	from, err := r.parse(text)
	if err != nil {
		return nil, err
	}
	r.text, r.from = text, from
	return from, nil
}

func (r *profileReader) refused(token Secret) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	from, ok := r.from.(refusable)
	return ok && from.refused(token)
}

// cliConfig is the file, as far as it matters here.
type cliConfig struct {
	Current  string
	Profiles []cliProfile
}

type cliProfile struct {
	Name, Mode      string
	AccessKeyID     string `json:"access_key_id"`
	AccessKeySecret string `json:"access_key_secret"`
	StsToken        string `json:"sts_token"`
	RAMRoleName     string `json:"ram_role_name"`
	RAMRoleARN      string `json:"ram_role_arn"`
	RAMSessionName  string `json:"ram_session_name"`
	ExpiredSeconds  int    `json:"expired_seconds"`
	Policy          string `json:"policy"`
	ExternalID      string `json:"external_id"`
	SourceProfile   string `json:"source_profile"`
	OIDCProviderARN string `json:"oidc_provider_arn"`
	OIDCTokenFile   string `json:"oidc_token_file"`
	StsRegion       string `json:"sts_region"`
}

func (r *profileReader) parse(text string) (Credentials, error) {
	var config cliConfig
	if text == "" {
		return nil, errors.New("the file is empty; write it with aliyun configure")
	}
	if json.Unmarshal([]byte(text), &config) != nil {
		return nil, errors.New("not the CLI's JSON; write it with aliyun configure") // the cause may quote the file
	}
	return r.credentials(config, cmp.Or(r.Name, config.Current), 0)
}

// credentials translates a profile; depth is how many others lead to it.
func (r *profileReader) credentials(config cliConfig, name string, depth int) (Credentials, error) {
	p, err := config.profile(name)
	if err != nil {
		return nil, err
	}
	if depth > len(config.Profiles) {
		return nil, fmt.Errorf("profile %q is its own source_profile", name)
	}
	sts, role := r.STS, Role{
		ARN: p.RAMRoleARN, SessionName: p.RAMSessionName, Policy: p.Policy, ExternalID: p.ExternalID,
		Duration: time.Duration(p.ExpiredSeconds) * time.Second,
	}
	if p.StsRegion != "" {
		sts.Endpoint = "https://sts." + p.StsRegion + ".aliyuncs.com"
	}
	key := Key{ID: p.AccessKeyID, Secret: Secret(p.AccessKeySecret)}
	switch p.Mode {
	case "AK":
		return fixed(name, key), nil
	case "StsToken":
		key.Token = Secret(p.StsToken)
		return fixed(name, key), nil
	case "RamRoleArn":
		return sts.FromRole(fixed(name, key), role), nil
	case "ChainableRamRoleArn":
		source, err := r.credentials(config, p.SourceProfile, depth+1)
		if err != nil {
			return nil, err
		}
		return sts.FromRole(source, role), nil
	case "EcsRamRole":
		return FromInstance(Instance{Role: p.RAMRoleName, Now: r.STS.Now}), nil
	case "OIDC":
		return sts.FromOIDC(OIDC{ProviderARN: p.OIDCProviderARN, TokenFile: p.OIDCTokenFile}, role), nil
	}
	return nil, fmt.Errorf("profile %q has mode %.32q; use one with AK, StsToken, RamRoleArn, ChainableRamRoleArn, EcsRamRole or OIDC", name, p.Mode)
}

func (c cliConfig) profile(name string) (cliProfile, error) {
	for _, p := range c.Profiles {
		if p.Name == name {
			return p, nil
		}
	}
	return cliProfile{}, fmt.Errorf("no profile %q; write one with aliyun configure --profile", name)
}

// fixed is the key that a profile spells out.
func fixed(profile string, key Key) Credentials {
	return keyFunc(func(context.Context) (Key, error) {
		if !key.complete() {
			return Key{}, fmt.Errorf("profile %q has no key; write it with aliyun configure --profile", profile)
		}
		return key, nil
	})
}
