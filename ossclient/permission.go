package ossclient

import (
	"cmp"
	"strings"

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
// the way out. Both are "" if OSS gave no diagnosis.
func (p permission) explain() (text, action string) {
	for _, field := range []*string{&p.NoPermissionType, &p.PolicyType, &p.AuthAction, &p.AuthPrincipalType, &p.AuthPrincipalDisplayName, &p.AuthPrincipalOwnerID} {
		*field = secret.RemoteText(*field)
	}
	denied := cmp.Or(p.AuthAction, "this action")
	switch {
	case strings.EqualFold(p.NoPermissionType, "ExplicitDeny"):
		return p.who() + " may not " + denied + ": an explicit Deny in " + p.policy(),
			"take the Deny out of " + p.policy() + "; a grant does not help"
	case strings.EqualFold(p.NoPermissionType, "ImplicitDeny"):
		return p.who() + " may not " + denied + ": " + p.policy() + " does not allow it (implicit deny)",
			"allow " + denied + " in " + p.policy()
	case p != permission{}:
		return p.who() + " may not " + denied + ": " + strings.TrimSpace(p.NoPermissionType+" "+p.policy()), ""
	}
	return "", ""
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
func (p permission) policy() string {
	switch p.PolicyType {
	case "":
		return "a policy"
	case "AccountLevelIdentityBasedPolicy", "ResourceGroupLevelIdentityBasedPolicy":
		return "a policy of the identity"
	case "AssumeRolePolicy":
		return "the trust policy of the role"
	case "SessionPolicy":
		return "the session policy given to AssumeRole"
	case "ControlPolicy":
		return "a control policy of the resource directory"
	case "BucketPolicy", "ResourceBasedPolicy":
		return "the bucket policy"
	}
	return "a policy of type " + p.PolicyType
}
