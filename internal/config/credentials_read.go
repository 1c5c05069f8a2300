package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// credentialsType is one type of credentials: the keys that it cannot do without, and those that it knows besides.
type credentialsType struct {
	name         string
	needs, knows []string
}

func credentialsTypes() []credentialsType {
	session := []string{"session_name", "session_duration", "session_policy", "sts_endpoint"}
	return []credentialsType{
		{name: CredentialsEnvironment},
		{CredentialsFiles, []string{"access_key_id_file", "access_key_secret_file"}, []string{"security_token_file"}},
		{name: CredentialsECSRole, knows: []string{"role_name", "metadata_endpoint"}},
		{name: CredentialsOIDC, knows: append(session, "role_arn", "oidc_provider_arn", "oidc_token_file")},
		{CredentialsAssumeRole, []string{"role_arn"}, append(session, "source", "external_id")},
		{CredentialsProcess, []string{"command"}, nil},
		{name: CredentialsProfile, knows: []string{"profile_file", "profile"}},
	}
}

// CredentialsTypes returns the names of all types.
func CredentialsTypes() (names []string) {
	for _, t := range credentialsTypes() {
		names = append(names, t.name)
	}
	return names
}

// credentialsKeys returns the keys that a type needs and knows, with those of its source.
func credentialsKeys(name, source string) (needs, knows []string) {
	for _, t := range credentialsTypes() {
		if t.name == name || t.name == source {
			needs, knows = append(needs, t.needs...), append(knows, t.knows...)
		}
	}
	return needs, knows
}

// credentialsText is a key whose value is text.
type credentialsText struct {
	key   string
	dst   *string
	parse func(string) (string, error)
	want  string // what to write if it is missing
}

func (p *parser) credentialsTexts(c *Credentials) []credentialsText {
	return []credentialsText{
		{"access_key_id_file", &c.AccessKeyIDFile, p.path, "the file that holds the access key id"},
		{"access_key_secret_file", &c.AccessKeySecretFile, p.path, "the file that holds the access key secret"},
		{"security_token_file", &c.SecurityTokenFile, p.path, ""},
		{"role_name", &c.RoleName, roleName, ""},
		{"metadata_endpoint", &c.MetadataEndpoint, endpoint, ""},
		{"role_arn", &c.RoleARN, arn("role"), `the role's ARN, such as "acs:ram::1234567890123456:role/oss-cname-exporter"`},
		{"oidc_provider_arn", &c.OIDCProviderARN, arn("oidc-provider"), ""},
		{"oidc_token_file", &c.OIDCTokenFile, p.path, ""},
		{"external_id", &c.ExternalID, externalID, ""},
		{"session_name", &c.SessionName, sessionName, ""},
		{"session_policy", &c.SessionPolicy, sessionPolicy, ""},
		{"sts_endpoint", &c.STSEndpoint, httpsEndpoint, ""},
		{"command", &c.Command, command, "the program that prints the key, with its full path"},
		{"profile_file", &c.ProfileFile, p.path, ""},
		{"profile", &c.Profile, printable, ""},
	}
}

// readCredentials reads v into c, which holds the default type.
func (p *parser) readCredentials(v value, c *Credentials) {
	texts := p.credentialsTexts(c)
	known := []string{"type", "source", "session_duration"}
	for _, t := range texts {
		known = append(known, t.key)
	}
	f := p.fields(v, known...)
	if f == nil || !p.readCredentialsType(f, c) {
		return
	}
	needs, knows := credentialsKeys(c.Type, c.Source)
	for _, key := range known[1:] {
		if !slices.Contains(needs, key) && !slices.Contains(knows, key) && f[key].node != nil {
			p.fault(f[key], "of no use to type %s; remove it, or change the type", quote(c.describe()))
			f[key] = value{}
		}
	}
	for _, t := range texts {
		if slices.Contains(needs, t.key) {
			require(p.decoder, f[t.key], t.dst, t.parse, t.want)
		} else {
			read(p.decoder, f[t.key], t.dst, t.parse)
		}
	}
	if slices.Contains(knows, "session_duration") {
		c.SessionDuration = DefaultSessionDuration
		read(p.decoder, f["session_duration"], &c.SessionDuration, durationIn(MinSessionDuration, MaxSessionDuration))
	}
}

// readCredentialsType reads the keys on which the meaning of all others hangs.
func (p *parser) readCredentialsType(f map[string]value, c *Credentials) bool {
	kind := oneOf(CredentialsTypes()...)
	if f["type"].node != nil && !read(p.decoder, f["type"], &c.Type, kind) {
		return false
	}
	if c.Type != CredentialsAssumeRole {
		return true
	}
	c.Source = CredentialsEnvironment
	source := f["source"]
	return source.node == nil || read(p.decoder, source, &c.Source, oneOf(CredentialsEnvironment, CredentialsFiles))
}

// describe names the type, and the source if there is one.
func (c *Credentials) describe() string {
	if c.Source == "" {
		return c.Type
	}
	return c.Type + " with source " + c.Source
}

var (
	roleNamePattern    = regexp.MustCompile(`^[a-zA-Z0-9.-]{1,64}$`)
	sessionNamePattern = regexp.MustCompile(`^[a-zA-Z0-9.@_-]{2,64}$`)
	externalIDPattern  = regexp.MustCompile(`^[a-zA-Z0-9+=,.@:/_-]{2,}$`)
	arnPattern         = regexp.MustCompile(`^acs:ram::[0-9]+:[a-z-]+/[a-zA-Z0-9._-]+$`)
)

// path accepts the path of a file. A relative one is beside the configuration.
func (p *parser) path(text string) (string, error) {
	if text == "" {
		return "", errors.New("empty; write a path")
	}
	if p.dir != "" && !filepath.IsAbs(text) {
		text = filepath.Join(p.dir, text)
	}
	return printable(text)
}

func printable(text string) (string, error) {
	if _, err := labelValue(text); err != nil {
		return "", errors.New("has control characters; write it without them")
	}
	return text, nil
}

func command(text string) (string, error) {
	if text == "" || text[0] == ' ' {
		return "", errors.New("no program; write its full path, then its arguments")
	}
	return printable(text)
}

func arn(kind string) func(string) (string, error) {
	return func(text string) (string, error) {
		if !arnPattern.MatchString(text) || !strings.Contains(text, ":"+kind+"/") {
			return "", fmt.Errorf(`not the ARN of a RAM %s; write one such as "acs:ram::1234567890123456:%s/name"`, kind, kind)
		}
		return text, nil
	}
}

func roleName(text string) (string, error) {
	if !roleNamePattern.MatchString(text) {
		return "", errors.New(`not a role's name; write 1 to 64 letters, digits, "." or "-", without the ARN before it`)
	}
	return text, nil
}

func sessionName(text string) (string, error) {
	if !sessionNamePattern.MatchString(text) {
		return "", errors.New(`session names are 2 to 64 letters, digits, ".", "@", "_" or "-"`)
	}
	return text, nil
}

func externalID(text string) (string, error) {
	if !externalIDPattern.MatchString(text) {
		return "", errors.New(`external ids are 2 or more letters, digits or any of +=,.@:/_-`)
	}
	return text, nil
}

// maxSessionPolicy is STS's bound, in characters.
const maxSessionPolicy = 2048

func sessionPolicy(text string) (string, error) {
	if len(text) > maxSessionPolicy || !json.Valid([]byte(text)) {
		return "", fmt.Errorf("not a policy; write JSON of at most %d characters", maxSessionPolicy)
	}
	return text, nil
}
