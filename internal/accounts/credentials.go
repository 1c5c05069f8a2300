package accounts

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"strings"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/internal/credentials"
	"oss_cname_exporter/internal/secret"
)

// source says where an account's keys come from. Equal sources share their keys,
// so that an account's many regions share one session.
type source struct {
	config.Credentials
	internal bool // STS is asked inside the region's own network
	route    routeKey
}

func sourceOf(a config.Account) source {
	return source{Credentials: a.Credentials, internal: a.Network == config.NetworkInternal, route: routeOf(a)}
}

// surroundings are the parts of the program that sources of keys use.
type surroundings struct {
	getenv    func(string) string // os.Getenv or a stand-in
	transport http.RoundTripper   // to STS
	secrets   []secret.Value      // of that way
}

// sourceType says how keys of one type are got. The keys of the
// configuration that it needs and knows are in the table of package config.
type sourceType struct {
	open  func(source, surroundings) credentials.Source
	check func(context.Context, source, surroundings) error // looks at files and programs, and asks no service; nil is nothing to look at
}

// credentialsTypes returns the type of each name. There is no other: a type that
// is not in the table has no keys.
func credentialsTypes() map[string]sourceType {
	return map[string]sourceType{
		config.CredentialsEnvironment: {open: openEnvironment},
		config.CredentialsFiles:       {openFiles, checkKeyFiles},
		config.CredentialsECSRole:     {open: openInstance},
		config.CredentialsOIDC:        {openOIDC, checkTokenFile},
		config.CredentialsProcess:     {openProcess, checkProgram},
		config.CredentialsProfile:     {openProfile, checkProfile},
	}
}

// typeOf returns the type of s. The type assume_role is made of the type of its
// source.
func (s source) typeOf() (sourceType, error) {
	types := credentialsTypes()
	if s.Type != config.CredentialsAssumeRole {
		t, known := types[s.Type]
		if !known {
			return t, fmt.Errorf("credentials of type %q are not known", s.Type)
		}
		return t, nil
	}
	t, known := types[s.Source]
	if !known {
		return t, fmt.Errorf("credentials of source %q are not known", s.Source)
	}
	open := t.open
	t.open = func(s source, with surroundings) credentials.Source {
		return s.sts(with).FromRole(open(s, with), s.role(""))
	}
	return t, nil
}

func openEnvironment(_ source, with surroundings) credentials.Source {
	return credentials.FromEnvironment(with.getenv)
}

func openFiles(s source, _ surroundings) credentials.Source {
	return credentials.FromFiles(credentials.KeyFiles{ID: s.AccessKeyIDFile, Secret: s.AccessKeySecretFile, Token: s.SecurityTokenFile})
}

func openInstance(s source, with surroundings) credentials.Source {
	return credentials.FromInstance(credentials.Instance{Role: s.RoleName, Endpoint: s.MetadataEndpoint, Getenv: with.getenv})
}

func openOIDC(s source, with surroundings) credentials.Source {
	return s.sts(with).FromOIDC(credentials.OIDC{
		ProviderARN: cmp.Or(s.OIDCProviderARN, with.getenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN")),
		TokenFile:   s.tokenFile(with),
	}, s.role(with.getenv("ALIBABA_CLOUD_ROLE_ARN")))
}

func openProcess(s source, _ surroundings) credentials.Source {
	return credentials.FromProcess(s.Command, nil)
}

func openProfile(s source, with surroundings) credentials.Source {
	return credentials.FromProfile(s.profile(with))
}

func (s source) tokenFile(with surroundings) string {
	return cmp.Or(s.OIDCTokenFile, with.getenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE"))
}

func (s source) sts(with surroundings) credentials.STS {
	return credentials.STS{Endpoint: s.stsEndpoint(with.getenv), Transport: with.transport, Secrets: with.secrets}
}

// stsEndpoint returns the STS to ask for a session: the configuration's, else the
// one in the variables of the vendor's tools, else the STS of the account's own
// region.
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

func (s source) profile(with surroundings) credentials.Profile {
	return credentials.Profile{File: s.ProfileFile, Name: s.Profile, Getenv: with.getenv, STS: s.sts(with), VPC: s.vpc(with.getenv)}
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
