package accounts

import (
	"cmp"

	"oss_cname_exporter/internal/config"
	"oss_cname_exporter/ossclient"
)

// source is where an account's keys come from, with all that it hangs on. Equal
// sources share their keys, so that an account's many regions play one session.
type source struct {
	config.Credentials
	stsEndpoint string
	proxy       string
}

func sourceOf(a config.Account) source {
	s := source{Credentials: a.Credentials, stsEndpoint: a.Credentials.STSEndpoint, proxy: a.ProxyURL}
	if s.stsEndpoint == "" && a.Network == config.NetworkInternal {
		s.stsEndpoint = "https://sts-vpc." + a.Region + ".aliyuncs.com"
	}
	return s
}

// open returns the credentials of s. getenv is os.Getenv or a stand-in.
func (s source) open(getenv func(string) string) ossclient.Credentials {
	sts := ossclient.STS{Endpoint: s.stsEndpoint, Proxy: s.proxy}
	return map[string]func() ossclient.Credentials{
		config.CredentialsEnvironment: func() ossclient.Credentials { return ossclient.FromEnvironment(getenv) },
		config.CredentialsFiles:       func() ossclient.Credentials { return ossclient.FromFiles(s.keyFiles()) },
		config.CredentialsECSRole: func() ossclient.Credentials {
			return ossclient.FromInstance(ossclient.Instance{Role: s.RoleName})
		},
		config.CredentialsOIDC: func() ossclient.Credentials {
			return sts.FromOIDC(ossclient.OIDC{
				ProviderARN: cmp.Or(s.OIDCProviderARN, getenv("ALIBABA_CLOUD_OIDC_PROVIDER_ARN")),
				TokenFile:   cmp.Or(s.OIDCTokenFile, getenv("ALIBABA_CLOUD_OIDC_TOKEN_FILE")),
			}, s.role(getenv("ALIBABA_CLOUD_ROLE_ARN")))
		},
		config.CredentialsAssumeRole: func() ossclient.Credentials {
			if s.Source == config.CredentialsFiles {
				return sts.FromRole(ossclient.FromFiles(s.keyFiles()), s.role(""))
			}
			return sts.FromRole(ossclient.FromEnvironment(getenv), s.role(""))
		},
		config.CredentialsProcess: func() ossclient.Credentials { return ossclient.FromProcess(s.Command, nil) },
		config.CredentialsProfile: func() ossclient.Credentials {
			return ossclient.FromProfile(ossclient.Profile{File: s.ProfileFile, Name: s.Profile, Getenv: getenv, STS: sts})
		},
	}[s.Type]()
}

func (s source) keyFiles() ossclient.KeyFiles {
	return ossclient.KeyFiles{ID: s.AccessKeyIDFile, Secret: s.AccessKeySecretFile, Token: s.SecurityTokenFile}
}

func (s source) role(otherwise string) ossclient.Role {
	return ossclient.Role{
		ARN:         cmp.Or(s.RoleARN, otherwise),
		SessionName: s.SessionName,
		Duration:    s.SessionDuration,
		Policy:      s.SessionPolicy,
		ExternalID:  s.ExternalID,
	}
}
