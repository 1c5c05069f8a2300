package accounts

import (
	"cmp"
	"net/http"
	"strings"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/credentials"
)

// source is where an account's keys come from, with all that it hangs on. Equal
// sources share their keys, so that an account's many regions share one session.
type source struct {
	config.Credentials
	internal bool // STS is asked inside the region's own network
	route    routeKey
}

func sourceOf(a config.Account) source {
	return source{Credentials: a.Credentials, internal: a.Network == config.NetworkInternal, route: routeOf(a)}
}

// open returns the keys of s, which are asked for through transport. getenv is
// os.Getenv or a stand-in.
func (s source) open(getenv func(string) string, transport http.RoundTripper) credentials.Source {
	sts := credentials.STS{Endpoint: s.stsEndpoint(getenv), Transport: transport}
	switch s.Type {
	case config.CredentialsFiles:
		return credentials.FromFiles(s.keyFiles())
	case config.CredentialsECSRole:
		return credentials.FromInstance(credentials.Instance{Role: s.RoleName, Endpoint: s.MetadataEndpoint, Getenv: getenv})
	case config.CredentialsOIDC:
		return sts.FromOIDC(credentials.OIDC{
			ProviderARN: cmp.Or(s.OIDCProviderARN, getenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN")),
			TokenFile:   cmp.Or(s.OIDCTokenFile, getenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE")),
		}, s.role(getenv("ALIBABA_CLOUD_ROLE_ARN")))
	case config.CredentialsAssumeRole:
		if s.Source == config.CredentialsFiles {
			return sts.FromRole(credentials.FromFiles(s.keyFiles()), s.role(""))
		}
		return sts.FromRole(credentials.FromEnvironment(getenv), s.role(""))
	case config.CredentialsProcess:
		return credentials.FromProcess(s.Command, nil)
	case config.CredentialsProfile:
		return credentials.FromProfile(s.profile(getenv, sts))
	default:
		return credentials.FromEnvironment(getenv)
	}
}

// stsEndpoint returns whom to ask for a session: what the configuration says,
// else what the variables of the vendor's tools say, else the STS of the
// account's own region.
func (s source) stsEndpoint(getenv func(string) string) string {
	switch host := getenv("ALIBABA_CLOUD_STS_ENDPOINT"); {
	case s.STSEndpoint != "":
		return s.STSEndpoint
	case strings.Contains(host, "://"):
		return host
	case host != "":
		return "https://" + host
	}
	return credentials.STSEndpoint(cmp.Or(getenv("ALIBABA_CLOUD_STS_REGION"), s.STSRegion), s.vpc(getenv))
}

func (s source) vpc(getenv func(string) string) bool {
	return s.internal || strings.EqualFold(getenv("ALIBABA_CLOUD_VPC_ENDPOINT_ENABLED"), "true")
}

func (s source) profile(getenv func(string) string, sts credentials.STS) credentials.Profile {
	return credentials.Profile{File: s.ProfileFile, Name: s.Profile, Getenv: getenv, STS: sts, VPC: s.vpc(getenv)}
}

func (s source) keyFiles() credentials.KeyFiles {
	return credentials.KeyFiles{ID: s.AccessKeyIDFile, Secret: s.AccessKeySecretFile, Token: s.SecurityTokenFile}
}

func (s source) role(otherwise string) credentials.Role {
	return credentials.Role{
		ARN:         cmp.Or(s.RoleARN, otherwise),
		SessionName: s.SessionName,
		Duration:    s.SessionDuration,
		Policy:      s.SessionPolicy,
		ExternalID:  s.ExternalID,
	}
}
