package ossclient

import (
	"strings"

	"oss_cname_exporter/internal/lang"
	"oss_cname_exporter/internal/secret"
)

// permission is OSS's diagnosis of a refused permission. Fields that OSS leaves
// out are "".
type permission struct {
	NoPermissionType         string // ImplicitDeny or ExplicitDeny
	PolicyType               string
	AuthAction               string // such as "oss:GetCnameToken"
	AuthPrincipalType        string
	AuthPrincipalDisplayName string
	AuthPrincipalOwnerID     string `xml:"AuthPrincipalOwnerId"`
}

// explain names the principal, the action and the kind of policy on one line, and
// the way out. Both are empty if OSS gave no diagnosis.
func (p permission) explain() (text string, action lang.Text) {
	for _, field := range []*string{&p.NoPermissionType, &p.PolicyType, &p.AuthAction, &p.AuthPrincipalType, &p.AuthPrincipalDisplayName, &p.AuthPrincipalOwnerID} {
		*field = secret.RemoteText(*field)
	}
	denied := lang.Verbatim(p.AuthAction)
	if p.AuthAction == "" {
		denied = lang.Textf("this action")
	}
	switch {
	case strings.EqualFold(p.NoPermissionType, "ExplicitDeny"):
		return p.who() + " may not " + denied.String() + ": an explicit Deny in " + p.policy().String(),
			lang.Textf("take the Deny out of %s; a grant does not help", p.policy())
	case strings.EqualFold(p.NoPermissionType, "ImplicitDeny"):
		return p.who() + " may not " + denied.String() + ": " + p.policy().String() + " does not allow it (implicit deny)",
			lang.Textf("allow %s in %s", denied, p.policy())
	case p != permission{}:
		return p.who() + " may not " + denied.String() + ": " + strings.TrimSpace(p.NoPermissionType+" "+p.policy().String()), lang.Text{}
	}
	return "", lang.Text{}
}

// who names the principal, such as "RAM user alice of account 1234567890".
func (p permission) who() string {
	kind := p.AuthPrincipalType
	switch kind {
	case "SubUser":
		kind = "RAM user"
	case "AssumedRoleUser":
		kind = "role session"
	case "Account":
		kind = "account"
	}
	who := strings.TrimSpace(kind + " " + p.AuthPrincipalDisplayName)
	if who == "" {
		who = "the key's owner"
	}
	if p.AuthPrincipalOwnerID != "" {
		who += " of account " + p.AuthPrincipalOwnerID
	}
	return who
}

// policy names the kind of policy that decided.
func (p permission) policy() lang.Text {
	switch p.PolicyType {
	case "":
		return lang.Textf("a policy")
	case "AccountLevelIdentityBasedPolicy", "ResourceGroupLevelIdentityBasedPolicy":
		return lang.Textf("a policy of the identity")
	case "AssumeRolePolicy":
		return lang.Textf("the trust policy of the role")
	case "SessionPolicy":
		return lang.Textf("the session policy given to AssumeRole")
	case "ControlPolicy":
		return lang.Textf("a control policy of the resource directory")
	case "BucketPolicy", "ResourceBasedPolicy":
		return lang.Textf("the bucket policy")
	}
	return lang.Textf("a policy of type %s", p.PolicyType)
}
