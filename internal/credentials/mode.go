package credentials

import (
	"fmt"
	"strings"
)

// mode is one of the CLI's ways to get a key.
type mode struct {
	name    string
	implied func(cliProfile) bool // reports whether a profile without a mode has this one; nil is never
	open    func(*profileReader, cliConfig, cliProfile, int) (Source, error)
	refused string // why it gives no key, in place of open
}

// The names of modes that the code tells apart.
const (
	modeAK       = "AK"
	modeStsToken = "StsToken"
)

// modes has every mode of the CLI. The first that is implied by the fields of a
// profile without a mode is its mode, as the CLI has it.
func modes() []mode {
	hasKey := func(p cliProfile) bool { return p.AccessKeyID != "" && p.AccessKeySecret != "" }
	const person = "needs a person who signs in; use credentials of type process, with a command that prints the key"
	return []mode{
		{name: modeStsToken, open: (*profileReader).fixed, implied: func(p cliProfile) bool { return hasKey(p) && p.StsToken != "" }},
		{name: "RamRoleArn", open: (*profileReader).roleOfKey, implied: func(p cliProfile) bool { return hasKey(p) && p.RAMRoleARN != "" }},
		{name: modeAK, open: (*profileReader).fixed, implied: hasKey},
		{name: "RsaKeyPair", refused: "was given up by the CLI; " + useAnother, implied: func(p cliProfile) bool { return p.PrivateKey != "" && p.KeyPairName != "" }},
		{name: "EcsRamRole", open: (*profileReader).instance, implied: func(p cliProfile) bool { return p.RAMRoleName != "" }},
		{name: "External", open: (*profileReader).external, implied: func(p cliProfile) bool { return p.ProcessCommand != "" }},
		{name: "OIDC", open: (*profileReader).oidc, implied: func(p cliProfile) bool {
			return p.OIDCProviderARN != "" && p.OIDCTokenFile != "" && p.RAMRoleARN != ""
		}},
		{name: "CloudSSO", refused: person + `, such as "acs-sso login --profile NAME"`, implied: func(p cliProfile) bool { return p.CloudSSOSignInURL != "" }},
		{name: "BearerToken", refused: "has no access key, and OSS takes nothing else; " + useAnother, implied: func(p cliProfile) bool { return p.BearerToken != "" }},
		{name: "RamRoleArnWithRoleName", open: (*profileReader).roleOfInstance},
		{name: "ChainableRamRoleArn", open: (*profileReader).roleOfProfile},
		{name: "OAuth", refused: person},
		{name: "CredentialsURI", refused: `is left to other programs; use credentials of type process, with a command such as "curl -fsS http://localhost:8080/key"`},
		{name: "Anonymous", refused: "has no access key, and OSS takes nothing else; " + useAnother},
	}
}

const useAnother = "use a profile with AK, StsToken, RamRoleArn, ChainableRamRoleArn, RamRoleArnWithRoleName, EcsRamRole, OIDC or External"

// mode returns the mode of p. It is an error if p has none, or one that gives no
// key.
func (p cliProfile) mode() (mode, error) {
	for _, m := range modes() {
		isMode := strings.EqualFold(p.Mode, m.name)
		if p.Mode == "" {
			isMode = m.implied != nil && m.implied(p)
		}
		switch {
		case isMode && m.open == nil:
			return m, fmt.Errorf("profile %q has mode %q, which %s", p.Name, m.name, m.refused)
		case isMode:
			return m, nil
		}
	}
	if p.Mode == "" {
		return mode{}, fmt.Errorf("profile %q has no mode and no key; write it with aliyun configure --profile %s", p.Name, p.Name)
	}
	return mode{}, fmt.Errorf("profile %q has mode %.32q, which is not known; %s", p.Name, p.Mode, useAnother)
}
