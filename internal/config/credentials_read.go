package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"
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

// credentialsNeeds returns the keys that a type needs and knows, with those of its source.
func credentialsNeeds(name, source string) (needs, knows []string) {
	for _, t := range credentialsTypes() {
		if t.name == name || t.name == source {
			needs, knows = append(needs, t.needs...), append(knows, t.knows...)
		}
	}
	return needs, knows
}

// credentialsMeant are the types that words of other tools stand for.
func credentialsMeant() map[string]string {
	return map[string]string{
		"rrsa": CredentialsOIDC, "env": CredentialsEnvironment, "static": CredentialsFiles, "file": CredentialsFiles, "files": CredentialsFiles,
		"ram_role": CredentialsECSRole, "ecs_ram_role": CredentialsECSRole, "instance": CredentialsECSRole, "ecsramrole": CredentialsECSRole,
		"ram_role_arn": CredentialsAssumeRole, "ramrolearn": CredentialsAssumeRole, "sts": CredentialsAssumeRole, "oidc_role_arn": CredentialsOIDC,
		"external": CredentialsProcess, "exec": CredentialsProcess, "command": CredentialsProcess, "cli": CredentialsProfile, "credentials_uri": CredentialsProcess,
	}
}

// credentialsKeys returns the keys of all types. A key is needed by the types that say so.
func (p *parser) credentialsKeys() []key[Credentials] {
	meant := credentialsMeant()
	text := func(name string, parse func(string) (string, error), field func(*Credentials) *string, values, doc string) key[Credentials] {
		return entryOf(name, texts(parse, values), field, "", doc)
	}
	return []key[Credentials]{
		entryOf("type", words(meant, CredentialsTypes()...), func(c *Credentials) *string { return &c.Type }, CredentialsEnvironment, "where the key comes from"),
		entryOf("source", words(meant, CredentialsEnvironment, CredentialsFiles), func(c *Credentials) *string { return &c.Source }, CredentialsEnvironment, "the key that assumes the role"),
		text("access_key_id_file", p.secretPath, func(c *Credentials) *string { return &c.AccessKeyIDFile }, "path", "the file that holds the access key id").
			needed("the file that holds the access key id"),
		text("access_key_secret_file", p.secretPath, func(c *Credentials) *string { return &c.AccessKeySecretFile }, "path", "the file that holds the access key secret").
			needed("the file that holds the access key secret"),
		text("security_token_file", p.secretPath, func(c *Credentials) *string { return &c.SecurityTokenFile }, "path", "the file that holds the token of a temporary key"),
		text("role_name", roleName, func(c *Credentials) *string { return &c.RoleName }, "name", "the RAM role of the instance; by default ALIBABA_CLOUD_ECS_METADATA, else the role that it has"),
		text("metadata_endpoint", endpoint, func(c *Credentials) *string { return &c.MetadataEndpoint }, "http(s)://host[:port]", "a stand-in for the metadata service; by default http://100.100.100.200"),
		text("role_arn", arn("role"), func(c *Credentials) *string { return &c.RoleARN }, "ARN", "the role to assume; for oidc by default ALIBABA_CLOUD_ROLE_ARN").
			needed(`the role's ARN, such as "acs:ram::1234567890123456:role/oss-cname-exporter"`),
		text("oidc_provider_arn", arn("oidc-provider"), func(c *Credentials) *string { return &c.OIDCProviderARN }, "ARN", "by default ALIBABA_CLOUD_OIDC_PROVIDER_ARN"),
		text("oidc_token_file", p.secretPath, func(c *Credentials) *string { return &c.OIDCTokenFile }, "path", "by default ALIBABA_CLOUD_OIDC_TOKEN_FILE"),
		text("external_id", externalID, func(c *Credentials) *string { return &c.ExternalID }, "text", "the external id that the role's owner asks for"),
		text("session_name", sessionName, func(c *Credentials) *string { return &c.SessionName }, "name", "the session's name in ActionTrail; by default oss_cname_exporter"),
		text("session_policy", sessionPolicy, func(c *Credentials) *string { return &c.SessionPolicy }, "JSON", "narrows the rights of the role"),
		entryOf("session_duration", durations(MinSessionDuration, MaxSessionDuration), func(c *Credentials) *time.Duration { return &c.SessionDuration }, short(DefaultSessionDuration), "the length of a session, at most what the role allows"),
		text("sts_endpoint", httpsEndpoint, func(c *Credentials) *string { return &c.STSEndpoint }, "https://host[:port]", "by default ALIBABA_CLOUD_STS_ENDPOINT, else the STS of the account's region, on its network"),
		text("command", command, func(c *Credentials) *string { return &c.Command }, "command line", "the program, run by sh, that prints the key as JSON").
			needed("the program that prints the key, with its full path"),
		text("profile_file", p.path, func(c *Credentials) *string { return &c.ProfileFile }, "path", "by default ALIBABA_CLOUD_CONFIG_FILE, else ~/.aliyun/config.json"),
		text("profile", printable, func(c *Credentials) *string { return &c.Profile }, "name", "by default ALIBABA_CLOUD_PROFILE, else the file's current one"),
	}
}

// readCredentials reads v into c, which holds the default type.
func (p *parser) readCredentials(v value, c *Credentials) {
	if v.node != nil && v.node.Kind == yaml.ScalarNode {
		kind, isType := nearest(v.node.Value, CredentialsTypes(), credentialsMeant())
		if !isType {
			kind = CredentialsEnvironment
		}
		p.fault(v, "a single value; write a mapping with the type, such as {type: %s}", kind)
		return
	}
	var names []string
	for _, k := range p.tables.credentials {
		names = append(names, k.Name)
	}
	f := p.fields(v, names...)
	if f == nil || !p.readCredentialsType(f, c) {
		return
	}
	needs, knows := credentialsNeeds(c.Type, c.Source)
	for _, k := range p.tables.credentials[1:] {
		v := f[k.Name]
		needed := slices.Contains(needs, k.Name)
		switch {
		case !needed && !slices.Contains(knows, k.Name):
			if v.node != nil {
				p.fault(v, "of no use to type %s; remove it, or change the type", quote(c.describe()))
			}
		case v.node != nil:
			k.read(p, v, c)
		case needed:
			p.missing(v, k.Needed)
		default:
			setDefaults(p, []key[Credentials]{k}, c)
		}
	}
}

// readCredentialsType reads type and source, on which the meaning of the other keys depends.
func (p *parser) readCredentialsType(f map[string]value, c *Credentials) bool {
	kind, source := p.tables.credentials[0], p.tables.credentials[1]
	if v := f[kind.Name]; v.node != nil && !kind.read(p, v, c) {
		return false
	}
	if c.Type != CredentialsAssumeRole {
		return true
	}
	c.Source = source.Default
	v := f[source.Name]
	return v.node == nil || source.read(p, v, c)
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
	if keyID.MatchString(text) {
		return "", hiddenError{errors.New("has an access key id in it, and no key belongs in this file; write a program that knows it")}
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
