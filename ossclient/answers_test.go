package ossclient_test

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"oss_cname_exporter/internal/domain"
	"oss_cname_exporter/internal/fake/osstest"
	"oss_cname_exporter/internal/status"
	"oss_cname_exporter/ossclient"
)

// answer is one answer to GetCnameToken: its status, its body, and the reason
// that a person who knows OSS's pages would give.
type answer struct {
	status int
	body   string
	want   status.Reason // "" is that there is no token, which is an answer
	calls  int
}

func document(code, ec, more string) string {
	if ec != "" {
		ec = "<EC>" + ec + "</EC>"
	}
	return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error>\n  <Code>" + code + "</Code>\n  <Message>m</Message>\n  " + ec + more + "\n</Error>"
}

// answers multiplies codes, statuses and bodies.
func answers() []answer {
	const endpoint = "<Endpoint>oss-cn-shanghai.aliyuncs.com</Endpoint>"
	rows := []answer{
		{404, document("CnameTokenNotFound", "0018-00000301", ""), "", 1},
		{404, document("CnameTokenNotFound", "", ""), "", 1},
		{404, document("CnameTokenNotFound", "", endpoint), status.ReasonWrongEndpoint, 1},
		{400, document("RequestTimeout", "", ""), status.ReasonTimeout, 2},
		{408, document("RequestTimeout", "", ""), status.ReasonTimeout, 2},
		{408, "", status.ReasonTimeout, 2},
		{301, document("PermanentRedirect", "", ""), status.ReasonWrongEndpoint, 1},
		{307, document("TemporaryRedirect", "", ""), status.ReasonWrongEndpoint, 1},
		{301, "", status.ReasonBadResponse, 1},
		{307, "<html>Moved</html>", status.ReasonBadResponse, 1},
		{403, `<Error xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com"><Code>AccessDenied</Code></Error>`, status.ReasonAccessDenied, 1},
		{200, `<Error xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com"><Code>AccessDenied</Code></Error>`, status.ReasonBadResponse, 1},
		{200, document("CnameTokenNotFound", "", ""), status.ReasonBadResponse, 1},
		{200, document("Unheard", "", endpoint), status.ReasonWrongEndpoint, 1},
		{501, document("NotImplemented", "", ""), status.ReasonWrongEndpoint, 1},
	}
	for _, code := range []string{"AccessDenied", "PermanentRedirect", "InvalidArgument", "NoSuchBucket", "SignatureDoesNotMatch", "Unheard", "InternalError"} {
		for _, httpStatus := range []int{301, 307, 400, 403, 404, 409, 500, 503} {
			rows = append(rows, answer{httpStatus, document(code, "", endpoint), status.ReasonWrongEndpoint, 1})
		}
	}
	for _, code := range []string{"ActiveRequestLimitExceeded", "CpuLimitExceeded", "DownloadTrafficRateLimitExceeded", "TotalQpsLimitExceeded", "AccessDenied", "Unheard"} {
		for _, httpStatus := range []int{400, 403, 429, 500, 503} {
			rows = append(rows, answer{httpStatus, document(code, "0004-00000304", ""), status.ReasonThrottled, 1})
		}
	}
	for reason, codes := range map[status.Reason]string{
		status.ReasonThrottled:       "ActiveRequestLimitExceeded CpuLimitExceeded DownloadTrafficRateLimitExceeded UploadTrafficRateLimitExceeded MetaOperationQpsLimitExceeded QpsLimitExceeded",
		status.ReasonAccessDenied:    "AccessDenied UserDisable InDebt InDebtOverdue BucketDisable BucketNotBelongTo AbnormalBucketOwnerStatus UbsmsInvalidBid",
		status.ReasonCredentials:     "InvalidAccessKeyId SignatureDoesNotMatch SecurityTokenExpired InvalidSecurityToken AccessKeyIdAndSecurityTokenNotMatch",
		status.ReasonWrongEndpoint:   "PermanentRedirect SecondLevelDomainForbidden NonStandardHostForbidden PublicEndpointForbidden",
		status.ReasonClockSkew:       "RequestTimeTooSkewed",
		status.ReasonBucketNotFound:  "NoSuchBucket",
		status.ReasonInvalidArgument: "InvalidArgument InvalidBucketName",
		status.ReasonClientError:     "NeedVerifyDomainOwnership NoNeedCreateCnameToken NoSuchCnameInRecord CnameDenied CnameAlreadyExists CnameIsRisk CnameIsForbidden CertificateInvalidCasId",
	} {
		for code := range strings.FieldsSeq(codes) {
			rows = append(rows, answer{400, document(code, "", ""), reason, 1}, answer{403, document(code, "", ""), reason, 1})
		}
	}
	for _, text := range []string{"", "null", "<html/>", "<html>", "<Error>", "<Error></Error>", "<Error><Code></Code></Error>", "<Fault><Code>AccessDenied</Code></Fault>"} {
		rows = append(rows,
			answer{200, text, status.ReasonBadResponse, 1}, answer{403, text, status.ReasonBadResponse, 1},
			answer{404, text, status.ReasonBadResponse, 1}, answer{502, text, status.ReasonServerError, 2})
	}
	return rows
}

