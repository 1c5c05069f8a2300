package config

import (
	"slices"
	"time"
)

// The known values of credentials.type. Each is one source; none is a chain that tries several.
const (
	CredentialsEnvironment = "environment"  // OSS_ACCESS_KEY_ID and so on, or ALIBABA_CLOUD_ACCESS_KEY_ID and so on
	CredentialsFiles       = "static_files" // one file for each part of the key
	CredentialsECSRole     = "ecs_role"     // the RAM role of the instance, from its metadata service
	CredentialsOIDC        = "oidc"         // RRSA: a pod's token for a role
	CredentialsAssumeRole  = "assume_role"  // a key for a role
	CredentialsProcess     = "process"      // a program prints the key
	CredentialsProfile     = "profile"      // the configuration file of Alibaba Cloud's CLI
)

// Bounds of a role's session, as STS sets them.
const (
	DefaultSessionDuration = time.Hour
	MinSessionDuration     = 15 * time.Minute
	MaxSessionDuration     = 12 * time.Hour
)

// Credentials names a source of keys, never a key. Fields that its Type has no use for are zero.
type Credentials struct {
	Type   string // Credentials...
	Source string // of the key that assumes the role: CredentialsEnvironment or CredentialsFiles

	AccessKeyIDFile     string
	AccessKeySecretFile string
	SecurityTokenFile   string // "" = the key has none

	RoleName         string // "" = ALIBABA_CLOUD_ECS_METADATA, else the role that the instance has
	MetadataEndpoint string // http(s)://host[:port]; "" = the instance's own

	RoleARN         string // "" only for oidc: ALIBABA_CLOUD_ROLE_ARN
	OIDCProviderARN string // "" = ALIBABA_CLOUD_OIDC_PROVIDER_ARN
	OIDCTokenFile   string // "" = ALIBABA_CLOUD_OIDC_TOKEN_FILE
	ExternalID      string
	SessionName     string // "" = the exporter's own name
	SessionPolicy   string // JSON; narrows the rights of the role; "" = all of it
	SessionDuration time.Duration
	STSEndpoint     string // https://host[:port]; "" = the one of STSRegion, on the account's network
	STSRegion       string // the account's own region, also where a target has another

	Command string // run by the shell

	ProfileFile string // "" = ALIBABA_CLOUD_CONFIG_FILE, else ~/.aliyun/config.json
	Profile     string // "" = ALIBABA_CLOUD_PROFILE, else the file's current one
}

// SecretFiles returns the files that hold secrets.
func (c Credentials) SecretFiles() []string {
	files := []string{c.AccessKeySecretFile, c.SecurityTokenFile, c.OIDCTokenFile, c.ProfileFile}
	return slices.DeleteFunc(files, func(path string) bool { return path == "" })
}
