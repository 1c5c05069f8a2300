package ossclient

import (
	"context"
	"fmt"
	"oss_cname_exporter/internal/secret"
	"strings"
	"time"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// Key signs calls.
type Key struct {
	ID      string
	Secret  secret.Text
	Token   secret.Text // of a temporary key; "" for a permanent one
	Expires time.Time   // zero is never, or that its source does not say
}

// Credentials gives the key that signs the next call.
type Credentials interface {
	// Key returns a key, or an error that says on one line what to do.
	Key(ctx context.Context) (Key, error)
	// Invalidate is told that OSS refused the key with this token, "" for a
	// permanent key. It reports whether the next Key may be a better one.
	Invalidate(token secret.Text) (retry bool)
}

// Trimmed returns k without the white space around its parts, such as the line
// break at the end of a Kubernetes secret that was made with echo. A part that
// no header can carry is an error.
func (k Key) Trimmed() (Key, error) {
	k.ID = strings.TrimSpace(k.ID)
	k.Secret = secret.Text(strings.TrimSpace(string(k.Secret)))
	k.Token = secret.Text(strings.TrimSpace(string(k.Token)))
	for _, part := range []struct {
		name, text string
		optional   bool
	}{
		{"access key id", k.ID, false},
		{"access key secret", string(k.Secret), false},
		{"security token", string(k.Token), true},
	} {
		if fault := faultOf(part.text, part.optional); fault != "" {
			return Key{}, fmt.Errorf("the %s %s", part.name, fault)
		}
	}
	return k, nil
}

// faultOf says what is wrong with a part of a key; "" is nothing.
func faultOf(part string, optional bool) string {
	if part == "" && !optional {
		return "is empty"
	}
	at := strings.IndexFunc(part, func(r rune) bool { return r <= ' ' || r > '~' })
	if at < 0 {
		return ""
	}
	switch c := part[at]; {
	case c == '\n' || c == '\r':
		return "has a line break in it; write only the value, on one line"
	case c == ' ' || c == '\t':
		return "has a blank in it; write only the value"
	case c > '~':
		return "has a character in it that is not ASCII; copy the value anew"
	default:
		return "has a control character in it; copy the value anew"
	}
}

// credentialsError marks a failure to get a key, which the SDK hands through as
// it is.
type credentialsError struct {
	account string
	err     error
}

// Error implements error.
func (e *credentialsError) Error() string {
	if e.account == "" {
		return "getting credentials: " + e.err.Error()
	}
	return fmt.Sprintf("getting credentials of account %q: %v", e.account, e.err)
}

// Unwrap returns the cause.
func (e *credentialsError) Unwrap() error { return e.err }

// forSDK gives the keys of from to the SDK, and marks its failures as account's.
func forSDK(account string, from Credentials) credentials.CredentialsProvider {
	return credentials.CredentialsProviderFunc(func(ctx context.Context) (credentials.Credentials, error) {
		key, err := from.Key(ctx)
		if err == nil {
			key, err = key.Trimmed()
		}
		if err != nil {
			return credentials.Credentials{}, &credentialsError{account, err}
		}
		return credentials.Credentials{
			AccessKeyID: key.ID, AccessKeySecret: string(key.Secret), SecurityToken: string(key.Token),
		}, nil
	})
}