// TestAnswers reads every answer rightly: no row may get a firm reason that is
// another one.
func TestAnswers(t *testing.T) {
	rows := answers()
	for _, row := range rows {
		t.Run(fmt.Sprintf("%d %.120s", row.status, row.body), func(t *testing.T) {
			t.Parallel() // some wait until the call is repeated
			f := newFixture(t)
			f.oss.Behave(named(false), osstest.Reply(row.status, row.body))
			_, err := f.get(t, domain.Name{Bucket: bucket, Base: cname})
			failure, isFailure := errors.AsType[*ossclient.Error](err)
			switch {
			case row.want == "" && !errors.Is(err, ossclient.ErrNoToken):
				t.Errorf("got %v, want that there is no token", err)
			case row.want != "" && (!isFailure || failure.Reason != row.want):
				t.Errorf("got %v, want %s", err, row.want)
			case f.oss.Calls() != row.calls:
				t.Errorf("OSS was asked %d times, want %d", f.oss.Calls(), row.calls)
			}
		})
	}
	t.Logf("%d answers", len(rows))
}

// TestCutReplies ends the connection after each byte of a reply. All of them are
// a broken connection, as docs/faults.md says, but the whole one.
func TestCutReplies(t *testing.T) {
	token := "<CnameToken><Bucket>" + bucket + "</Bucket><Cname>" + cname + "</Cname><Token>abc</Token><ExpireTime>Wed, 23 Feb 2032 21:39:42 GMT</ExpireTime></CnameToken>"
	head := "HTTP/1.1 200 OK\r\nServer: AliyunOSS\r\nx-oss-request-id: 62169B8E\r\n"
	cuts := 0
	for name, reply := range map[string]string{
		"with a length": head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(token)) + token,
		"in chunks":     head + fmt.Sprintf("Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(token), token),
		"to the end":    head + "\r\n" + token,
		"a refusal":     "HTTP/1.1 404 Not Found\r\nx-oss-request-id: 62169B8E\r\n\r\n<Error><Code>CnameTokenNotFound</Code></Error>",
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t)
			f.opts.Attempts = 1
			for at := range len(reply) {
				cuts++
				if at == len(reply)-len(token) && name == "to the end" || name == "a refusal" && strings.HasSuffix(reply[:at], "\r\n\r\n") {
					continue // an empty body is whole
				}
				f.oss.Behave(named(false), sends(reply[:at]))
				if failure := f.failure(t); failure.Reason != status.ReasonConnect {
					t.Errorf("cut after %q: got %v", reply[:at], failure)
				}
			}
			f.oss.Behave(named(false), sends(reply))
			if _, err := f.get(t, domain.Name{Bucket: bucket, Base: cname}); err != nil && !errors.Is(err, ossclient.ErrNoToken) {
				t.Errorf("the whole reply: %v", err)
			}
		})
	}
	t.Logf("%d cuts", cuts)
}

// sends answers with text, whatever it is, and ends the connection.
func sends(text string) osstest.Behaviour {
	return osstest.Raw(func(c net.Conn) { _, _ = io.WriteString(c, text) })
}

// TestRepliesThatAreNotCut are malformed for other causes.
func TestRepliesThatAreNotCut(t *testing.T) {
	for _, reply := range []string{
		"HTTP/1.1 200 OK\r\nno header\r\n\r\n", "220 mail.example.com ESMTP\r\n", "HTTP/1.1 2000 OK\r\n\r\n", "HTTQ\r\n", "\x15\x03\x01\x00\x02",
		"HTTP/1.1 200 OK\r\n\r\n<CnameToken>", // no mark of OSS: another server's page
	} {
		f := newFixture(t)
		f.oss.Behave(named(false), sends(reply))
		if failure := f.failure(t); failure.Reason != status.ReasonBadResponse {
			t.Errorf("%q: got %v", reply, failure)
		}
	}
}

