package ossclient

import (
	"context"
	"fmt"

	"oss_cname_exporter/internal/secret"

	"github.com/aliyun/alibabacloud-oss-go-sdk-v2/oss/credentials"
)

// Credentials gives the key that signs the next call.
type Credentials interface {
	// Key returns a key, or an error that names the action on one line.
	Key(ctx context.Context) (secret.Key, error)
	// Invalidate is told that OSS refused the key with this token, "" for a
	// permanent key. It reports whether the next Key may be a better one.
	Invalidate(token secret.Text) (retry bool)
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