// TestPermissions repeats OSS's diagnosis on one line, and advises by it.
func TestPermissions(t *testing.T) {
	const alice = "<AuthPrincipalType>SubUser</AuthPrincipalType><AuthPrincipalDisplayName>alice</AuthPrincipalDisplayName><AuthPrincipalOwnerId>1234</AuthPrincipalOwnerId>"
	for detail, want := range map[string]string{
		alice + "<AuthAction>oss:GetCnameToken</AuthAction><NoPermissionType>ExplicitDeny</NoPermissionType><PolicyType>BucketPolicy</PolicyType>":                    "RAM user alice of account 1234 may not oss:GetCnameToken: an explicit Deny in the bucket policy; take the Deny out of the bucket policy; a grant does not help",
		alice + "<AuthAction>oss:GetCnameToken</AuthAction><NoPermissionType>ImplicitDeny</NoPermissionType><PolicyType>AccountLevelIdentityBasedPolicy</PolicyType>": "RAM user alice of account 1234 may not oss:GetCnameToken: a policy of the identity does not allow it (implicit deny); allow oss:GetCnameToken in a policy of the identity",
		"<NoPermissionType>ExplicitDeny</NoPermissionType><PolicyType>ControlPolicy</PolicyType>":                                                                     "the key's owner may not this action: an explicit Deny in a control policy of the resource directory",
		"<AuthPrincipalType>AssumedRoleUser</AuthPrincipalType><NoPermissionType>explicitdeny</NoPermissionType><PolicyType>SessionPolicy</PolicyType>":               "role session may not this action: an explicit Deny in the session policy given to AssumeRole",
		"<AuthPrincipalType>Account</AuthPrincipalType><NoPermissionType>ImplicitDeny</NoPermissionType><PolicyType>AssumeRolePolicy</PolicyType>":                    "account may not this action: the trust policy of the role does not allow it",
		"<AuthPrincipalType>Robot</AuthPrincipalType><NoPermissionType>NewDeny</NoPermissionType><PolicyType>NewPolicy</PolicyType>":                                  "Robot may not this action: NewDeny a policy of type NewPolicy",
		"<NoPermissionType>ImplicitDeny</NoPermissionType>": "the key's owner may not this action: a policy does not allow it",
	} {
		f := newFixture(t)
		f.oss.Behave(named(false), osstest.Reply(403, document("AccessDenied", "0003-00000201", "<AccessDeniedDetail>"+detail+"</AccessDeniedDetail>")))
		failure := f.failure(t)
		if failure.Reason != status.ReasonAccessDenied || !strings.Contains(failure.Error(), want) || strings.Contains(failure.Error(), "\n") {
			t.Errorf("got %q\nwant %q", failure, want)
		}
		if isDeny := strings.Contains(strings.ToLower(detail), "explicitdeny"); isDeny && (strings.Contains(failure.Advice().String(), "allow") || !strings.Contains(failure.Advice().String(), "take the Deny out")) {
			t.Errorf("%s: the advice is %q", detail, failure.Advice())
		}
	}
	f := newFixture(t)
	f.oss.Behave(named(false), osstest.Reply(403, document("AccessDenied", "", "<AccessDeniedDetail/>")))
	if failure := f.failure(t); !failure.Advice().IsZero() || !strings.Contains(failure.Error(), "AccessDenied m") {
		t.Errorf("without a diagnosis: %v, advice %q", failure, failure.Advice())
	}
}

// TestOtherOwner tells a bucket of another account from a missing permission.
func TestOtherOwner(t *testing.T) {
	for body, want := range map[string]bool{
		"<Error><Code>AccessDenied</Code><Message>The bucket you access does not belong to you.</Message></Error>":            true,
		"<Error><Code>BucketNotBelongTo</Code><Message>m</Message></Error>":                                                   true,
		"<Error><Code>AccessDenied</Code><Message>You have no right to access this object.</Message></Error>":                 false,
		"<Error><Code>InvalidAccessKeyId</Code><Message>The key does not belong to you.</Message></Error>":                    false,
		"<Error><Code>AccessDenied</Code><Message>It does not belong to you.</Message><Endpoint>o.example</Endpoint></Error>": false,
	} {
		f := newFixture(t)
		f.oss.Behave(named(false), osstest.Reply(http.StatusForbidden, body))
		if failure := f.failure(t); errors.Is(failure, status.ErrOtherOwner) != want {
			t.Errorf("%s: got %v", body, failure)
		}
	}
}
